"""Mails of the outbox in doubt: shown as what they are, and settled by somebody who knows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache

from sqlmodel import Session, col, update

from newsletter.errors import ConflictError
from newsletter.store.instants import seconds
from newsletter.store.outbox import LOST
from newsletter.store.outbox_views import MailView, mail
from newsletter.store.tables import MailAttemptRow, MailRow
from newsletter.store.values import DeliveryState

_SAID = {
    DeliveryState.SENT: "settled by hand: it arrived",
    DeliveryState.QUEUED: "settled by hand: sent again",
}


def as_they_are(found: Iterable[MailView], alive: Callable[[str], bool]) -> Iterator[MailView]:
    """The same, but what a dead sender left in `sending` is in doubt, whatever its row says yet."""
    known = cache(alive)
    for view in found:
        if view.state is DeliveryState.SENDING and not known(view.sender):
            yield replace(view, state=DeliveryState.IN_DOUBT, reason=LOST)
        else:
            yield view


def settle(
    session: Session,
    mail_id: int,
    *,
    arrived: bool,
    alive: Callable[[str], bool],
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
        .values(state=state, reason=_SAID[state], due_at=0)
    )
    session.expire_all()
    if changed.rowcount != 1:
        raise ConflictError(f"mail {mail_id} to {found.to} was taken up just now: look again")
    session.add(
        MailAttemptRow(
            mail_id=mail_id,
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
    return mail(session, mail_id)
