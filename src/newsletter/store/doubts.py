"""Deliveries in doubt, settled by somebody who knows, or has decided, what became of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import TypeVar

from sqlmodel import Session, col, update

from newsletter.errors import ConflictError, NotFoundError
from newsletter.store.deliveries import DeliveryView, deliveries, delivery, delivery_for
from newsletter.store.instants import seconds
from newsletter.store.issues import issue_by_id
from newsletter.store.outbox import LOST
from newsletter.store.outbox_views import MailView
from newsletter.store.tables import AttemptRow, DeliveryRow, MailAttemptRow
from newsletter.store.values import DeliveryState, IssueState

SAID = {
    DeliveryState.IN_DOUBT: LOST,
    DeliveryState.SENT: "settled by hand: it arrived",
    DeliveryState.QUEUED: "settled by hand: sent again",
}
"""Why somebody's message is in each of these states, once they were in doubt."""

Alive = Callable[[str], bool]
"""Whether the sender of that name still holds its issue."""

View = TypeVar("View", DeliveryView, MailView)
Attempted = TypeVar("Attempted", AttemptRow, MailAttemptRow)


def left_behind(session: Session, issue_id: int, alive: Alive) -> tuple[DeliveryView, ...]:
    """What dead senders left in `sending`: in doubt, and not found yet by another sender."""
    rows = tuple(deliveries(session, issue_id, state=DeliveryState.SENDING))
    living = {name for name in {row.sender for row in rows} if alive(name)}
    return tuple(row for row in rows if row.sender not in living)


def as_they_are(rows: Iterable[View], alive: Alive) -> Iterator[View]:
    """The same, but what a dead sender left in `sending` is in doubt, whatever its row says yet."""
    known = cache(alive)
    for row in rows:
        if row.state is DeliveryState.SENDING and not known(row.sender):
            yield replace(row, state=DeliveryState.IN_DOUBT, reason=LOST)
        else:
            yield row


def settle(
    session: Session,
    issue_id: int,
    address: str,
    *,
    arrived: bool,
    alive: Alive,
    now: dt.datetime,
) -> DeliveryView:
    """Ends the doubt about one delivery: it is sent, or queued to repeat the same bytes.

    What was decided stands in its history. What a dead sender left is in doubt, too.

    Raises:
        NotFoundError: the issue has no message for that address.
        ConflictError: it is not in doubt, or is to be sent again and the issue is cancelled.
    """
    found = delivery_for(session, issue_id, address)
    issue = issue_by_id(session, issue_id)
    if found is None:
        raise NotFoundError(
            f"{issue.ref} has no message for {address}: `newsletter deliveries {issue.ref}` shows "
            "whom it is for"
        )
    if not arrived and issue.state is IssueState.CANCELLED:
        raise ConflictError(f"{issue.ref} is cancelled: nothing of it is sent again")
    if found.state is DeliveryState.SENDING and not alive(found.sender):
        _become(session, found, DeliveryState.SENDING, DeliveryState.IN_DOUBT, now)
    state = DeliveryState.SENT if arrived else DeliveryState.QUEUED
    if not _become(session, found, DeliveryState.IN_DOUBT, state, now):
        raise ConflictError(f"{found.address} is not in doubt: their message is {found.state}")
    return delivery(session, found.id)


def _become(
    session: Session,
    found: DeliveryView,
    before: DeliveryState,
    after: DeliveryState,
    now: dt.datetime,
) -> bool:
    """Whether it was as it was found, and is changed, which stands in its history."""
    changed = session.connection().execute(
        update(DeliveryRow)
        .where(
            col(DeliveryRow.id) == found.id,
            col(DeliveryRow.state) == before,
            # Another sender may have taken it up since.
            col(DeliveryRow.sender) == found.sender,
        )
        .values(state=after, reason=SAID[after], due_at=0)
    )
    session.expire_all()
    if changed.rowcount != 1:
        return False
    session.add(by_hand(AttemptRow, after, now, delivery_id=found.id))
    session.flush()
    return True


def by_hand(
    kind: type[Attempted], state: DeliveryState, now: dt.datetime, **whose: int
) -> Attempted:
    """The line in the history of a message whose doubt is ended; no relay was asked."""
    return kind(
        at=seconds(now),
        state=state,
        relay="",
        stage="",
        code=0,
        enhanced="",
        text=SAID[state],
        **whose,
    )
