"""What is different between two digests, as a person would say it. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum

from newsletter.content.digest import Digest
from newsletter.content.entry import Brief, BriefText, Entry, EntryText


class Change(StrEnum):
    """What happened to a part of an issue."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    RETIERED = "retiered"
    SAID = "said otherwise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference. `what` is an entry's title, or a part of the issue (`en note`); `field` is
    what of it says something else. `before` and `after` are places, tiers or texts."""

    change: Change
    what: str
    field: str = ""
    before: str = ""
    after: str = ""


def compare(before: Digest, after: Digest) -> tuple[Difference, ...]:
    """All that a reader could see of it: entries come and gone, order, tiers, texts, the editorial,
    the notes, the list's own words. None when they say the same."""
    old = {item.entry.key: item for item in before.entries}
    new = {item.entry.key: item for item in after.entries}
    places = (_places(before), _places(after))
    found = [_came(new[key].entry, places[1][key]) for key in new if key not in old]
    found += [_went(old[key].entry, places[0][key]) for key in old if key not in new]
    both = [key for key in new if key in old]
    # A change of tier moves an entry as well, and is told for itself.
    same = [key for key in both if old[key].entry.tier is new[key].entry.tier]
    kept = _longest_rising([places[0][key] for key in same])
    for key in (key for index, key in enumerate(same) if index not in kept):
        change = str(places[0][key]), str(places[1][key])
        found.append(_differs(Change.MOVED, new[key].entry.title, "", *change))
    for key in both:
        found += _entry(old[key].entry, new[key].entry)
        if old[key].topics != new[key].topics:
            change = ", ".join(old[key].topics), ", ".join(new[key].topics)
            found.append(_differs(Change.SAID, new[key].entry.title, "topics", *change))
    return (*found, *_editorial(before.briefs, after.briefs), *_words(before, after))


def _places(digest: Digest) -> dict[str, int]:
    return {item.entry.key: place for place, item in enumerate(digest.entries, 1)}


def _came(entry: Entry, place: int) -> Difference:
    return Difference(change=Change.ADDED, what=entry.title, field=entry.tier, after=str(place))


def _went(entry: Entry, place: int) -> Difference:
    return Difference(change=Change.REMOVED, what=entry.title, field=entry.tier, before=str(place))


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """The indices of a longest subsequence that rises: what need not move to be in order."""
    ends: list[int] = []
    at: list[int] = []
    before: list[int] = []
    for index, number in enumerate(numbers):
        place = bisect_left(ends, number)
        ends[place : place + 1] = [number]
        at[place : place + 1] = [index]
        before.append(at[place - 1] if place else -1)
    found, index = set(), at[-1] if at else -1
    while index >= 0:
        found.add(index)
        index = before[index]
    return found


def _entry(old: Entry, new: Entry) -> list[Difference]:
    found = []
    if old.tier is not new.tier:
        found.append(_differs(Change.RETIERED, new.title, "", old.tier, new.tier))
    for name in ("title", "authors", "categories", "links"):
        found += _said(new.title, name, _text(getattr(old, name)), _text(getattr(new, name)))
    for language in sorted({*old.texts, *new.texts}):
        first, second = (e.texts.get(language, EntryText()) for e in (old, new))
        for name in (f.name for f in fields(EntryText)):
            change = _text(getattr(first, name)), _text(getattr(second, name))
            found += _said(new.title, f"texts.{language}.{name}", *change)
    return found


def _editorial(old: Sequence[Brief], new: Sequence[Brief]) -> list[Difference]:
    found: list[Difference] = []
    first, second = ({brief.key: brief for brief in briefs} for briefs in (old, new))
    for key in {**first, **second}:
        brief = second.get(key) or first[key]
        texts = [of[key].texts if key in of else {} for of in (first, second)]
        for language in sorted({*texts[0], *texts[1]}):
            one, other = (said.get(language, BriefText()) for said in texts)
            for name in ("summary", "takeaway"):
                what = f"{language} {name}"
                found += _said(what, "", getattr(one, name), getattr(other, name))
            if (one.trends, one.notes) != (other.trends, other.notes):
                found.append(_differs(Change.SAID, f"{language} trends and notes", brief.title))
    return found


def _words(before: Digest, after: Digest) -> list[Difference]:
    found: list[Difference] = []
    for language in sorted({*before.notes, *after.notes}):
        change = before.notes.get(language, ""), after.notes.get(language, "")
        found += _said(f"{language} note", "", *change)
    for name in ("titles", "sender", "reply_to", "postal_address", "public_url", "template"):
        old, new = getattr(before.list, name), getattr(after.list, name)
        if old != new:
            found.append(_differs(Change.SAID, "the list", name, str(old), str(new)))
    if before.list.theme != after.list.theme:
        found.append(_differs(Change.SAID, "the list", "theme"))
    return found


def _said(what: str, field: str, before: str, after: str) -> list[Difference]:
    return [] if before == after else [_differs(Change.SAID, what, field, before, after)]


def _differs(
    change: Change, what: str, field: str, before: str = "", after: str = ""
) -> Difference:
    return Difference(change=change, what=what, field=field, before=before, after=after)


def _text(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else "\n".join(value)
