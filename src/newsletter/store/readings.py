"""How reading the mailboxes of returned mail went, so that a failure is not silent."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session, col, select

from newsletter.store.ignoring import insert_new
from newsletter.store.instants import instant, maybe_instant, seconds
from newsletter.store.reading_tables import ReadingRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A mailbox: when it was tried last and when it went well, how many messages it has given in
    all, and how often in a row it could not be read, with the last `reason`."""

    place: str
    tried_at: dt.datetime
    read_at: dt.datetime | None
    messages: int
    failures: int
    reason: str


def note_read(session: Session, place: str, messages: int, now: dt.datetime) -> None:
    """Notes that a mailbox was read, with that many messages."""
    row = _row(session, place, now)
    row.read_at, row.failures, row.reason = seconds(now), 0, ""
    row.messages += messages
    session.add(row)
    session.flush()


def note_failed(session: Session, place: str, reason: str, now: dt.datetime) -> None:
    """Notes that a mailbox could not be read."""
    row = _row(session, place, now)
    row.failures, row.reason = row.failures + 1, reason
    session.add(row)
    session.flush()


def readings(session: Session) -> tuple[Reading, ...]:
    """Every mailbox that was ever tried, the one tried last first."""
    rows = session.exec(select(ReadingRow).order_by(col(ReadingRow.tried_at).desc()))
    return tuple(
        Reading(
            place=row.place,
            tried_at=instant(row.tried_at),
            read_at=maybe_instant(row.read_at),
            messages=row.messages,
            failures=row.failures,
            reason=row.reason,
        )
        for row in rows
    )


def _row(session: Session, place: str, now: dt.datetime) -> ReadingRow:
    blank = {"tried_at": 0, "read_at": None, "messages": 0, "failures": 0, "reason": ""}
    insert_new(session, ReadingRow, [{"place": place, **blank}])  # another process may, too
    row = session.get_one(ReadingRow, place, with_for_update=True, populate_existing=True)
    row.tried_at = seconds(now)
    return row
