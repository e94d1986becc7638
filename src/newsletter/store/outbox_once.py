"""Mails that the same person asks for again and again, and gets now and then."""

from __future__ import annotations

import datetime as dt

from sqlmodel import Session, col, select

from newsletter.addresses import address_key
from newsletter.store.instants import seconds
from newsletter.store.outbox import Mail, put
from newsletter.store.tables import MailRow, SubscriberRow


def put_unless_recent(session: Session, mail: Mail, now: dt.datetime, every: dt.timedelta) -> bool:
    """Puts a mail for a subscriber into the outbox, unless they had one of its kind within
    `every`; whether it did."""
    key = address_key(mail.to)
    # Two at once must not both find that there was none.
    session.exec(
        select(SubscriberRow.id).where(SubscriberRow.address_key == key).with_for_update()
    ).first()
    recent = session.exec(
        select(MailRow.id).where(
            MailRow.address_key == key,
            MailRow.kind == mail.kind,
            col(MailRow.created_at) > seconds(now - every),
        )
    ).first()
    if recent is None:
        put(session, mail, now)
    return recent is None
