"""Letting an address be mailed again: by an admin's word, or as its owner answered from it."""

from __future__ import annotations

import datetime as dt

from sqlmodel import Session, select

from newsletter.addresses import address_key
from newsletter.store.breaker import give_back
from newsletter.store.feedback import FeedbackKind
from newsletter.store.instants import seconds
from newsletter.store.suppressions import BOUNCED, suppression, unsuppress
from newsletter.store.tables import FeedbackRow, SubscriberRow


def lift(session: Session, address: str, reason: str, now: dt.datetime) -> tuple[str, ...] | None:
    """Lets an address be mailed again, from the next issue on; None if it was not suppressed.

    Leaves that bounces made its person make are taken back: the lists that they are on again by
    that. Those they made themselves stand.
    """
    if not unsuppress(session, address):
        return None
    person = session.exec(
        select(SubscriberRow).where(SubscriberRow.address_key == address_key(address))
    ).first()
    if person is None or person.id is None:
        return ()
    again = give_back(session, person.id, now)
    record_lifted(session, person.id, reason, now)
    return again


def record_lifted(session: Session, subscriber_id: int, reason: str, now: dt.datetime) -> None:
    """Records why somebody may be mailed again who was suppressed."""
    key = f"lifted:{subscriber_id}:{now.isoformat()}"
    if session.exec(select(FeedbackRow.id).where(FeedbackRow.key == key)).first() is not None:
        return
    row = FeedbackRow(
        key=key,
        kind=FeedbackKind.LIFTED,
        subscriber_id=subscriber_id,
        text=reason,
        at=seconds(now),
    )
    session.add(row)
    session.flush()


def works_again(session: Session, address: str, now: dt.datetime) -> bool:
    """Lifts a suppression for bounces from an address that somebody has just confirmed a wish
    from; whether there was one. A complaint, and an admin's own word, stand.

    Other lists that the bounces made them leave stay left: they confirmed one wish.
    """
    found = suppression(session, address)
    if found is None or found.reason != BOUNCED:
        return False
    unsuppress(session, address)
    person = session.exec(
        select(SubscriberRow.id).where(SubscriberRow.address_key == address_key(address))
    ).first()
    if person is not None:
        record_lifted(session, person, "a wish was confirmed from it by mail", now)
    return True
