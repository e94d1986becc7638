"""The hot path of delivery: what is due, and the one group commit that all connections share.

Raw SQL, and one statement for a whole group, so that a message costs a few microseconds here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from newsletter.content.mailinglist import InDoubt
from newsletter.store import ledger_sql as sql
from newsletter.store.deliveries import (
    Attempt,
    DeliveryView,
    deliveries,
    delivery,
    delivery_for,
)
from newsletter.store.direct import Within, on_driver
from newsletter.store.instants import instant, seconds
from newsletter.store.values import Claim, DeliveryState, Due, Fixed, Outcome, Skip

__all__ = [
    "Attempt",
    "DeliveryView",
    "abandon",
    "commit",
    "deliveries",
    "delivery",
    "delivery_for",
    "due",
    "set_aside",
    "skip",
    "storable",
]


def due(
    session: Session,
    issue_id: int,
    *,
    now: dt.datetime,
    limit: int,
    after: int = 0,
    canary: bool = False,
) -> list[Due]:
    """The next `limit` deliveries with an id above `after` that may be sent now, by id.

    Before its first attempt a delivery has its reader's present address and preferences; after
    it, the facts that were fixed then. With `canary`, only the few who go first.
    """
    values = {"issue": issue_id, "now": seconds(now), "limit": limit, "after": after}
    statement = sql.DUE_CANARY if canary else sql.DUE
    return [_due(row) for row in session.connection().execute(statement, values)]


def commit(
    within: Within, outcomes: Sequence[Outcome], claims: Sequence[Claim], *, sender: str
) -> frozenset[int]:
    """Records how attempts ended, then claims the next; the ids that were truly claimed.

    An outcome counts only for a row that this sender is sending. A claim is granted only while
    the row is queued or deferred, its issue is going out, and its reader is active, not paused and
    not suppressed; a row whose reader is not is skipped for that reason. Nothing is granted
    before the transaction of `within` has been committed.
    """
    if outcomes:
        _record(within, outcomes, sender)
    if not claims:
        return frozenset()
    plans = {(c.fixed.edition, c.fixed.preferences_id): c.plan for c in claims}
    sql.run(within, sql.PLANS, sql.PLAN_FIELDS, [(*key, body) for key, body in plans.items()])
    # A pause ends by the list's own calendar, which is at most a day ahead of UTC; the pause itself
    # has skipped the rows that were there.
    tomorrow = max(claim.at for claim in claims).date() + dt.timedelta(days=1)
    values = {"sender": sender, "tomorrow": tomorrow.isoformat()}
    if on_driver(within).dialect == "postgresql":
        values["tomorrow"] = tomorrow  # type: ignore[assignment]  # a date there, text on SQLite
    granted = frozenset(
        row[0]
        for row in sql.run(
            within, sql.CLAIMS, sql.CLAIM_FIELDS, list(map(_claim, claims)), **values
        )
    )
    refused = [(c.delivery_id,) for c in claims if c.delivery_id not in granted]
    if refused:
        reasons = {"suppressed": Skip.SUPPRESSED, "paused": Skip.PAUSED, "gone": Skip.LEFT}
        sql.run(within, sql.REFUSED, sql.IDS, refused, **reasons)
    return granted


def skip(within: Within, delivery_ids: Iterable[int], reason: str) -> None:
    """Skips those of the deliveries that are queued or deferred."""
    sql.run(within, sql.SKIP, sql.IDS, [(number,) for number in delivery_ids], reason=str(reason))


def set_aside(within: Within, waiting: Sequence[tuple[int, str, dt.datetime, dt.datetime]]) -> None:
    """Lets those of the deliveries wait that are queued or deferred, without an attempt.

    Each is an id, a reason, when that was decided, and when it may be tried.
    """
    if waiting:
        rows = [(number, reason, seconds(at), seconds(due)) for number, reason, at, due in waiting]
        sql.run(within, sql.SET_ASIDE, sql.ASIDE_FIELDS, rows)


def abandon(
    session: Session,
    issue_id: int,
    alive: Callable[[str], bool],
    policy: InDoubt,
    now: dt.datetime,
) -> tuple[int, ...]:
    """Finds what dead senders left in `sending`; the ids of those deliveries.

    Each is in doubt. By the policy RESEND it is queued again, to repeat the same bytes; either
    way the lost attempt stays on record.
    """
    connection = session.connection()
    state = DeliveryState.QUEUED if policy is InDoubt.RESEND else DeliveryState.IN_DOUBT
    found: list[int] = []
    for sender in connection.execute(sql.SENDERS, {"issue": issue_id}).scalars().all():
        if not alive(sender):
            values = {"issue": issue_id, "sender": sender, "state": state, "now": seconds(now)}
            found += connection.execute(sql.ABANDON, values).scalars()
    if found:
        connection.execute(sql.LOST, [{"id": number, "now": seconds(now)} for number in found])
    return tuple(sorted(found))


def _record(within: Within, outcomes: Sequence[Outcome], sender: str) -> None:
    rows = {outcome.delivery_id: _outcome(outcome) for outcome in outcomes}
    found = sql.run(within, sql.OUTCOMES, sql.OUTCOME_FIELDS, list(rows.values()), sender=sender)
    recorded = [rows[row[0]] for row in found]
    unsent = [row for row in recorded if row[1] != DeliveryState.SENT]
    if unsent:
        sql.run(within, sql.ATTEMPTS, sql.OUTCOME_FIELDS, unsent)


def _outcome(outcome: Outcome) -> tuple[Any, ...]:
    return (
        outcome.delivery_id,
        outcome.state,
        seconds(outcome.at),
        outcome.relay,
        outcome.stage,
        outcome.code,
        outcome.enhanced,
        storable(outcome.text),
        outcome.reason,
        seconds(outcome.due) if outcome.due else 0,
    )


def _claim(claim: Claim) -> tuple[Any, ...]:
    fixed = claim.fixed
    return (
        claim.delivery_id,
        fixed.edition,
        fixed.address,
        fixed.preferences_id,
        fixed.message_id,
        seconds(fixed.date),
        fixed.key_id,
        fixed.encoding,
        seconds(claim.at),
    )


def storable(reply: str) -> str:
    """A server's words without what PostgreSQL cannot keep: NUL and lone surrogates."""
    return reply.replace("\0", "").encode("utf-8", "replace").decode()


def _due(row: Row[Any]) -> Due:
    fixed = None
    if row.message_id is not None:
        fixed = Fixed(
            edition=row.edition_id,
            address=row.address,
            preferences_id=row.preferences_id,
            message_id=row.message_id,
            date=instant(row.date),
            key_id=row.key_id,
            encoding=row.encoding,
        )
    return Due(
        delivery_id=row.id,
        subscriber_id=row.subscriber_id,
        address=row.address,
        preferences_id=row.preferences_id,
        attempts=row.attempts,
        fixed=fixed,
        since=None if row.first_at is None else instant(row.first_at),
    )
