"""Deliveries in doubt, settled by somebody who knows, or has decided, what became of them."""

from __future__ import annotations

import datetime as dt

from sqlmodel import Session, col, update

from newsletter.errors import ConflictError, NotFoundError
from newsletter.store.deliveries import DeliveryView, delivery, delivery_for
from newsletter.store.instants import seconds
from newsletter.store.issues import issue_by_id
from newsletter.store.tables import AttemptRow, DeliveryRow
from newsletter.store.values import DeliveryState, IssueState

_SAID = {
    DeliveryState.SENT: "settled by hand: it arrived",
    DeliveryState.QUEUED: "settled by hand: sent again",
}


def settle(
    session: Session, issue_id: int, address: str, *, arrived: bool, now: dt.datetime
) -> DeliveryView:
    """Ends the doubt about one delivery: it is sent, or queued to repeat the same bytes.

    What was decided stands in its history.

    Raises:
        NotFoundError: the issue has no message for that address.
        ConflictError: it is not in doubt, or is to be sent again and the issue is cancelled.
    """
    found = delivery_for(session, issue_id, address)
    issue = issue_by_id(session, issue_id)
    if found is None:
        raise NotFoundError(f"{issue.ref} has no message for {address}")
    if not arrived and issue.state is IssueState.CANCELLED:
        raise ConflictError(f"{issue.ref} is cancelled: nothing of it is sent again")
    state = DeliveryState.SENT if arrived else DeliveryState.QUEUED
    if not _settled(session, found.id, state):
        raise ConflictError(f"{found.address} is not in doubt: their message is {found.state}")
    session.add(
        AttemptRow(
            delivery_id=found.id,
            at=seconds(now),
            state=state,
            relay="",
            stage="",
            code=0,
            enhanced="",
            text=_SAID[state],
        )
    )
    session.flush()
    return delivery(session, found.id)


def _settled(session: Session, delivery_id: int, state: DeliveryState) -> bool:
    changed = session.connection().execute(
        update(DeliveryRow)
        .where(col(DeliveryRow.id) == delivery_id, col(DeliveryRow.state) == DeliveryState.IN_DOUBT)
        .values(state=state, reason=_SAID[state], due_at=0)
    )
    session.expire_all()
    return changed.rowcount == 1
