"""The canary: a random few get an issue first, and the rest only if it goes well with them.

`wanted → drawn → holding → passed`. Each step is a stored fact, so a restart goes on from there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func
from sqlmodel import Session, col, select

from newsletter.errors import ConflictError
from newsletter.store.canary_tables import CanaryDeliveryRow, CanaryRow
from newsletter.store.ignoring import insert_new
from newsletter.store.instants import maybe_instant, seconds
from newsletter.store.tables import DeliveryRow
from newsletter.store.values import DeliveryState


class CanaryState(StrEnum):
    """How far a canary is; until it has PASSED nobody else gets the issue."""

    WANTED = "wanted"  # nobody is chosen yet
    DRAWN = "drawn"  # the few are being sent to
    HOLDING = "holding"  # they have it; bounces are waited for
    PASSED = "passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """`size` people first, then `hold` of waiting for what comes back, until `held_until`."""

    size: int
    hold: dt.timedelta
    state: CanaryState
    held_until: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fared:
    """How it went with the few: numbers of people. `left` have not been tried, or are just now."""

    sent: int = 0
    refused: int = 0
    bounced: int = 0
    left: int = 0

    @property
    def answered(self) -> int:
        """How many of the few have their answer."""
        return self.sent + self.refused + self.bounced


def want(session: Session, issue_id: int, size: int, hold: dt.timedelta) -> None:
    """Asks for a canary of `size`; one that is under way stays as it is.

    Raises:
        ConflictError: somebody has been sent the issue without one.
    """
    if session.get(CanaryRow, issue_id) is not None:
        return
    attempted = select(DeliveryRow.id).where(
        DeliveryRow.issue_id == issue_id, DeliveryRow.attempts > 0
    )
    if session.exec(attempted.limit(1)).first() is not None:
        raise ConflictError(
            "the issue is on its way already, and a canary can only go first: send it without "
            "--canary"
        )
    row = CanaryRow(
        issue_id=issue_id, size=size, hold=int(hold.total_seconds()), state=CanaryState.WANTED
    )
    session.add(row)
    session.flush()


def canary(session: Session, issue_id: int) -> Canary | None:
    """The canary of an issue, if one was asked for."""
    row = session.get(CanaryRow, issue_id, populate_existing=True)
    if row is None:
        return None
    return Canary(
        size=row.size,
        hold=dt.timedelta(seconds=row.hold),
        state=CanaryState(row.state),
        held_until=maybe_instant(row.held_until),
    )


def is_open(session: Session, issue_id: int) -> bool:
    """Whether only the few may get the issue now."""
    query = select(CanaryRow.state).where(CanaryRow.issue_id == issue_id)
    return session.exec(query).first() not in (None, CanaryState.PASSED)


def draw(session: Session, issue_id: int, chance: Callable[[], float], now: dt.datetime) -> None:
    """Chooses the few among those who may get it now; does nothing when they are chosen, or when
    it is nobody's hour yet.

    `chance` gives numbers from 0 up to 1, without it.
    """
    row = _row(session, issue_id)
    if row.state != CanaryState.WANTED:
        return
    waits = col(DeliveryRow.state) == DeliveryState.DEFERRED
    queued = select(DeliveryRow.id).where(
        DeliveryRow.issue_id == issue_id,
        (col(DeliveryRow.state) == DeliveryState.QUEUED)
        | (waits & (col(DeliveryRow.due_at) <= seconds(now))),
    )
    ids = (number or 0 for number in session.exec(queued.execution_options(yield_per=1000)))
    few = sample(ids, row.size, chance)
    if not few:
        return
    insert_new(
        session,
        CanaryDeliveryRow,
        [{"delivery_id": number, "issue_id": issue_id} for number in few],
    )
    _become(session, row, CanaryState.DRAWN)


def sample(ids: Iterable[int], size: int, chance: Callable[[], float]) -> list[int]:
    """`size` of `ids`, each as likely as any other, in one pass and room for `size` only
    (reservoir sampling: Vitter's algorithm R)."""
    chosen: list[int] = []
    for seen, number in enumerate(ids, 1):
        if len(chosen) < size:
            chosen.append(number)
        elif (at := int(chance() * seen)) < size:
            chosen[at] = number
    return chosen


def fared(session: Session, issue_id: int) -> Fared:
    """How it has gone with the few so far. Who is deferred or was skipped counts nowhere."""
    counts = dict(
        session.exec(
            select(DeliveryRow.state, func.count())
            .join(CanaryDeliveryRow, col(CanaryDeliveryRow.delivery_id) == DeliveryRow.id)
            .where(CanaryDeliveryRow.issue_id == issue_id)
            .group_by(col(DeliveryRow.state))
        ).all()
    )
    return Fared(
        sent=counts.get(DeliveryState.SENT, 0),
        refused=counts.get(DeliveryState.FAILED, 0),
        bounced=counts.get(DeliveryState.BOUNCED, 0),
        left=counts.get(DeliveryState.QUEUED, 0) + counts.get(DeliveryState.SENDING, 0),
    )


def is_drawn(session: Session, issue_id: int) -> bool:
    """Whether the few are chosen, and all others still wait for how it goes with them."""
    query = select(CanaryRow.state).where(CanaryRow.issue_id == issue_id)
    state = session.exec(query).first()
    return state in (CanaryState.DRAWN, CanaryState.HOLDING)


def begin_hold(session: Session, issue_id: int, now: dt.datetime) -> dt.datetime:
    """The few have been sent to: the instant until which to wait, settled the first time."""
    row = _row(session, issue_id)
    if row.held_until is None:
        row.held_until = seconds(now) + row.hold
        _become(session, row, CanaryState.HOLDING)
    return dt.datetime.fromtimestamp(row.held_until, dt.UTC)


def release(session: Session, issue_id: int) -> None:
    """Lets everybody else get the issue."""
    _become(session, _row(session, issue_id), CanaryState.PASSED)


def _row(session: Session, issue_id: int) -> CanaryRow:
    row = session.get(CanaryRow, issue_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise ConflictError(f"the issue with the id {issue_id} has no canary")
    return row


def _become(session: Session, row: CanaryRow, state: CanaryState) -> None:
    row.state = state
    session.add(row)
    session.flush()
