"""What came back by mail, recorded once each, and what it makes of deliveries and readers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, func, text
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from newsletter.addresses import address_key
from newsletter.errors import NotFoundError
from newsletter.replies import Judgement, Reply, Verdict
from newsletter.store.breaker import accuse
from newsletter.store.departures import leave
from newsletter.store.instants import instant, seconds
from newsletter.store.returners import Returner
from newsletter.store.suppressions import suppress
from newsletter.store.tables import DeliveryRow, FeedbackRow, IssueRow, SubscriberRow
from newsletter.store.values import DeliveryState, Way

MOST_KEPT = 64 * 1024
"""Octets that are kept of a report that could not be read."""

_SOFT = (
    Judgement.TRY_LATER.value,
    Judgement.RELAY_BUSY.value,
    Judgement.MAILBOX_FULL.value,
    Judgement.UNCLASSIFIED.value,
    "given up after",
)
"""What the reasons of deliveries begin with that count as soft bounces."""

_INSERT = text("""
INSERT INTO feedback (key, kind, delivery_id, subscriber_id, judgement, code, enhanced, text, at,
                      message, size)
VALUES (:key, :kind, :delivery, :subscriber, :judgement, :code, :enhanced, :text, :at, :message,
        :size)
ON CONFLICT DO NOTHING RETURNING id
""")
# Not a row that waits to be sent: it has not gone out, or goes out again.
_BOUNCED = text("""
UPDATE deliveries SET state = 'bounced', reason = :reason
WHERE id = :delivery AND state IN ('sent', 'in doubt', 'sending', 'bounced')
""")


# Their octets stay where they are: it is asked how many there are.
_FEEDBACK = (
    select(
        FeedbackRow,
        func.length(FeedbackRow.message),
        # Where it went: they may have another by now.
        func.coalesce(DeliveryRow.address, SubscriberRow.address),
    )
    .outerjoin(SubscriberRow, col(SubscriberRow.id) == FeedbackRow.subscriber_id)
    .outerjoin(DeliveryRow, col(DeliveryRow.id) == FeedbackRow.delivery_id)
    .options(
        defer(FeedbackRow.message)  # type: ignore[arg-type]  # to SQLAlchemy it is the column
    )
)
_FORGET = text("""
UPDATE feedback SET message = NULL, text = ''
WHERE kind = 'unread' AND at < :before AND message IS NOT NULL
""")


class FeedbackKind(StrEnum):
    """What came back, or what an admin made of it."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNREAD = "unread"
    UNPROVEN = "unproven"  # anybody could have written it: an admin is to say
    DISMISSED = "dismissed"  # an admin passed it over
    LIFTED = "lifted"  # an admin let the address be mailed again


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """Something that came back, as people look at it.

    Of a report that could not be read, `size` is its octets, and `kept` how many are there still.
    """

    id: int
    kind: FeedbackKind
    delivery_id: int | None
    address: str
    judgement: str
    code: int
    enhanced: str
    text: str
    at: dt.datetime
    size: int
    kept: int


def record_bounce(
    session: Session,
    who: Returner,
    verdict: Verdict,
    reply: Reply,
    now: dt.datetime,
    *,
    soft_limit: int,
) -> bool:
    """Records a bounce, unless one of the same judgement is known of that delivery; whether it is
    new. `breaker.settle` of its issue is to follow, which suppresses whom this has accused.

    A bad address is accused at once. The last `soft_limit` issues in a row that came back
    otherwise accuse it too; a refusal for policy, or of us, never does.
    """
    if who.delivery_id is None:
        raise ValueError("a bounce is recorded of a delivery")
    key = f"bounce:{who.delivery_id}:{verdict.judgement}"
    if not insert(session, key, FeedbackKind.BOUNCE, now, who, verdict.judgement, reply):
        return False
    _prove(session, who, verdict.judgement)
    reason = f"{verdict.judgement.value}: {verdict.reason}"
    session.connection().execute(_BOUNCED, {"delivery": who.delivery_id, "reason": reason})
    if verdict.suppresses:
        accuse(session, who.delivery_id, reason, now, detail=reply.text)
    elif (
        verdict.judgement.value in _SOFT and _soft_in_a_row(session, who, soft_limit) >= soft_limit
    ):
        cause = f"soft bounces of {soft_limit} issues in a row"
        accuse(session, who.delivery_id, cause, now, detail=reply.text)
    return True


def record_complaint(session: Session, who: Returner, now: dt.datetime, *, detail: str) -> bool:
    """Records that a reader called a mail spam, once for each delivery, or for each consent where
    it belonged to none; whether it is new.

    They leave the list that sent it, and are not mailed by any: neither where it went nor, if they
    have another address by now, there.
    """
    of_none = f"{who.list_name}:{who.subscriber_id}:{who.consent_at}"
    key = f"complaint:{of_none if who.delivery_id is None else who.delivery_id}"
    reply = Reply(0, "", detail)
    if not insert(session, key, FeedbackKind.COMPLAINT, now, who, "complaint", reply):
        return False
    _prove(session, who, "complaint")
    _leave(session, who, Way.COMPLAINT, now)
    person = session.get(SubscriberRow, who.subscriber_id)
    for address in (who.address, person.address if person is not None else ""):
        if address:  # an erased person has none, and whose mail it was is forgotten
            suppress(session, address, "complaint", now, detail=detail)
    return True


