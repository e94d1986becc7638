"""Deliveries as people look at them: where each is, what was fixed, and what relays answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from newsletter.addresses import address_key
from newsletter.errors import NotFoundError
from newsletter.store.instants import instant, maybe_instant, seconds
from newsletter.store.tables import AttemptRow, DeliveryRow, MailAttemptRow, SubscriberRow
from newsletter.store.values import DeliveryState, Fixed


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An SMTP transaction and what the relay said; `state` is what the delivery became by it."""

    at: dt.datetime
    state: DeliveryState
    relay: str
    stage: str
    code: int
    enhanced: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """A delivery and all that is known of it.

    `address` is where it went or, before its first attempt, would go now. `attempts` counts SMTP
    transactions; `history` has them, the latest last, when asked for a single delivery.
    """

    id: int
    issue_id: int
    subscriber_id: int
    address: str
    domain: str
    state: DeliveryState
    reason: str
    fixed: Fixed | None
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


def deliveries(
    session: Session,
    issue_id: int,
    *,
    state: DeliveryState | None = None,
    domain: str | None = None,
    address: str | None = None,
) -> Iterator[DeliveryView]:
    """The deliveries of an issue, by id, one at a time; without their history."""
    query = _query().where(DeliveryRow.issue_id == issue_id).order_by(col(DeliveryRow.id))
    if state is not None:
        query = query.where(DeliveryRow.state == state)
    if domain is not None:
        query = query.where(DeliveryRow.domain == domain.lower())
    if address is not None:
        query = query.where(SubscriberRow.address_key == address_key(address))
    # Rows leave the session as they are read: a million of them take no more room than a thousand.
    for row, current in session.exec(query.execution_options(yield_per=1000)):
        yield _view(row, current, ())
        session.expunge(row)


def delivery(session: Session, delivery_id: int) -> DeliveryView:
    """One delivery with its history.

    Raises:
        NotFoundError: there is none of that id.
    """
    found = session.exec(_query().where(DeliveryRow.id == delivery_id)).first()
    if found is None:
        raise NotFoundError(f"there is no delivery with the id {delivery_id}")
    row, current = found
    return _view(row, current, _history(session, delivery_id))


def delivery_for(session: Session, issue_id: int, address: str) -> DeliveryView | None:
    """The delivery of an issue to the person with that address now, with its history."""
    query = _query().where(
        DeliveryRow.issue_id == issue_id, SubscriberRow.address_key == address_key(address)
    )
    found = session.exec(query).first()
    if found is None:
        return None
    row, current = found
    return _view(row, current, _history(session, row.id or 0))


def waiting(session: Session, issue_id: int, *, most: int, now: dt.datetime | None = None) -> int:
    """How many deliveries of an issue are queued or deferred, counted up to `most`; with `now`,
    those that may be tried by then."""
    rows = select(DeliveryRow.id).where(
        DeliveryRow.issue_id == issue_id,
        col(DeliveryRow.state).in_((DeliveryState.QUEUED, DeliveryState.DEFERRED)),
    )
    if now is not None:
        rows = rows.where(DeliveryRow.due_at <= seconds(now))
    return session.exec(select(func.count()).select_from(rows.limit(most).subquery())).one()


def _query() -> Any:
    return select(DeliveryRow, SubscriberRow.address).join(
        SubscriberRow, col(SubscriberRow.id) == DeliveryRow.subscriber_id
    )


def _history(session: Session, delivery_id: int) -> tuple[Attempt, ...]:
    rows = session.exec(
        select(AttemptRow).where(AttemptRow.delivery_id == delivery_id).order_by(col(AttemptRow.id))
    )
    return tuple(map(attempt_of, rows))


def attempt_of(row: AttemptRow | MailAttemptRow) -> Attempt:
    """The attempt that a row is about."""
    return Attempt(
        at=instant(row.at),
        state=DeliveryState(row.state),
        relay=row.relay,
        stage=row.stage,
        code=row.code,
        enhanced=row.enhanced,
        text=row.text,
    )


def _view(row: DeliveryRow, current: str, history: Sequence[Attempt]) -> DeliveryView:
    return DeliveryView(
        id=row.id or 0,
        issue_id=row.issue_id,
        subscriber_id=row.subscriber_id,
        address=row.address or current,
        domain=row.domain,
        state=DeliveryState(row.state),
        reason=row.reason,
        fixed=_fixed(row),
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


def _fixed(row: DeliveryRow) -> Fixed | None:
    if (
        row.edition_id is None
        or row.address is None
        or row.preferences_id is None
        or row.message_id is None
        or row.date is None
        or row.key_id is None
        or row.encoding is None
    ):
        return None
    return Fixed(
        edition=row.edition_id,
        address=row.address,
        preferences_id=row.preferences_id,
        message_id=row.message_id,
        date=instant(row.date),
        key_id=row.key_id,
        encoding=row.encoding,
    )
