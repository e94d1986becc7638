"""Readers whose message failed, queued again by somebody who has mended why."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, func
from sqlmodel import Session, col, select, update

from newsletter.addresses import address_key
from newsletter.errors import ConflictError
from newsletter.store.breaker import Standing
from newsletter.store.endings import refuse_ended
from newsletter.store.ignoring import insert_new
from newsletter.store.instants import seconds
from newsletter.store.steering import locked
from newsletter.store.tables import (
    AccusationRow,
    AttemptRow,
    DeliveryRow,
    IssueRow,
    SubscriberRow,
    SubscriptionRow,
    SuppressionRow,
)
from newsletter.store.values import DeliveryState, IssueState, SubscriptionState

CHUNK = 5_000
"""Rows that are queued again in one transaction."""

SAID = "queued again by hand"

_OPEN = (IssueState.SENDING, IssueState.PAUSED, IssueState.SENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """The failed deliveries that are meant; what is empty says nothing. `code` is a reply code
    (`550`) or an enhanced one (`5.7.1`), `words` stand somewhere in the reason or the reply."""

    domain: str = ""
    code: str = ""
    words: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Numbers of readers whose message failed: `again` may be tried again, `away` have left the
    list, paused or are suppressed, `held` wait for what `bounces review` asks."""

    again: int
    away: int
    held: int


def found(session: Session, issue_id: int, which: Which, today: dt.date) -> Found:
    """Whom `queue_again` would queue, and whom it lets be; `today` is the list's."""
    meant, there, held = _meant(issue_id, which), _there(today), _held()
    return Found(
        again=_number(session, meant & there & ~held),
        away=_number(session, meant & ~there),
        held=_number(session, meant & there & held),
    )


def queue_again(
    session: Session, issue_id: int, which: Which, now: dt.datetime, today: dt.date
) -> int:
    """Queues the next `CHUNK` of the failed that are meant, to repeat the same bytes; how many.

    An issue that had ended goes out again. Nobody who left, paused or is suppressed is touched,
    and no delivery but a failed one. What was decided stands in the history of each.

    Raises:
        EndedError: its list has ended.
        ConflictError: the issue is a draft, has no rows yet, or is cancelled.
    """
    row = locked(session, issue_id)
    if row.state not in _OPEN:
        raise ConflictError(f"{row.list_name}/{row.name} is {row.state}: nothing of it has failed")
    refuse_ended(session, row.list_name)
    # What a sender at work has failed anew since is not for this command to try again.
    before = func.coalesce(col(DeliveryRow.last_at), 0) <= seconds(now)
    wanted = _meant(issue_id, which) & _there(today) & ~_held() & before
    ids = session.exec(
        select(DeliveryRow.id).where(wanted).order_by(col(DeliveryRow.id)).limit(CHUNK)
    ).all()
    if not ids:
        return 0
    insert_new(session, AttemptRow, [_attempt(number or 0, now) for number in ids])
    session.connection().execute(
        update(DeliveryRow)
        .where(col(DeliveryRow.id).in_(ids), col(DeliveryRow.state) == DeliveryState.FAILED)
        .values(state=DeliveryState.QUEUED, reason=SAID, due_at=0)
    )
    if row.state == IssueState.SENT:
        row.state, row.finished_at = IssueState.SENDING, None
        session.add(row)
        session.flush()
    return len(ids)


def _meant(issue_id: int, which: Which) -> ColumnElement[bool]:
    wanted = (col(DeliveryRow.issue_id) == issue_id) & (
        col(DeliveryRow.state) == DeliveryState.FAILED
    )
    if which.domain:
        wanted &= col(DeliveryRow.domain) == which.domain.lower()
    if which.code:
        number = int(which.code) if which.code.isascii() and which.code.isdigit() else None
        field = col(DeliveryRow.enhanced) == which.code
        wanted &= field if number is None else col(DeliveryRow.code) == number
    if which.words:
        said = func.lower(col(DeliveryRow.reason) + " " + col(DeliveryRow.text))
        wanted &= said.contains(which.words.lower(), autoescape=True)
    if which.address:
        wanted &= exists().where(
            col(SubscriberRow.id) == col(DeliveryRow.subscriber_id),
            col(SubscriberRow.address_key) == address_key(which.address),
        )
    return wanted


def _there(today: dt.date) -> ColumnElement[bool]:
    """That the reader is on the list, has not paused it, and may be mailed."""
    suppressed = exists().where(
        col(SubscriberRow.id) == col(DeliveryRow.subscriber_id),
        col(SuppressionRow.address_key) == col(SubscriberRow.address_key),
    )
    until = col(SubscriptionRow.paused_until)
    active = exists().where(
        col(IssueRow.id) == col(DeliveryRow.issue_id),
        col(SubscriptionRow.list_name) == col(IssueRow.list_name),
        col(SubscriptionRow.subscriber_id) == col(DeliveryRow.subscriber_id),
        col(SubscriptionRow.state) == SubscriptionState.ACTIVE,
        until.is_(None) | (until <= today),
    )
    return active & ~suppressed


def _held() -> ColumnElement[bool]:
    """That the breaker asks what to do about the address."""
    return exists().where(
        col(AccusationRow.delivery_id) == col(DeliveryRow.id),
        col(AccusationRow.standing) == Standing.HELD,
    )


def _number(session: Session, wanted: ColumnElement[bool]) -> int:
    return session.exec(select(func.count()).select_from(DeliveryRow).where(wanted)).one()


def _attempt(delivery_id: int, now: dt.datetime) -> dict[str, Any]:
    return {
        "delivery_id": delivery_id,
        "at": seconds(now),
        "state": DeliveryState.QUEUED.value,
        "relay": "",
        "stage": "",
        "code": 0,
        "enhanced": "",
        "text": SAID,
    }
