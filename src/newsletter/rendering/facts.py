"""What is true of a plan, as far as fragments ask: the facts by which they are shown.

A fact is a word such as `full:3` (entry 3 is shown in full) or `editorial`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from newsletter.content.digest import Digest
from newsletter.content.planning import Depth, Plan, Rule, Verdict
from newsletter.content.topics import GENERAL


@dataclass(frozen=True)
class Outline:
    """As much of a digest as the facts of a plan need.

    `sections` holds positions of entries; `topics` are all topics that can be a reason here.
    """

    entries: int
    sections: tuple[tuple[int, ...], ...]
    topics: tuple[str, ...]

    @classmethod
    def of(cls, digest: Digest) -> Outline:
        tree = digest.list.topics
        met = {
            name
            for item in digest.entries
            for topic in item.topics
            for name in (tree.lineage(topic) or (topic,))
        }
        ordered = [topic.name for topic in tree.topics if topic.name in met]
        return cls(
            entries=len(digest.entries),
            sections=tuple(section.entries for section in digest.sections),
            topics=(*ordered, *sorted(met - set(ordered))),
        )

    @classmethod
    def load(cls, values: Mapping[str, Any]) -> Outline:
        """The outline that `dataclasses.asdict` gave."""
        sections = tuple(tuple(section) for section in values["sections"])
        return cls(values["entries"], sections, tuple(values["topics"]))

    @cached_property
    def section_of(self) -> tuple[int, ...]:
        found = {i: number for number, entries in enumerate(self.sections) for i in entries}
        return tuple(found[i] for i in range(self.entries))


def every_fact(outline: Outline) -> Iterable[str]:
    """The words that a template may ask for."""
    yield from ("editorial", "no-editorial", "more", "partial", "whole", "selective", "everything")
    for topic in outline.topics:
        yield from (f"topic:{topic}", f"later-topic:{topic}")
    for section in range(len(outline.sections)):
        yield f"section:{section}"
        yield from (f"section-why:{section}:{topic}" for topic in outline.topics)
    for entry in range(outline.entries):
        yield from (f"full:{entry}", f"title:{entry}", f"first:{entry}")
        yield from (f"why:{entry}:{topic}" for topic in outline.topics)


@dataclass(frozen=True, slots=True)
class Reading:
    """A plan as pieces are chosen by it: which conditions hold, and the numbers to speak of."""

    held: bytearray
    counts: Mapping[str, int]


class Facts:
    """Reads plans. `numbers` gives each condition (any of some facts) its place in what is held;
    0 always holds."""

    def __init__(self, outline: Outline, conditions: Iterable[tuple[str, ...]]) -> None:
        asked = dict.fromkeys(conditions)
        facts = dict.fromkeys((fact,) for when in asked for fact in when)
        self.numbers: Mapping[tuple[str, ...], int] = {
            when: number for number, when in enumerate((*facts, *(asked - facts.keys())), 1)
        }
        self._outline = outline
        self._latest: tuple[Plan, Reading] | None = None
        self._unasked = len(self.numbers) + 1  # what no fragment asks for is noted here
        self._several = [
            ([self.numbers[fact,] for fact in when], self.numbers[when])
            for when in asked
            if len(when) != 1
        ]
        self._entries = [
            (self._at(f"title:{i}"), self._at(f"full:{i}"), section)
            for i, section in enumerate(outline.section_of)
        ]
        self._first = [self._at(f"first:{i}") for i in range(outline.entries)]
        self._sections = [
            (f"section:{s}", self._at(f"section:{s}")) for s in range(len(outline.sections))
        ]
        self._section_why = [
            {t: self._at(f"section-why:{s}:{t}") for t in outline.topics}
            for s in range(len(outline.sections))
        ]
        self._why = [
            {t: self._at(f"why:{i}:{t}") for t in outline.topics} for i in range(outline.entries)
        ]

    def _at(self, fact: str) -> int:
        return self.numbers.get((fact,), self._unasked)

    def read(self, plan: Plan) -> Reading:
        """What holds for `plan`. It is measured and put together one after the other: the latest
        reading is kept."""
        latest = self._latest
        if latest is None or latest[0] is not plan:
            latest = self._latest = (plan, self._read(plan))
        return latest[1]

    def _read(self, plan: Plan) -> Reading:
        """One pass over its entries: this runs for every message."""
        held = bytearray(self._unasked + 1)
        held[0] = 1
        inside = [0] * len(self._sections)
        more, over, selective, first = 0, 0, False, -1
        for i, (depth, verdict) in enumerate(zip(plan.depths, plan.verdicts, strict=True)):
            rule = verdict.rule
            if depth:
                title, full, section = self._entries[i]
                held[title if depth == _TITLE else full] = 1
                inside[section] += 1
                if first < 0:
                    first = i
            elif rule is _EVERYTHING or rule is _FOLLOWS or rule is _GENERAL:
                more += 1
            elif rule is _OVER_MOST:
                over += 1
            if rule is _FOLLOWS or rule is _NOT_FOLLOWED or rule is _MUTED:
                selective = True
        if first >= 0:
            held[self._first[first]] = 1
        numbers = self._count(held, inside, more, over)
        held[self._at("editorial" if plan.editorial else "no-editorial")] = 1
        held[self._at("selective" if selective else "everything")] = 1
        if selective:
            self._reason(held, plan, inside)
        for facts, number in self._several:
            held[number] = any(held[fact] for fact in facts)
        return Reading(held, numbers)

    def _count(self, held: bytearray, inside: list[int], folded: int, over: int) -> dict[str, int]:
        """`folded` entries were chosen and had no room, `over` lie beyond the most they want."""
        shown, more = sum(inside), folded + over
        numbers = {"shown": shown, "more": more, "chosen": shown + folded}
        for (name, at), number in zip(self._sections, inside, strict=True):
            numbers[name] = number
            if number:
                held[at] = 1
        if more:
            held[self._at("more")] = 1
        held[self._at("whole" if shown + folded == self._outline.entries else "partial")] = 1
        return numbers

    def _reason(self, held: bytearray, plan: Plan, inside: list[int]) -> None:
        """Why this reader got what they got; said of a section where it holds for all of it."""
        given: set[str] = set()
        depths, verdicts = plan.depths, plan.verdicts
        for section, entries in enumerate(self._outline.sections):
            if not inside[section]:
                continue
            reasons = [(i, _reason(verdicts[i])) for i in entries if depths[i]]
            topics = {topic for _, topic in reasons}
            given |= topics
            if len(topics) == 1:
                held[self._section_why[section].get(reasons[0][1], self._unasked)] = 1
            else:
                for i, topic in reasons:
                    held[self._why[i].get(topic, self._unasked)] = 1
        given -= {"", GENERAL}
        for place, topic in enumerate(t for t in self._outline.topics if t in given):
            held[self._at(f"topic:{topic}")] = 1
            if place:
                held[self._at(f"later-topic:{topic}")] = 1


# Names of their own: looking up a member of an enumeration is slow where every message passes.
_TITLE = Depth.TITLE
_EVERYTHING, _FOLLOWS, _GENERAL = Rule.EVERYTHING, Rule.FOLLOWS, Rule.GENERAL
_NOT_FOLLOWED, _MUTED, _OVER_MOST = Rule.NOT_FOLLOWED, Rule.MUTED, Rule.OVER_MOST


def _reason(verdict: Verdict) -> str:
    """The topic that brought an entry to this reader; empty if none did."""
    if verdict.rule is _FOLLOWS:
        return verdict.topic or ""
    return GENERAL if verdict.rule is _GENERAL else ""


def greatest(source: str, outline: Outline) -> int:
    """The greatest value that the count `source` can have.

    Raises:
        LookupError: there is no such count.
    """
    if source in ("shown", "more", "chosen"):
        return outline.entries
    kind, _, number = source.partition(":")
    if kind != "section" or not number.isdecimal() or int(number) >= len(outline.sections):
        raise LookupError(f"there is no count {source!r}; there are shown, more, chosen, section:N")
    return len(outline.sections[int(number)])
