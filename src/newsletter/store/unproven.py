"""Reports of returned mail that anybody could have written, kept until an admin says.

Who knows an address can make up a report about it, and so can whoever was forwarded a mail, by the
links in its text and what the forwarded one refers to. What only a server that had our message can
know is in a report that is believed at once: the token of its envelope and header or, of a bounce,
the Message-ID beside the address. Anything less is kept here: it changes no delivery, counts in no
breaker, and suppresses nobody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlmodel import Session, col, select

from newsletter.addresses import address_key, domain_of
from newsletter.errors import NotFoundError
from newsletter.replies import Reply, Stage, classify
from newsletter.store import breaker
from newsletter.store.breaker import Held
from newsletter.store.feedback import (
    FeedbackKind,
    insert,
    record_bounce,
    record_complaint,
)
from newsletter.store.instants import instant, seconds
from newsletter.store.lists import get_list
from newsletter.store.returners import Returner, returner_of
from newsletter.store.tables import DeliveryRow, FeedbackRow, SubscriberRow

KEPT_FOR = dt.timedelta(days=10)
"""How long after a mail a report that has its address alone is worth an admin's look. Servers give
up after four or five days (RFC 5321 §4.5.4.1)."""

COMPLAINT = "complaint"
"""What stands as the judgement of a complaint."""

WHY = "nothing in it that only a server with our message knows"


def suspected(
    session: Session,
    *,
    named: Sequence[int] = (),
    message_ids: Sequence[tuple[int, str]] = (),
    addresses: Sequence[str] = (),
    now: dt.datetime,
) -> Returner | None:
    """Whom a report means that proves nothing: whose link of a message's text it has (`named`, by
    the delivery), else whose Message-ID, else whose address, if that was mailed within `KEPT_FOR`.
    """
    for number in named:
        if (row := session.get(DeliveryRow, number)) is not None:
            return returner_of(session, row)
    for number, message_id in message_ids:
        row = session.get(DeliveryRow, number)
        if row is not None and (row.message_id or "").lower() == message_id.lower():
            return returner_of(session, row)
    for address in addresses:
        latest = session.exec(
            select(DeliveryRow)
            .join(SubscriberRow, col(SubscriberRow.id) == DeliveryRow.subscriber_id)
            .where(
                SubscriberRow.address_key == address_key(address),
                col(DeliveryRow.first_at) >= seconds(now - KEPT_FOR),
            )
            .order_by(col(DeliveryRow.first_at).desc(), col(DeliveryRow.id).desc())
            .limit(1)
        ).first()
        if latest is not None:
            return returner_of(session, latest)
    return None


def hold(session: Session, who: Returner, judgement: str, reply: Reply, now: dt.datetime) -> bool:
    """Keeps a report, once for each delivery and judgement, unless one like it is believed
    already; whether it is new."""
    same = f"{who.delivery_id}" if judgement == COMPLAINT else f"{who.delivery_id}:{judgement}"
    kind = FeedbackKind.COMPLAINT if judgement == COMPLAINT else FeedbackKind.BOUNCE
    believed = select(FeedbackRow.id).where(FeedbackRow.key == f"{kind}:{same}")
    if session.exec(believed).first() is not None:
        return False
    key = f"unproven:{kind}:{same}"
    return insert(session, key, FeedbackKind.UNPROVEN, now, who, judgement, reply)


def waiting(session: Session) -> tuple[Held, ...]:
    """What waits for an admin: what the breaker holds, then what is unproven, by issue and domain,
    the latest issue first."""
    found: dict[tuple[int, str], list[FeedbackRow]] = {}
    for row, delivery in _rows(session):
        found.setdefault((delivery.issue_id, delivery.domain), []).append(row)
    unproven = [
        Held(
            issue=breaker.ref(session, issue_id),
            issue_id=issue_id,
            domain=domain,
            people=len({row.delivery_id for row in rows}),
            attempted=breaker.attempted(session, issue_id).get(domain, 0),
            since=instant(min(row.at for row in rows)),
            sample=": ".join(filter(None, (rows[0].judgement, rows[0].text))),
            why=WHY,
        )
        for (issue_id, domain), rows in sorted(found.items(), key=lambda one: (-one[0][0], one[0]))
    ]
    return (*breaker.held(session), *unproven)


def decide(
    session: Session, issue_id: int, *, suppress_them: bool, now: dt.datetime, domain: str = ""
) -> int:
    """An admin's word on all that waits of an issue, or of one domain in it; the number of people.

    What was unproven is then judged as if it had been proven, or passed over for good.

    Raises:
        NotFoundError: nothing of it waits.
    """
    people = set()
    for row, delivery in _rows(session, issue_id):
        if domain in ("", delivery.domain):
            people.add(delivery.subscriber_id)
            _settle(session, row, delivery, now, believed=suppress_them)
    try:
        held = breaker.decide(
            session, issue_id, suppress_them=suppress_them, now=now, domain=domain
        )
    except NotFoundError:
        if not people:
            raise
        held = 0
    breaker.settle(session, issue_id, now)
    return held + len(people)


def _settle(
    session: Session, row: FeedbackRow, delivery: DeliveryRow, now: dt.datetime, *, believed: bool
) -> None:
    who = returner_of(session, delivery)
    if not believed or who is None or not who.address:
        row.kind = FeedbackKind.DISMISSED
        session.add(row)
        session.flush()
        return
    reply = Reply(row.code, row.enhanced, row.text)
    session.delete(row)
    session.flush()
    if row.judgement == COMPLAINT:
        record_complaint(session, who, now, detail=reply.text)
        return
    verdict = classify(Stage.DSN, reply, domain_of(who.address))
    limit = get_list(session, who.list_name).policies.soft_bounces
    record_bounce(session, who, verdict, reply, now, soft_limit=limit)


def _rows(
    session: Session, issue_id: int | None = None
) -> Sequence[tuple[FeedbackRow, DeliveryRow]]:
    query = (
        select(FeedbackRow, DeliveryRow)
        .join(DeliveryRow, col(DeliveryRow.id) == FeedbackRow.delivery_id)
        .where(FeedbackRow.kind == FeedbackKind.UNPROVEN)
        .order_by(col(FeedbackRow.id))
    )
    if issue_id is not None:
        query = query.where(DeliveryRow.issue_id == issue_id)
    return session.exec(query).all()
