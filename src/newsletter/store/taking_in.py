"""What an issue takes in beside the entries of its own days: late ones, and those carried over.

An entry is late when its week's issue was frozen without it, because it was stored after that or
taken back in. It is told by what issues had, and not by a clock: an entry that no issue had, nor
its editors left out, cannot fall between two, whenever it came.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from newsletter.content.entry import Brief, Entry, Period
from newsletter.content.mailinglist import MailingList
from newsletter.content.serial import load
from newsletter.content.window import in_window
from newsletter.store.clock_tables import SlotRow
from newsletter.store.entries import briefs_in
from newsletter.store.printed import printings
from newsletter.store.printed_tables import PrintedRow
from newsletter.store.slots import SlotState
from newsletter.store.tables import EditionRow, EntryRow, IssueRow
from newsletter.store.values import IssueState

_DAY = dt.timedelta(days=1)


def taken_in(
    session: Session, mailing_list: MailingList, window: Period, issue_id: int | None
) -> tuple[tuple[Entry, ...], tuple[Brief, ...]]:
    """The entries, and the briefs, that the list's issue for `window` has from other days.

    Weeks that were skipped to be carried over come whole into the first issue after them; entries
    that are late come into the next, as far back as `policies.late_days` before its first day, or
    before the first of what it carries. Days that a changed schedule has left between two issues
    come with the second.
    """
    name = mailing_list.name
    covered = _covered(session, name, window, issue_id)
    skipped = _skipped(session, name, window)
    latest = max((past.last for past in covered), default=dt.date.min)
    carried = [days for days in carried_windows(session, name, window) if days.last > latest]
    carried += _between(session, name, covered, window)
    pool = [entry for days in carried for entry in _unseen(session, name, days, issue_id)]
    if late_days := mailing_list.policies.late_days:
        first = min(days.first for days in (window, *carried))
        since = Period(first - late_days * _DAY, first - _DAY)
        weeks = [*covered, *(days for days in skipped if days not in carried)]
        pool += [
            entry
            for entry in _unseen(session, name, since, issue_id)
            if any(in_window(entry.period, week) for week in weeks)
        ]
    had = printings(session, name, pool, but=issue_id)
    seen = {key for key, found in had.items() if any(not one.cancelled for one in found)}
    briefs = tuple(brief for days in carried for brief in briefs_in(session, days))
    return tuple(entry for entry in pool if entry.key not in seen), briefs


def carried_windows(session: Session, list_name: str, window: Period) -> tuple[Period, ...]:
    """The days that the issue of `window` takes in from those before it that were skipped with
    `carry`, oldest first. Each skip speaks for its own issue, back to the last that was none."""
    found: list[Period] = []
    query = select(SlotRow).where(SlotRow.list_name == list_name, SlotRow.last_day < window.first)
    after = window.first
    for row in session.exec(query.order_by(col(SlotRow.last_day).desc())):
        if row.state != SlotState.SKIPPED or row.last_day + _DAY != after:
            break
        after = row.first_day
        if row.carry:
            found.append(Period(row.first_day, row.last_day))
    return tuple(reversed(found))


def _covered(
    session: Session, list_name: str, window: Period, issue_id: int | None
) -> tuple[Period, ...]:
    """The days of the list's issues that went, or go, out before this one."""
    query = columns(col(IssueRow.first_day), col(IssueRow.last_day)).where(
        col(IssueRow.list_name) == list_name,
        col(IssueRow.frozen_at).is_not(None),
        col(IssueRow.announces).is_(False),
        col(IssueRow.state) != IssueState.CANCELLED,
        col(IssueRow.last_day) < window.last,
    )
    if issue_id is not None:
        query = query.where(col(IssueRow.id) != issue_id)
    return tuple(Period(first, last) for first, last in session.connection().execute(query))


def _between(
    session: Session, list_name: str, covered: tuple[Period, ...], window: Period
) -> list[Period]:
    """The days since the issue before that no other has or is to have. A changed schedule leaves
    less than a week; a whole one has an issue of its own, that nobody made yet."""
    first = max((past.last for past in covered), default=dt.date.max - _DAY) + _DAY
    if not dt.timedelta() < window.first - first < 7 * _DAY:
        return []
    between = Period(first, window.first - _DAY)
    for row in (SlotRow, IssueRow):
        query = select(row).where(
            row.list_name == list_name,
            col(row.last_day) >= between.first,
            col(row.first_day) <= between.last,
        )
        if session.exec(query).first() is not None:
            return []
    return [between]


def _skipped(session: Session, list_name: str, window: Period) -> tuple[Period, ...]:
    """All days before `window` that were skipped to be carried over, into whichever issue."""
    query = columns(col(SlotRow.first_day), col(SlotRow.last_day)).where(
        col(SlotRow.list_name) == list_name,
        col(SlotRow.carry).is_(True),
        col(SlotRow.last_day) < window.first,
    )
    return tuple(Period(first, last) for first, last in session.connection().execute(query))


def _unseen(
    session: Session, list_name: str, days: Period, issue_id: int | None
) -> tuple[Entry, ...]:
    """The entries of some days that, by their keys, no issue of the list had or left out."""
    printed = (
        select(PrintedRow.key)
        .join(EditionRow, col(EditionRow.id) == PrintedRow.edition_id)
        .join(IssueRow, col(IssueRow.id) == EditionRow.issue_id)
        .where(
            IssueRow.list_name == list_name,
            col(IssueRow.state) != IssueState.CANCELLED,
            col(IssueRow.last_day) >= days.first,
        )
    )
    if issue_id is not None:
        printed = printed.where(col(IssueRow.id) != issue_id)
    rows = session.exec(
        select(EntryRow.body)
        .where(
            col(EntryRow.last_day).between(days.first, days.last),
            col(EntryRow.dropped).is_(False),
            col(EntryRow.key).not_in(printed),
        )
        .order_by(col(EntryRow.last_day).desc(), col(EntryRow.id))
    )
    return tuple(load(Entry, body) for body in rows)
