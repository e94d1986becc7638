"""Mails of the outbox as people look at them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from newsletter.errors import NotFoundError
from newsletter.store.deliveries import Attempt, attempt_of
from newsletter.store.instants import instant, maybe_instant
from newsletter.store.outbox import MailKind
from newsletter.store.tables import MailAttemptRow, MailRow
from newsletter.store.values import DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class MailView:
    """A mail without its content, and what relays said of it; the latest attempt last."""

    id: int
    kind: MailKind
    list_name: str
    to: str
    subject: str
    state: DeliveryState
    reason: str
    created_at: dt.datetime
    attempts: int
    first_at: dt.datetime | None
    last_at: dt.datetime | None
    due_at: dt.datetime | None
    relay: str
    stage: str
    code: int
    enhanced: str
    text: str
    sender: str
    history: tuple[Attempt, ...] = ()


def mails(
    session: Session,
    *,
    state: DeliveryState | None = None,
    kind: MailKind | None = None,
    limit: int = 200,
) -> tuple[MailView, ...]:
    """The latest mails, newest first, without their history. Those in doubt are with those that
    are being sent, for a dead sender's may be among these."""
    query = select(MailRow).options(defer(MailRow.content))  # type: ignore[arg-type]  # a column
    if state is not None:
        sending, doubtful = DeliveryState.SENDING, DeliveryState.IN_DOUBT
        asked = (doubtful, sending) if state is doubtful else (state,)
        query = query.where(col(MailRow.state).in_(asked))
    if kind is not None:
        query = query.where(MailRow.kind == kind)
    rows = session.exec(query.order_by(col(MailRow.id).desc()).limit(limit))
    return tuple(_view(row) for row in rows)


def mail(session: Session, mail_id: int) -> MailView:
    """One mail with its history.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = session.get(MailRow, mail_id)
    if row is None:
        raise NotFoundError(
            f"there is no mail with the id {mail_id} in the outbox: `newsletter outbox` shows "
            "those there are"
        )
    query = select(MailAttemptRow).where(MailAttemptRow.mail_id == mail_id)
    attempts = session.exec(query.order_by(col(MailAttemptRow.id)))
    return _view(row, [attempt_of(found) for found in attempts])


def _view(row: MailRow, history: Sequence[Attempt] = ()) -> MailView:
    return MailView(
        id=row.id or 0,
        kind=MailKind(row.kind),
        list_name=row.list_name,
        to=row.address,
        subject=row.subject,
        state=DeliveryState(row.state),
        reason=row.reason,
        created_at=instant(row.created_at),
        attempts=row.attempts,
        first_at=maybe_instant(row.first_at),
        last_at=maybe_instant(row.last_at),
        due_at=maybe_instant(row.due_at or None),
        relay=row.relay,
        stage=row.stage,
        code=row.code,
        enhanced=row.enhanced,
        text=row.text,
        sender=row.sender,
        history=tuple(history),
    )
