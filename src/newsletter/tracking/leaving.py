"""What a reader asks for through the leaving link of a mail, and doing it.

The link travels far: mailbox providers keep it, people forward it. So it can only lessen what its
reader gets, and take back what it did itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlmodel import Session

from newsletter.content.choosing import Choices
from newsletter.content.entry import Tier
from newsletter.content.moments import local_day
from newsletter.store.choosing import choose
from newsletter.store.departures import Departure, departures, leave, undo_leave
from newsletter.store.readers import Reader, lists_of_sender
from newsletter.store.values import Way

PAUSES = (2, 4, 8, 12)
"""The pauses that are offered, in weeks."""

_FEWEST = Tier.BREAKTHROUGH
_TIERS = frozenset(tier.value for tier in Tier)

MOST_WORDS = 500
"""Greatest length, in characters, of a reason in a reader's own words."""

UNDO_FOR = dt.timedelta(days=30)
"""How long a leave can be taken back: who has been gone for longer subscribes anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """The wish to leave the list, or one topic of it if `topic` names one, or `everything` that
    its sender mails."""

    way: Way
    topic: str = ""
    reason: str = ""
    everything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The wish for no mail for some weeks."""

    weeks: int


@dataclass(frozen=True, slots=True)
class Fewer:
    """The wish for breakthroughs alone; an issue without any is not sent to them."""


@dataclass(frozen=True, slots=True)
class More:
    """The wish to take `Fewer` back, down to the tier that was the lowest before."""

    tier: Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """The wish to take a leave back; of the list, of `topic`, or of `everything`."""

    topic: str = ""
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Resume:
    """The wish to end a pause."""


Wish = Leave | Pause | Fewer | More | Undo | Resume


class Done(StrEnum):
    """What came of a wish."""

    LEFT = "left"
    LEFT_TOPIC = "left-topic"
    LEFT_EVERYTHING = "left-everything"
    PAUSED = "paused"
    FEWER = "fewer"
    MORE = "more"
    BACK = "back"
    RESUMED = "resumed"
    NOTHING = "nothing"  # there was nothing to take back or to pause


def wish(fields: Mapping[str, str]) -> Wish | None:
    """What a POST to a leaving link asks for; None when it asks for nothing we know.

    A mail client's one-click POST is told by its one field (RFC 8058 §3.1), the page's form by
    `choice`.
    """
    if fields.get("List-Unsubscribe", "").strip().casefold() == "one-click":
        return Leave(way=Way.ONE_CLICK)
    topic = fields.get("topic", "").strip()
    match fields.get("choice", ""):
        case "leave":
            return Leave(way=Way.PAGE, reason=_reason(fields))
        case "topic" if topic:
            return Leave(way=Way.PAGE, topic=topic, reason=_reason(fields))
        case "everything":
            return Leave(way=Way.PAGE, reason=_reason(fields), everything=True)
        case "pause":
            weeks = fields.get("weeks", "")
            offered = weeks.isdecimal() and int(weeks) in PAUSES
            return Pause(weeks=int(weeks)) if offered else None
        case "fewer":
            return Fewer()
        case "more":
            tier = fields.get("tier", "")
            return More(Tier(tier)) if tier in _TIERS else None
        case "undo":
            return Undo(topic=topic, everything=fields.get("all", "") == "yes")
        case "resume":
            return Resume()
    return None


def grant(session: Session, reader: Reader, asked: Wish, *, now: dt.datetime) -> Done:
    """Does what was asked, in the transaction of `session`; asking again does no more.

    Raises:
        NotFoundError: the list has no such topic.
    """
    match asked:
        case Leave():
            return _leave(session, reader, asked, now)
        case Undo():
            return _undo(session, reader, asked, now)
        case Pause():
            if not reader.active:
                return Done.NOTHING
            _pause(session, reader, _pause_end(reader, asked, now), now)
            return Done.PAUSED
        case Resume():
            _pause(session, reader, None, now)
            return Done.RESUMED
        case Fewer():
            return Done.FEWER if _down_to(session, reader, _FEWEST, now) else Done.NOTHING
        case More():
            made_fewer = reader.preferences.lowest_tier is _FEWEST
            done = made_fewer and _down_to(session, reader, asked.tier, now)
            return Done.MORE if done else Done.NOTHING


def _leave(session: Session, reader: Reader, asked: Leave, now: dt.datetime) -> Done:
    for name in lists_of_sender(session, reader) if asked.everything else (reader.list.name,):
        leave(
            session,
            name,
            reader.subscriber_id,
            way=asked.way,
            now=now,
            delivery_id=reader.delivery_id,
            topic=asked.topic,
            reason=asked.reason,
        )
    if asked.everything:
        return Done.LEFT_EVERYTHING
    return Done.LEFT_TOPIC if asked.topic and reader.active else Done.LEFT


def _down_to(session: Session, reader: Reader, tier: Tier, now: dt.datetime) -> bool:
    """Makes `tier` the lowest of which somebody on the list gets papers; whether they are on it."""
    if not reader.active:
        return False
    preferences = replace(reader.preferences, lowest_tier=tier)
    _choose(session, reader, replace(reader.choices, preferences=preferences), now)
    return True


def _pause(session: Session, reader: Reader, until: dt.date | None, now: dt.datetime) -> None:
    _choose(session, reader, replace(reader.choices, paused_until=until), now)


def _choose(session: Session, reader: Reader, wanted: Choices, now: dt.datetime) -> None:
    choose(
        session,
        reader.list.name,
        reader.subscriber_id,
        wanted,
        way=Way.PAGE,
        now=now,
        today=local_day(reader.list, now),
    )


def _undo(session: Session, reader: Reader, asked: Undo, now: dt.datetime) -> Done:
    names = lists_of_sender(session, reader) if asked.everything else (reader.list.name,)
    back = [
        undo_leave(session, name, reader.subscriber_id, now, topic=asked.topic)
        for name in names
        if can_undo(session, reader, asked.topic, now, list_name=name)
    ]
    return Done.BACK if any(back) else Done.NOTHING


def can_undo(
    session: Session, reader: Reader, topic: str, now: dt.datetime, *, list_name: str = ""
) -> bool:
    """Whether this link may take the reader's last leave back: only its own, and not for ever.

    It is the leave of the link's own list, where `list_name` names no other.

    A leave by complaint, by the admin or through another mail is not this link's to undo.
    """
    last = _last(session, reader, topic, list_name or reader.list.name)
    return (
        last is not None
        and last.undone_at is None
        and last.delivery_id == reader.delivery_id
        and last.way in (Way.ONE_CLICK, Way.PAGE)
        and now - last.at <= UNDO_FOR
    )


def _pause_end(reader: Reader, asked: Pause, now: dt.datetime) -> dt.date:
    """The day on which mail comes again; a pause that lasts longer already is not cut short."""
    until = local_day(reader.list, now) + dt.timedelta(weeks=asked.weeks)
    return max(until, reader.paused_until or until)


def _last(session: Session, reader: Reader, topic: str, list_name: str) -> Departure | None:
    found = [
        departure
        for departure in departures(session, reader.subscriber_id)
        if departure.list_name == list_name and departure.topic == topic
    ]
    return found[-1] if found else None


def _reason(fields: Mapping[str, str]) -> str:
    said = [_storable(fields.get(name, "")) for name in ("reason", "words")]
    return ": ".join(part for part in said if part)[:MOST_WORDS]


def _storable(text: str) -> str:
    """`text` on one line, without what databases cannot keep: NUL and half surrogates."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
