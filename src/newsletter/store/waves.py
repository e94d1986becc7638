"""Waves: an issue that goes to each reader at the schedule's hour by their own clock.

A reader's row waits, deferred until that hour, from the fan-out on. Leaving, pausing and
suppressing find it there as they find every row that waits.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import text
from sqlmodel import Session, select

from newsletter.content.mailinglist import MailingList
from newsletter.content.moments import end_of, wave
from newsletter.content.timing import Waves
from newsletter.store.fanout import Wave
from newsletter.store.instants import instant
from newsletter.store.slots import find_slot
from newsletter.store.tables import SubscriptionRow
from newsletter.store.values import SubscriptionState

# A delivery that a relay or its provider made wait has a first attempt, or the time of one.
_WAITING = text("""
SELECT due_at, count(*) FROM deliveries
WHERE issue_id = :issue AND state = 'deferred' AND attempts = 0 AND first_at IS NULL
GROUP BY due_at ORDER BY due_at
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingWave:
    """Readers who get an issue at one moment that is still to come."""

    at: dt.datetime
    readers: int


def reader_zones(session: Session, list_name: str) -> tuple[str, ...]:
    """The zones that the list's readers chose, "" for the list's own."""
    query = (
        select(SubscriptionRow.zone)
        .where(
            SubscriptionRow.list_name == list_name,
            SubscriptionRow.state == SubscriptionState.ACTIVE,
        )
        .distinct()
        .order_by(SubscriptionRow.zone)
    )
    return tuple(session.exec(query))


def waiting_waves(session: Session, issue_id: int) -> tuple[WaitingWave, ...]:
    """The waves of an issue that are still to come, in order."""
    rows = session.connection().execute(_WAITING, {"issue": issue_id})
    return tuple(WaitingWave(at=instant(at), readers=number) for at, number in rows)


def waves_of(
    session: Session, mailing_list: MailingList, issue: str, now: dt.datetime
) -> Wave | None:
    """When the readers of a zone get an issue of the list; None: all at once.

    An hour that has passed within the list's grace is made up for at once; one that passed longer
    ago waits for the next day.
    """
    schedule = mailing_list.schedule
    slot = find_slot(session, mailing_list.name, issue)
    if slot is None or schedule.waves is not Waves.READER:
        return None
    grace = dt.timedelta(minutes=schedule.grace)
    ready = max(end_of(slot.window, schedule.zone), now - grace)

    @lru_cache(maxsize=1_000)
    def when(zone: str) -> dt.datetime | None:
        due = wave(schedule, slot.day, zone, ready)
        return due if due > now else None

    return when
