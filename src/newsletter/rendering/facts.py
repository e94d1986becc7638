"""What is true of a plan, as far as fragments ask: the facts by which they are shown.

A fact is a word such as `full:3` (entry 3 is shown in full) or `editorial`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from newsletter.content.digest import Digest

When = tuple[str, ...]
"""Facts of which any is enough for a fragment to be shown."""

Chain = tuple[When, ...]
"""What has to hold for a piece to be shown, from the outermost fragment around it inwards."""

COUNTS = ("shown", "more", "chosen", "folded")
"""Numbers of entries that templates can speak of, beside `section:3`."""

WORDS = (
    *("editorial", "no-editorial"),
    *("more", "folded", "whole", "partial", "several-sections"),
    *("selective", "everything", "choosy", "all-topics"),
)
"""The facts that are about nothing in particular."""


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
        """The outline of a digest."""
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
        """The section of each entry, by its position."""
        found = {i: number for number, entries in enumerate(self.sections) for i in entries}
        return tuple(found[i] for i in range(self.entries))


def every_fact(outline: Outline) -> Iterator[str]:
    """The words that a template may ask for, in the order in which `Facts` reads them."""
    entries, sections = range(outline.entries), range(len(outline.sections))
    yield from WORDS
    for kind in ("full", "title", "first"):
        yield from (f"{kind}:{entry}" for entry in entries)
    yield from (f"section:{section}" for section in sections)
    for kind in ("topic", "later-topic"):
        yield from (f"{kind}:{topic}" for topic in outline.topics)
    for topic in outline.topics:
        yield from (f"section-why:{section}:{topic}" for section in sections)
        yield from (f"why:{entry}:{topic}" for entry in entries)


def needed(chain: Chain, outline: Outline) -> Chain:
    """`chain` without what goes without saying: an entry that is shown has its section shown."""
    return tuple(
        when
        for at, when in enumerate(chain)
        if not any(_implies(inner, when, outline) for inner in chain[at + 1 :])
    )


def _implies(inner: When, outer: When, outline: Outline) -> bool:
    return all(fact in outer or _widened(fact, outline) in outer for fact in inner)


def _widened(fact: str, outline: Outline) -> str:
    """The wider fact that holds wherever `fact` does; empty if there is none."""
    kind, _, about = fact.partition(":")
    if kind in ("full", "title", "first", "why"):
        return f"section:{outline.section_of[int(about.partition(':')[0])]}"
    if kind == "section-why":
        return f"section:{about.partition(':')[0]}"
    return f"topic:{about}" if kind == "later-topic" else ""


def greatest(source: str, outline: Outline) -> int:
    """The greatest value that the count `source` can have.

    Raises:
        LookupError: there is no such count.
    """
    if source in COUNTS:
        return outline.entries
    kind, _, number = source.partition(":")
    if kind != "section" or not number.isdecimal() or int(number) >= len(outline.sections):
        known = ", ".join((*COUNTS, "section:N"))
        raise LookupError(f"there is no count {source!r}; there are {known}")
    return len(outline.sections[int(number)])
