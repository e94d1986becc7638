"""What importing an entry again makes of the one that is stored: a law, and pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any

from newsletter.content.entry import Entry, EntryText, Tier, arxiv_key
from newsletter.content.sameness import alike, marks

_FILLED = ("title", "authors", "arxiv_id", "topics")
_UNITED = ("categories", "links")


def same_paper(a: Entry, b: Entry) -> bool:
    """Whether two entries are one paper: by an identifier (arXiv's without its version, a DOI), or
    by the folded title unless both have identifiers and these differ."""
    return alike(marks(a), marks(b))


def merge(
    stored: Entry, incoming: Entry, *, edited: frozenset[str]
) -> tuple[Entry, tuple[str, ...]]:
    """`stored` after an import of `incoming`, and the names of the fields that changed.

    What an editor changed (`edited`, names as `title` or `texts.en.summary`) stays, and so do
    period, position and source. An empty field erases nothing. The tier only rises, categories
    and links unite, and the key becomes arXiv's once an identifier is known.
    Merging the same entry again changes nothing.
    """
    values: dict[str, Any] = {}
    for name in _FILLED:
        values[name] = getattr(incoming, name) or getattr(stored, name)
    for name in _UNITED:
        values[name] = _united(getattr(stored, name), getattr(incoming, name))
    values["tier"] = min(stored.tier, incoming.tier, key=_rank)
    values = {name: value for name, value in values.items() if name not in edited}
    merged = replace(stored, **values)
    merged = replace(merged, key=_key(merged), texts=_texts(stored.texts, incoming.texts, edited))
    return merged, _changes(stored, merged)


def _rank(tier: Tier) -> int:
    return tier.rank


def _united(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _key(entry: Entry) -> str:
    # A title that is put right does not make another entry: the key stays what it was.
    return arxiv_key(entry.arxiv_id) if entry.arxiv_id else entry.key


def _texts(
    stored: Mapping[str, EntryText], incoming: Mapping[str, EntryText], edited: frozenset[str]
) -> Mapping[str, EntryText]:
    merged = dict(stored)
    for language, text in incoming.items():
        new = {
            name: getattr(text, name)
            for name in text.filled()
            if f"texts.{language}.{name}" not in edited
        }
        if new:
            merged[language] = replace(merged.get(language, EntryText()), **new)
    return MappingProxyType(merged)


def _changes(before: Entry, after: Entry) -> tuple[str, ...]:
    """Names of the fields that differ, in the order of their definition."""
    names: list[str] = []
    for name in (f.name for f in fields(Entry)):
        if name == "texts":
            names += _text_changes(before.texts, after.texts)
        elif getattr(before, name) != getattr(after, name):
            names.append(name)
    return tuple(names)


def _text_changes(before: Mapping[str, EntryText], after: Mapping[str, EntryText]) -> list[str]:
    return [
        f"texts.{language}.{f.name}"
        for language, text in after.items()
        for f in fields(EntryText)
        if getattr(text, f.name) != getattr(before.get(language, EntryText()), f.name)
    ]