def record_leave(session: Session, who: Returner, now: dt.datetime) -> bool:
    """Takes a reader off a list who asked for it by mail; whether they were on it."""
    return _leave(session, who, Way.MAIL, now)


def record_unread(session: Session, key: str, octets: bytes, now: dt.datetime, *, why: str) -> bool:
    """Keeps a report that could not be read, once, and no more than `MOST_KEPT` octets of it;
    whether it is new."""
    reply = Reply(0, "", why)
    name = f"unread:{key}"
    return insert(session, name, FeedbackKind.UNREAD, now, None, "", reply, octets)


def forget_unread(session: Session, before: dt.datetime) -> int:
    """Drops what was kept of the unread reports that came before an instant; of how many.

    That there was one stays, so that it does not count as new where it is read once more.
    """
    done = session.connection().execute(_FORGET, {"before": seconds(before)})
    return done.rowcount


def feedback(session: Session, kind: FeedbackKind | None = None) -> tuple[Feedback, ...]:
    """What came back, the latest first."""
    query = _FEEDBACK
    if kind is not None:
        query = query.where(FeedbackRow.kind == kind)
    else:
        query = query.where(FeedbackRow.kind != FeedbackKind.LIFTED)
    rows = session.exec(query.order_by(col(FeedbackRow.id).desc()))
    return tuple(_feedback(row, kept or 0, address or "") for row, kept, address in rows)


def unread_message(session: Session, feedback_id: int) -> bytes | None:
    """The octets that were kept of an unread report; None when there is none of that id."""
    row = session.get(FeedbackRow, feedback_id)
    return row.message if row is not None else None


def _leave(session: Session, who: Returner, way: Way, now: dt.datetime) -> bool:
    try:
        return leave(
            session,
            who.list_name,
            who.subscriber_id,
            way=way,
            now=now,
            delivery_id=who.delivery_id,
        )
    except NotFoundError:  # erased, and so on no list
        return False


def _prove(session: Session, who: Returner, judgement: str) -> None:
    """Drops what was kept as unproven of the same delivery, since it was true."""
    session.connection().execute(
        delete(FeedbackRow).where(
            col(FeedbackRow.kind) == FeedbackKind.UNPROVEN,
            col(FeedbackRow.delivery_id) == who.delivery_id,
            col(FeedbackRow.judgement) == judgement,
        )
    )


def _soft_in_a_row(session: Session, who: Returner, limit: int) -> int:
    """The number of the latest issues, up to `limit`, that came back one after the other from the
    same address."""
    rows = session.exec(
        select(DeliveryRow.state, DeliveryRow.reason, DeliveryRow.address)
        .join(IssueRow, col(IssueRow.id) == DeliveryRow.issue_id)
        .where(
            DeliveryRow.subscriber_id == who.subscriber_id,
            # Who may be mailed again has all their chances again.
            func.coalesce(DeliveryRow.first_at, 0) >= _lifted_at(session, who),
            IssueRow.list_name == who.list_name,
            col(DeliveryRow.state).in_(
                (DeliveryState.SENT, DeliveryState.BOUNCED, DeliveryState.FAILED)
            ),
        )
        .order_by(col(IssueRow.last_day).desc(), col(IssueRow.id).desc())
        .limit(limit)
    )
    number = 0
    for state, reason, address in rows:
        elsewhere = address_key(address or "") != address_key(who.address)
        if elsewhere or state == DeliveryState.SENT or not reason.startswith(_SOFT):
            break
        number += 1
    return number


def _lifted_at(session: Session, who: Returner) -> int:
    """When an admin let somebody be mailed again last, in epoch seconds; 0 if never."""
    query = select(func.max(col(FeedbackRow.at))).where(
        FeedbackRow.subscriber_id == who.subscriber_id,
        FeedbackRow.kind == FeedbackKind.LIFTED,
    )
    return session.exec(query).one() or 0


def insert(
    session: Session,
    key: str,
    kind: FeedbackKind,
    now: dt.datetime,
    who: Returner | None,
    judgement: str,
    reply: Reply,
    message: bytes | None = None,
) -> bool:
    """Records something once, by its key; whether it is new. For this package alone."""
    values = {
        "key": key,
        "kind": kind,
        "delivery": who.delivery_id if who else None,
        "subscriber": who.subscriber_id if who else None,
        "judgement": judgement,
        "code": reply.code,
        "enhanced": reply.enhanced,
        "text": reply.text,
        "at": seconds(now),
        "message": message[:MOST_KEPT] if message is not None else None,
        "size": len(message or b""),
    }
    return session.connection().execute(_INSERT, values).first() is not None


def _feedback(row: FeedbackRow, kept: int, address: str) -> Feedback:
    return Feedback(
        id=row.id or 0,
        kind=FeedbackKind(row.kind),
        delivery_id=row.delivery_id,
        address=address,
        judgement=row.judgement,
        code=row.code,
        enhanced=row.enhanced,
        text=row.text,
        at=instant(row.at),
        size=row.size,
        kept=kept,
    )
