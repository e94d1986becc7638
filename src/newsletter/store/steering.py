"""Pausing, resuming and cancelling an issue, also while another process sends it.

The state alone stops a sender: no claim is granted to an issue that is not going out.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlmodel import Session, select

from newsletter.errors import ConflictError, NotFoundError
from newsletter.store.instants import seconds
from newsletter.store.tables import DeliveryRow, IssueRow
from newsletter.store.values import IssueState, Skip

CHUNK = 5_000
"""Rows of a cancelled issue that are skipped in one transaction."""

_GOING = (IssueState.FROZEN, IssueState.SENDING)

_CANCEL = text("""
UPDATE deliveries SET state = 'skipped', reason = :reason
WHERE id IN (SELECT id FROM deliveries
             WHERE issue_id = :issue AND state IN ('queued', 'deferred') LIMIT :chunk)
  AND state IN ('queued', 'deferred')
""")


def pause(session: Session, issue_id: int, note: str = "") -> bool:
    """Holds an issue that goes out, or is about to; False if it was held already. `note` says why.

    Raises:
        ConflictError: it is a draft, or has ended.
    """
    row = locked(session, issue_id)
    if row.state == IssueState.PAUSED:
        return False
    if row.state not in _GOING:
        raise ConflictError(f"{_ref(row)} is {row.state}: nothing is going out that could pause")
    _become(session, row, IssueState.PAUSED, note)
    return True


def resume(session: Session, issue_id: int) -> bool:
    """Lets a paused issue go on when it is next sent; False if it was not paused.

    Raises:
        ConflictError: it is a draft, or has ended.
    """
    row = locked(session, issue_id)
    if row.state in _GOING:
        return False
    if row.state != IssueState.PAUSED:
        raise ConflictError(f"{_ref(row)} is {row.state}: only a paused issue can go on")
    # Before the first attempt its rows may not all be there; sending writes what is missing.
    _become(session, row, IssueState.SENDING if _attempted(session, row) else IssueState.FROZEN)
    return True


def cancel(session: Session, issue_id: int, now: dt.datetime) -> bool:
    """Ends an issue for good; False if that was done before. `skip_cancelled` settles its rows.

    Raises:
        ConflictError: it is a draft, or has gone out to everybody.
    """
    row = locked(session, issue_id)
    if row.state == IssueState.CANCELLED:
        return False
    if row.state not in (*_GOING, IssueState.PAUSED):
        raise ConflictError(f"{_ref(row)} is {row.state}: nothing is going out to be cancelled")
    row.finished_at = seconds(now)
    _become(session, row, IssueState.CANCELLED)
    return True


def skip_cancelled(session: Session, issue_id: int) -> bool:
    """Skips the next `CHUNK` rows that a cancelled issue still has in its queue; whether more may
    be left. Of an issue that is not cancelled nothing is skipped."""
    if locked(session, issue_id).state != IssueState.CANCELLED:
        return False
    values = {"issue": issue_id, "reason": Skip.CANCELLED, "chunk": CHUNK}
    return session.connection().execute(_CANCEL, values).rowcount == CHUNK


def locked(session: Session, issue_id: int) -> IssueRow:
    """The row of an issue, which nobody else changes until the transaction ends.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = session.exec(
        select(IssueRow)
        .where(IssueRow.id == issue_id)
        # Two who steer at once, or one and a chunk of the fan-out, must see each other's work.
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFoundError(f"there is no issue with the id {issue_id}")
    return row


def _become(session: Session, row: IssueRow, state: IssueState, note: str = "") -> None:
    row.state, row.note = state, note
    session.add(row)
    session.flush()


def _attempted(session: Session, row: IssueRow) -> bool:
    query = select(DeliveryRow.id).where(DeliveryRow.issue_id == row.id, DeliveryRow.attempts > 0)
    return session.exec(query.limit(1)).first() is not None


def _ref(row: IssueRow) -> str:
    return f"{row.list_name}/{row.name}"
