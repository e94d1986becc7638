"""Mails of the outbox in doubt, settled by somebody who knows what became of them."""

from __future__ import annotations

import datetime as dt

from sqlmodel import Session, col, update

from newsletter.errors import ConflictError
from newsletter.store.doubts import SAID, Alive, as_they_are, by_hand
from newsletter.store.outbox_views import MailView, mail
from newsletter.store.tables import MailAttemptRow, MailRow
from newsletter.store.values import DeliveryState


def settle(
    session: Session,
    mail_id: int,
    *,
    arrived: bool,
    alive: Alive,
    now: dt.datetime,
) -> MailView:
    """Ends the doubt about one mail: it is sent, or queued to repeat the same bytes. What was
    decided stands in its history.

    Raises:
        NotFoundError: there is none of that id.
        ConflictError: it is not in doubt.
    """
    (found,) = as_they_are([mail(session, mail_id)], alive)
    if found.state is not DeliveryState.IN_DOUBT:
        raise ConflictError(f"mail {mail_id} to {found.to} is not in doubt: it is {found.state}")
    state = DeliveryState.SENT if arrived else DeliveryState.QUEUED
    changed = session.connection().execute(
        update(MailRow)
        .where(
            col(MailRow.id) == mail_id,
            col(MailRow.state).in_((DeliveryState.IN_DOUBT, DeliveryState.SENDING)),
            # Another sender may have taken it up since.
            col(MailRow.sender) == found.sender,
        )
        .values(state=state, reason=SAID[state], due_at=0)
    )
    session.expire_all()
    if changed.rowcount != 1:
        raise ConflictError(f"mail {mail_id} to {found.to} was taken up just now: look again")
    session.add(by_hand(MailAttemptRow, state, now, mail_id=mail_id))
    session.flush()
    return mail(session, mail_id)
