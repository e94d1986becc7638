"""An entry (one paper) and a brief (the editorial around a week's papers), as values."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType


class Tier(StrEnum):
    """How much an entry matters; the order of definition is the order in an issue."""

    BREAKTHROUGH = "breakthrough"
    NOTABLE = "notable"
    MENTION = "mention"
    LISTED = "listed"

    @property
    def rank(self) -> int:
        """0 for the highest tier."""
        return _RANKS[self]


_RANKS = {tier: rank for rank, tier in enumerate(Tier)}


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included."""

    first: dt.date
    last: dt.date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a period cannot end ({self.last}) before it begins ({self.first})")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryText:
    """What is said of an entry in one language. Empty means: not said."""

    title: str = ""  # a translation; the original stands on the entry
    summary: str = ""  # the TL;DR, or the paragraph under a notable paper
    why_novel: str = ""
    innovations: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    impact: str = ""
    motivation: str = ""
    method: str = ""
    result: str = ""
    conclusion: str = ""
    abstract: str = ""

    def filled(self) -> tuple[str, ...]:
        """Names of the fields that say something."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name))

    @property
    def says_something(self) -> bool:
        """Whether a mail has anything of it to show beside a title; a paper's method, say, stands
        on the web alone."""
        said = (self.summary, self.why_novel, self.impact, self.abstract)
        return any(part.strip() for part in (*said, *self.innovations, *self.evidence))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One stored item, usually a paper.

    `key` is its identity: `arxiv:2602.04139` (no version), else `title:` and the folded title.
    `period` is the day it was listed, or the days of the brief that named it.
    `categories` has the main category first. `topics` is an editor's choice that overrides the
    list's rules; None leaves it to them. `position` is its place in its source, then the editor's.
    """

    key: str
    title: str
    period: Period
    tier: Tier = Tier.LISTED
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    arxiv_id: str | None = None
    links: tuple[str, ...] = ()
    texts: Mapping[str, EntryText] = field(default_factory=lambda: MappingProxyType({}))
    topics: tuple[str, ...] | None = None
    position: int = 0
    source: str = ""

    @property
    def said_in(self) -> tuple[str, ...]:
        """The languages in which a mail has anything to show of it beside its title."""
        return tuple(lang for lang, text in self.texts.items() if text.says_something)


@dataclass(frozen=True, slots=True)
class Trend:
    """A trend of the week that a brief names, and what it says of it."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefText:
    """The editorial of a brief in one language; `notes` are parts that no rule understood."""

    summary: str = ""
    takeaway: str = ""
    trends: tuple[Trend, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """The editorial of a week: what stood around the papers in a weekly brief."""

    key: str
    title: str
    period: Period
    papers_analyzed: int | None = None
    breakthroughs: int | None = None
    texts: Mapping[str, BriefText] = field(default_factory=lambda: MappingProxyType({}))
    source: str = ""


def fold_title(title: str) -> str:
    """A title reduced to what identifies it: no case, accents, punctuation or ligatures.

    >>> fold_title("Moiré — Physics, “AI”")
    'moire physics ai'
    """
    plain = unicodedata.normalize("NFKD", title).casefold()
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", kept))


def title_key(title: str) -> str:
    """The identity of an entry that has no id of its own."""
    return f"title:{fold_title(title)}"


def arxiv_key(arxiv_id: str) -> str:
    """The identity of an arXiv paper: a new version is the same paper.

    >>> arxiv_key("2602.04139v2")
    'arxiv:2602.04139'
    """
    return "arxiv:" + re.sub(r"v\d+$", "", arxiv_id)
