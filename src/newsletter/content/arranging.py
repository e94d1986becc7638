"""What an editor decides for one issue alone: order, tiers, what is left out, the editorial.

What is said of an entry belongs to the entry, and to every issue that has it; where it stands, how
much it matters this week and whether it is in at all belong to the issue. Both are applied each
time that a draft is put together, so one assembled anew keeps every choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from newsletter.content.entry import Brief, BriefText, Entry, Period, Tier
from newsletter.content.sameness import Marks, alike, marks


class Editorial(StrEnum):
    """The parts of a brief's editorial that an editor may say otherwise in one issue."""

    SUMMARY = "summary"
    TAKEAWAY = "takeaway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """An editor's choices for one issue, entries by their keys.

    `order` is the whole sequence as it was when somebody last moved an entry. `tiers` stand in
    place of the entries' own, for this issue. `editorial` is text by part and language, in place
    of what the week's first brief says; an empty one says nothing there.
    """

    order: tuple[str, ...] = ()
    tiers: Mapping[str, Tier] = field(default_factory=lambda: MappingProxyType({}))
    dropped: frozenset[str] = frozenset()
    editorial: Mapping[Editorial, Mapping[str, str]] = field(
        default_factory=lambda: MappingProxyType({})
    )


AS_STORED = Arrangement()
"""Nothing was decided: entries as they are stored, briefs as they were written."""


def arranged(entries: Iterable[Entry], choices: Arrangement) -> list[Entry]:
    """The entries of an issue in order: by tier, then the editor's order, then date."""
    chosen = (entry for entry in entries if entry.key not in choices.dropped)
    retiered = (_with_tier(entry, choices.tiers.get(entry.key)) for entry in chosen)
    return _ordered(sorted(retiered, key=_natural), choices.order)


def once(entries: Iterable[Entry]) -> list[Entry]:
    """Each paper once, however many entries are about it: the first by tier, place and date."""
    kept: list[Entry] = []
    known: dict[str, list[Marks]] = {}
    for entry in sorted(entries, key=_natural):
        own = marks(entry)
        names = [name for name in (own.arxiv, own.doi, own.title) if name]
        if any(alike(own, other) for name in names for other in known.get(name, ())):
            continue
        kept.append(entry)
        for name in names:
            known.setdefault(name, []).append(own)
    return kept


def worded(
    briefs: Sequence[Brief], title: str, window: Period, choices: Arrangement
) -> list[Brief]:
    """The briefs of an issue as its editor words them: the first says what they wrote. Without
    any, theirs is a brief of its own, called `title`."""
    if not choices.editorial:
        return list(briefs)
    own = Brief(key="editor", title=title, period=window, source="editor")
    first, rest = (briefs[0], briefs[1:]) if briefs else (own, ())
    said = _said(first, choices.editorial)
    return [*([said] if briefs or said.texts else []), *rest]


def moved(order: Sequence[str], key: str, position: int) -> tuple[str, ...]:
    """`order` with `key` at `position`, counted from 1; beyond an end is that end."""
    rest = [other for other in order if other != key]
    rest.insert(max(position, 1) - 1, key)
    return tuple(rest)


def _natural(entry: Entry) -> tuple[int, int, object, str]:
    return entry.tier.rank, entry.position, entry.period.last, entry.key


def _with_tier(entry: Entry, tier: Tier | None) -> Entry:
    return entry if tier in (None, entry.tier) else replace(entry, tier=tier)


def _ordered(natural: list[Entry], order: Sequence[str]) -> list[Entry]:
    """By the editor's order; what came after that was set stands behind its natural neighbour."""
    if not order:
        return natural
    by_key = {entry.key: entry for entry in natural}
    keys = [key for key in order if key in by_key]
    placed, before = set(keys), dict[Tier, str]()
    for entry in natural:
        if entry.key not in placed:
            neighbour = before.get(entry.tier)
            keys.insert(keys.index(neighbour) + 1 if neighbour else 0, entry.key)
        before[entry.tier] = entry.key
    return sorted((by_key[key] for key in keys), key=lambda entry: entry.tier.rank)


def _said(brief: Brief, editorial: Mapping[Editorial, Mapping[str, str]]) -> Brief:
    texts = dict(brief.texts)
    for part, by_language in editorial.items():
        for language, text in by_language.items():
            own: Any = {part.value: text}
            texts[language] = replace(texts.get(language, BriefText()), **own)
    return replace(brief, texts={lang: text for lang, text in texts.items() if text != BriefText()})
