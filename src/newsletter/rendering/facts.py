"""What is true of a plan, as far as fragments ask: the facts by which they are shown.

A fact is a word such as `full:3` (entry 3 is shown in full) or `editorial`. While an issue is
sent, the facts of a plan are the bits of one integer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from newsletter.content.digest import Digest
from newsletter.content.planning import Depth, Plan, Rule
from newsletter.content.topics import GENERAL

_REASONS = (Rule.FOLLOWS, Rule.GENERAL)


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


class Facts:
    """Turns plans into bits; `bits` gives each fact that any fragment asks for a bit of its own."""

    def __init__(self, outline: Outline, asked: Iterable[str]) -> None:
        self.bits: Mapping[str, int] = {
            fact: 1 << number for number, fact in enumerate(dict.fromkeys(asked))
        }
        get = self.bits.get
        self._outline = outline
        self._depths = [
            (
                0,
                get(f"title:{i}", 0) | get(f"section:{s}", 0),
                get(f"full:{i}", 0) | get(f"section:{s}", 0),
            )
            for i, s in enumerate(outline.section_of)
        ]
        self._first = [get(f"first:{i}", 0) for i in range(outline.entries)]
        self._why = [
            {t: get(f"why:{i}:{t}", 0) for t in outline.topics} for i in range(outline.entries)
        ]
        self._section_why = [
            {t: get(f"section-why:{s}:{t}", 0) for t in outline.topics}
            for s in range(len(outline.sections))
        ]

    def of(self, plan: Plan) -> int:
        """The facts that hold for `plan`, as bits."""
        facts = 0
        first = True
        for depth, choices, begin in zip(plan.depths, self._depths, self._first, strict=True):
            if depth:
                facts |= choices[depth]
                if first:
                    facts |= begin
                    first = False
        facts |= self._whole_plan(plan)
        if any(v.rule is Rule.FOLLOWS or v.rule is Rule.NOT_FOLLOWED for v in plan.verdicts):
            facts |= self._reasons(plan)
        else:
            facts |= self.bits.get("everything", 0)
        return facts

    def _whole_plan(self, plan: Plan) -> int:
        get = self.bits.get
        more = plan.more
        facts = get("editorial" if plan.editorial else "no-editorial", 0)
        if more:
            facts |= get("more", 0)
        whole = plan.shown + more == self._outline.entries
        return facts | get("whole" if whole else "partial", 0)

    def _reasons(self, plan: Plan) -> int:
        """Why this reader got what they got; said of a section where it holds for all of it."""
        facts = self.bits.get("selective", 0)
        given: set[str] = set()
        for number, entries in enumerate(self._outline.sections):
            reasons = [(i, _reason(plan, i)) for i in entries if plan.depths[i]]
            topics = {topic for _, topic in reasons}
            given |= topics
            if len(topics) == 1:
                facts |= self._section_why[number].get(topics.pop(), 0)
            else:
                for i, topic in reasons:
                    facts |= self._why[i].get(topic, 0)
        given.discard("")
        given.discard(GENERAL)
        for place, topic in enumerate(t for t in self._outline.topics if t in given):
            facts |= self.bits.get(f"topic:{topic}", 0)
            facts |= self.bits.get(f"later-topic:{topic}", 0) if place else 0
        return facts


def _reason(plan: Plan, entry: int) -> str:
    """The topic that brought the entry to this reader; empty if none did."""
    verdict = plan.verdicts[entry]
    return (verdict.topic or GENERAL) if verdict.rule in _REASONS else ""


def counts(plan: Plan, outline: Outline) -> dict[str, int]:
    """The numbers that an issue can speak of, by the names that templates use."""
    more = plan.more
    numbers = {"shown": plan.shown, "more": more, "chosen": plan.shown + more}
    for number, entries in enumerate(outline.sections):
        numbers[f"section:{number}"] = sum(plan.depths[i] is not Depth.ABSENT for i in entries)
    return numbers


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
