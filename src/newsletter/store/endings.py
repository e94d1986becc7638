"""Lists that have ended: nothing new is made or mailed of them, and nothing that was is lost.

Whoever has their mail can go on leaving, choosing, viewing and reading the archive by its links.
What would begin something new asks `refuse_ended` in its own transaction. There the row of the list
is shared, which `end` has for itself; so nothing begins beside the end and is overlooked by it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import exists
from sqlmodel import Session, col, delete, select

from newsletter.errors import ConflictError, EndedError, NotFoundError
from newsletter.store import outbox
from newsletter.store.clock_tables import SlotRow
from newsletter.store.confirmation_tables import ConfirmationRow
from newsletter.store.confirmations import WishKind
from newsletter.store.ending_tables import EndingRow
from newsletter.store.instants import instant, seconds
from newsletter.store.lists import list_names
from newsletter.store.outbox import MailKind
from newsletter.store.slots import SlotState
from newsletter.store.tables import IssueRow, ListRow, MailRow
from newsletter.store.values import IssueState

SKIPPED = "the list has ended"
"""Why a mail that waited is not sent."""

_GOING = (IssueState.FROZEN, IssueState.SENDING, IssueState.PAUSED)

_NOT_BEGUN = (
    SlotState.PLANNED,
    SlotState.DRAFTED,
    SlotState.REMINDED,
    SlotState.HELD,
    SlotState.MISSED,
)

_MAILS = (
    MailKind.CONFIRMATION,
    MailKind.WELCOME,
    MailKind.ISSUE,
    MailKind.REMINDER,
    MailKind.ALARM,
)
"""What is mailed because a list goes on; the way to somebody's choices is mailed all the same."""


@dataclass(frozen=True, slots=True)
class Ending:
    """When a list ended, and by whose word."""

    at: dt.datetime
    by: str


@dataclass(frozen=True, slots=True)
class Reopening:
    """When a list that had ended went on, and by whose word."""

    at: dt.datetime
    by: str


def ending(session: Session, list_name: str) -> Ending | None:
    """The end of a list; None while it goes on."""
    row = _row(session, list_name)
    return None if row is None else Ending(instant(row.at), row.by)


def ended_lists(session: Session) -> frozenset[str]:
    """The names of all lists that have ended."""
    query = select(EndingRow.list_name).where(col(EndingRow.reopened_at).is_(None))
    return frozenset(session.exec(query))


def going_lists(session: Session) -> tuple[str, ...]:
    """The names of the lists that have not ended, in order."""
    ended = ended_lists(session)
    return tuple(name for name in list_names(session) if name not in ended)


def has_ended(session: Session, list_name: str) -> bool:
    """Whether a list has ended; if not, it does not before the transaction does."""
    session.exec(select(ListRow.name).where(ListRow.name == list_name).with_for_update(read=True))
    return _row(session, list_name) is not None


def refuse_ended(session: Session, list_name: str) -> None:
    """Makes sure that a list goes on, as `has_ended` does.

    Raises:
        EndedError: it has ended.
    """
    if has_ended(session, list_name):
        found = ending(session, list_name)
        on = f" on {found.at:%Y-%m-%d}" if found else ""
        raise EndedError(
            f"{list_name} ended{on}: `newsletter lists reopen {list_name}` lets it go on"
        )


def refuse_going(session: Session, list_name: str) -> None:
    """Makes sure that no issue of a list is on its way.

    Raises:
        ConflictError: one is.
    """
    query = select(IssueRow.name, IssueRow.state).where(
        IssueRow.list_name == list_name, col(IssueRow.state).in_(_GOING)
    )
    going = session.exec(query.order_by(col(IssueRow.id))).all()
    if going:
        name, state = going[0]
        ref = f"{list_name}/{name}"
        others = f", and {len(going) - 1} more on their way" if len(going) > 1 else ""
        raise ConflictError(
            f"{ref} is {state}{others}: let it be sent, or end it with "
            f"`newsletter issues cancel {ref}`; then the list can end"
        )


def end(session: Session, list_name: str, now: dt.datetime, by: str) -> int | None:
    """Ends a list; how many mails in the outbox are skipped for it, or None if it had ended.

    Issues that wait for their moment lose it; drafts stay as they are. Wishes to join stay, too,
    until they are forgotten: their links are refused while the list has ended.

    Raises:
        NotFoundError: there is no such list.
        ConflictError: an issue of it is on its way.
    """
    _lock(session, list_name)
    if _row(session, list_name) is not None:
        return None
    refuse_going(session, list_name)
    session.add(EndingRow(list_name=list_name, at=seconds(now), by=by))
    session.connection().execute(
        delete(SlotRow).where(
            col(SlotRow.list_name) == list_name, col(SlotRow.state).in_(_NOT_BEGUN)
        )
    )
    waiting = waiting_mails(session, list_name)
    outbox.skip(session, waiting, SKIPPED)
    session.flush()
    return len(waiting)


def waiting_mails(session: Session, list_name: str) -> list[int]:
    """The mails in the outbox that the end of a list would skip. That of somebody whose address is
    to be another goes all the same."""
    moves = exists().where(
        col(ConfirmationRow.list_name) == list_name,
        col(ConfirmationRow.address_key) == col(MailRow.address_key),
        col(ConfirmationRow.kind) == WishKind.MOVE,
        col(ConfirmationRow.open_key).is_not(None),
    )
    query = select(MailRow.id).where(
        MailRow.list_name == list_name,
        col(MailRow.kind).in_(_MAILS),
        col(MailRow.state).in_(outbox.OPEN),
        ~((col(MailRow.kind) == MailKind.CONFIRMATION) & moves),
    )
    return [number for number in session.exec(query) if number is not None]


def reopen(session: Session, list_name: str, now: dt.datetime, by: str) -> bool:
    """Lets a list go on, from its next moment; False if it had not ended.

    Raises:
        NotFoundError: there is no such list.
    """
    _lock(session, list_name)
    row = _row(session, list_name)
    if row is None:
        return False
    row.reopened_at, row.reopened_by = seconds(now), by
    session.add(row)
    session.flush()
    return True


def reopening(session: Session, list_name: str) -> Reopening | None:
    """When a list was last opened again, and by whose word; None if it never was."""
    query = select(EndingRow.reopened_at, EndingRow.reopened_by).where(
        EndingRow.list_name == list_name, col(EndingRow.reopened_at).is_not(None)
    )
    found = session.exec(query.order_by(col(EndingRow.reopened_at).desc()).limit(1)).first()
    return None if found is None else Reopening(instant(found[0] or 0), found[1])


def _row(session: Session, list_name: str) -> EndingRow | None:
    query = select(EndingRow).where(
        EndingRow.list_name == list_name, col(EndingRow.reopened_at).is_(None)
    )
    return session.exec(query.execution_options(populate_existing=True)).first()


def _lock(session: Session, list_name: str) -> None:
    query = select(ListRow.name).where(ListRow.name == list_name).with_for_update()
    if session.exec(query).first() is None:
        raise NotFoundError(f"there is no list {list_name!r}: `newsletter lists show` names them")
