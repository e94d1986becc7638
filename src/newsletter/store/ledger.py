"""The hot path of delivery: what is due, and the one group commit that all connections share.

Raw SQL on the driver's own cursor, so that a message costs a few microseconds here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

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
from newsletter.store.direct import Within, on_driver, spelt
from newsletter.store.grouped import each
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
    cursor, dialect = on_driver(session)
    values = {"issue": issue_id, "now": seconds(now), "limit": limit, "after": after}
    cursor.execute(spelt(sql.DUE_CANARY if canary else sql.DUE, dialect), values)
    return [_due(*row) for row in cursor.fetchall()]


def commit(
    within: Within, outcomes: Sequence[Outcome], claims: Sequence[Claim], *, sender: str
) -> frozenset[int]:
    """Records how attempts ended, then claims the next; the ids that were truly claimed.

    An outcome counts only for a row that this sender is sending. A claim is granted only while
    the row is queued or deferred, its issue is going out, and its reader is active, not paused and
    not suppressed; a row whose reader is not is skipped for that reason. Nothing is granted
    before the transaction of `within` has been committed. An outcome of a delivery that is claimed
    beside it ends that claim at once, if it is granted.
    """
    claimed = {claim.delivery_id for claim in claims}
    if outcomes:
        _record(within, [one for one in outcomes if one.delivery_id not in claimed], sender)
    if not claims:
        return frozenset()
    plans = {(c.fixed.edition, c.fixed.preferences_id): c.plan for c in claims if c.plan}
    each(within, sql.PLAN, sql.PLAN_NAMES, [(*key, body) for key, body in plans.items()])
    # A pause ends by the list's own calendar, which is at most a day ahead of UTC; the pause itself
    # has skipped the rows that were there.
    day = max(claim.at for claim in claims).date() + dt.timedelta(days=1)
    tomorrow = day if on_driver(within).dialect == "postgresql" else day.isoformat()
    rows = [_claim(claim, sender, tomorrow) for claim in claims]
    held = each(within, sql.CLAIM, sql.CLAIM_NAMES, rows)
    granted = frozenset([row[0] for row, ours in zip(rows, held, strict=True) if ours])
    if len(granted) < len(rows):
        why = (Skip.SUPPRESSED, Skip.PAUSED, Skip.LEFT)
        refused = [(row[0], *why) for row in rows if row[0] not in granted]
        each(within, sql.REFUSED, sql.REFUSED_NAMES, refused)
    if ended := [one for one in outcomes if one.delivery_id in granted]:
        _record(within, ended, sender)
    return granted


def skip(within: Within, delivery_ids: Iterable[int], reason: str) -> None:
    """Skips those of the deliveries that are queued or deferred."""
    each(within, sql.SKIP, sql.SKIP_NAMES, [(number, str(reason)) for number in delivery_ids])


def set_aside(within: Within, waiting: Sequence[tuple[int, str, dt.datetime, dt.datetime]]) -> None:
    """Lets those of the deliveries wait that are queued or deferred, without an attempt.

    Each is an id, a reason, when that was decided, and when it may be tried.
    """
    rows = [(number, reason, seconds(at), seconds(due)) for number, reason, at, due in waiting]
    each(within, sql.SET_ASIDE, sql.ASIDE_NAMES, rows)


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
    rows = [_outcome(outcome, sender) for outcome in outcomes]
    recorded = each(within, sql.OUTCOME, sql.OUTCOME_NAMES, rows)
    unsent = [
        row[: len(sql.ATTEMPT_NAMES)]
        for row, ours in zip(rows, recorded, strict=True)
        if ours and row[1] != DeliveryState.SENT
    ]
    if unsent:
        each(within, sql.ATTEMPT, sql.ATTEMPT_NAMES, unsent)


def _outcome(outcome: Outcome, sender: str) -> tuple[Any, ...]:
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
        sender,
    )


def _claim(claim: Claim, sender: str, tomorrow: dt.date | str) -> tuple[Any, ...]:
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
        sender,
        tomorrow,
    )


def storable(reply: str) -> str:
    """A server's words without what PostgreSQL cannot keep: NUL and lone surrogates."""
    return reply.replace("\0", "").encode("utf-8", "replace").decode()


def _due(
    delivery: int,
    subscriber: int,
    address: str,
    preferences: int,
    attempts: int,
    first_at: int | None,
    edition: int,
    message_id: str | None,
    date: int,
    key_id: str,
    encoding: str,
) -> Due:
    fixed = None
    if message_id is not None:
        when = instant(date)
        fixed = Fixed(edition, address, preferences, message_id, when, key_id, encoding)
    since = None if first_at is None else instant(first_at)
    return Due(delivery, subscriber, address, preferences, attempts, fixed, since)
