"""What a reader can choose on a list, and how two such choices differ."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from newsletter.content.preferences import Preferences


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Which mail somebody wants, and when: `zone` is where they live, as IANA names it, "" for the
    list's own; before the day `paused_until` there is none."""

    preferences: Preferences = field(default_factory=Preferences)
    paused_until: dt.date | None = None
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that somebody chose differently, and how: `+operators -proofs`, `en → zh`."""

    what: str
    how: str


def changes(before: Choices, after: Choices) -> tuple[Change, ...]:
    """What is not the same in `after`, with no more than tells how."""
    return tuple(_changes(before, after))


def _changes(before: Choices, after: Choices) -> Iterator[Change]:
    old, new = before.preferences, after.preferences
    if old.follows != new.follows:
        yield Change("follows", _followed(old.follows, new.follows))
    if old.mutes != new.mutes:
        yield Change("mutes", _topics(old.mutes, new.mutes))
    for what, was, now in (
        ("only my topics", _yes(old.only_topics), _yes(new.only_topics)),
        ("lowest tier", old.lowest_tier, new.lowest_tier),
        ("languages", "+".join(old.languages), "+".join(new.languages)),
        ("format", _format(html=old.html), _format(html=new.html)),
        ("most entries", str(old.most or "no limit"), str(new.most or "no limit")),
        ("paused until", _day(before.paused_until), _day(after.paused_until)),
        ("time zone", before.zone or "the list's", after.zone or "the list's"),
    ):
        if was != now:
            yield Change(what, f"{was} → {now}")


def _followed(old: frozenset[str] | None, new: frozenset[str] | None) -> str:
    if new is None:
        return "everything"
    return _topics(old or frozenset(), new) if old is not None else f"only {_names(new)}"


def _topics(old: frozenset[str], new: frozenset[str]) -> str:
    more = [f"+{name}" for name in sorted(new - old)]
    return " ".join([*more, *(f"-{name}" for name in sorted(old - new))])


def _names(topics: frozenset[str]) -> str:
    return ", ".join(sorted(topics)) or "nothing"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _format(*, html: bool) -> str:
    return "HTML" if html else "text"


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day else "no pause"
