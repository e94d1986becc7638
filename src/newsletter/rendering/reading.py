"""Reading a plan: which facts are true of it, and which pieces of an issue are therefore shown.

This runs for every message, so it is done for all entries at once, with sets of them; and pieces
are picked by a row of flags, 1 for what is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, groupby
from operator import and_, itemgetter

from newsletter.content.entrysets import NO_ENTRIES, EntrySet, entry_set, first, flags
from newsletter.content.planning import Plan, Rule
from newsletter.content.topics import GENERAL
from newsletter.rendering.facts import COUNTS, Chain, Outline, every_fact, needed

_ALWAYS = b"\1"
_TOLD_APART = frozenset((Rule.FOLLOWS, Rule.NOT_FOLLOWED, Rule.MUTED))


@dataclass(frozen=True, slots=True)
class Reading:
    """A plan as pieces are picked by it: the flags of `Facts.numbers`, and numbers to speak of."""

    held: bytes
    counts: Mapping[str, int]


def picker(numbers: Sequence[int]) -> Callable[[Sequence[int]], tuple[int, ...]]:
    """A function that takes what stands at these places of a row."""
    if len(numbers) > 1:
        return itemgetter(*numbers)
    return lambda row: tuple(row[number] for number in numbers)


class Facts:
    """Reads plans. `numbers` gives the place in what is held of each of the `chains` asked for.

    The row begins with a 1, for what always holds. After the facts themselves come conditions of
    which any of several facts is enough, then those that must hold together with an outer one.
    """

    def __init__(self, outline: Outline, chains: Iterable[Chain]) -> None:
        self._outline = outline
        self._facts = tuple(every_fact(outline))
        self._sections = [entry_set(entries) for entries in outline.sections]
        self._counts = (*COUNTS, *(f"section:{s}" for s in range(len(outline.sections))))
        self._topics = {topic: number for number, topic in enumerate(outline.topics)}
        self._latest: tuple[Plan, Reading] | None = None
        asked = {chain: needed(chain, outline) for chain in chains}
        places: dict[Chain, int] = {(): 0}
        places |= {((fact,),): place for place, fact in enumerate(self._facts, 1)}
        made = [chain for chain in _components(asked.values()) if chain not in places]
        places |= {chain: place for place, chain in enumerate(made, len(places))}
        self._several = [
            picker([places[((fact,),)] for fact in chain[0]]) for chain in made if len(chain) == 1
        ]
        self._nested = [
            (picker([places[c[:-1]] for c in level]), picker([places[c[-1:]] for c in level]))
            for length, level in ((length, list(found)) for length, found in groupby(made, len))
            if length > 1
        ]
        self.numbers: Mapping[Chain, int] = {
            (): 0,
            **{chain: places[short] for chain, short in asked.items()},
        }

    def read(self, plan: Plan) -> Reading:
        """What holds for `plan`. It is measured and put together one after the other: the latest
        reading is kept."""
        latest = self._latest
        if latest is None or latest[0] is not plan:
            latest = self._latest = (plan, self._read(plan))
        return latest[1]

    def true(self, plan: Plan) -> frozenset[str]:
        """The facts that are true of `plan`."""
        return frozenset(compress(self._facts, self.read(plan).held[1:]))

    def _read(self, plan: Plan) -> Reading:
        total, shown, folded = self._outline.entries, plan.shown, plan.folded
        inside = [shown & section for section in self._sections]
        some = [section != NO_ENTRIES for section in inside]
        here, left = shown.bit_count(), folded.bit_count()
        more, chosen = left + plan.over_most.bit_count(), here + left
        selective = any(verdict.rule in _TOLD_APART for verdict in plan.grounds)
        words = (
            *(plan.editorial, not plan.editorial),
            *(more > 0, left > 0, chosen == total, chosen != total, sum(some) > 1),
            *(selective, not selective, plan.choosy, not plan.choosy),
        )
        row = [
            _ALWAYS,
            bytes(words),
            flags(plan.full, total),
            flags(plan.titles, total),
            flags(first(shown), total),
            bytes(some),
        ]
        row.append(self._reasons(_given(plan, shown) if selective else {}, inside))
        numbers = (here, more, chosen, left, *map(int.bit_count, inside))
        counts = dict(zip(self._counts, numbers, strict=True))
        return Reading(self._completed(b"".join(row)), counts)

    def _reasons(self, given: Mapping[str, EntrySet], inside: Sequence[EntrySet]) -> bytes:
        """Flags of the topics that brought something, of those after another, and of each topic
        where it did: of a section if it brought all that is shown of it, else entry by entry."""
        named = why = 0
        each = len(inside) + self._outline.entries
        for topic, entries in given.items():
            number = self._topics[topic]
            if topic != GENERAL:
                named |= 1 << 8 * number
            for place, section in enumerate(inside):
                if section and section & entries == section:
                    why |= 1 << 8 * (number * each + place)
                    entries &= ~section
            why |= entries << 8 * (number * each + len(inside))
        topics = len(self._topics)
        later = named & ~first(named)
        return flags(named | later << 8 * topics | why << 16 * topics, topics * (2 + each))

    def _completed(self, held: bytes) -> bytes:
        """`held` with the conditions that are made of facts."""
        held += bytes([any(several(held)) for several in self._several])
        for outer, inner in self._nested:
            held += bytes(map(and_, outer(held), inner(held)))
        return held


def _components(chains: Iterable[Chain]) -> list[Chain]:
    """Chains with what they are made of, shorter ones first."""
    found: dict[Chain, None] = {}
    for chain in chains:
        found |= dict.fromkeys((when,) for when in chain)
        found |= dict.fromkeys(chain[:end] for end in range(1, len(chain) + 1))
    return sorted(found, key=len)


def _given(plan: Plan, shown: EntrySet) -> Mapping[str, EntrySet]:
    """For each topic that is why entries came to this reader, those that are shown."""
    given: dict[str, EntrySet] = {}
    for (rule, topic), entries in plan.grounds.items():
        name = topic if rule is Rule.FOLLOWS else GENERAL if rule is Rule.GENERAL else None
        if name and (reached := entries & shown):
            given[name] = given.get(name, NO_ENTRIES) | reached
    return given
