"""What a person chose differently, on record for a list's retention time; what proves their consent
or whose mail it is, until they are erased."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlmodel import Session, col, delete

from newsletter.content.choosing import Change
from newsletter.store.choice_tables import ChangeRow
from newsletter.store.instants import instant, seconds
from newsletter.store.tables import SubscriptionRow
from newsletter.store.values import SubscriptionState, Way

CONSENT = "consent"
"""What a change is called by which somebody who had left is on the list again."""


def record(
    session: Session,
    subscriber_id: int,
    found: Iterable[Change],
    *,
    way: Way,
    now: dt.datetime,
    list_name: str = "",
) -> None:
    """Keeps what was changed, by what way; `list_name` is "" for what is the person's own."""
    session.add_all(
        ChangeRow(
            subscriber_id=subscriber_id,
            list_name=list_name,
            way=way,
            what=change.what,
            how=change.how,
            at=seconds(now),
        )
        for change in found
    )
    session.flush()


def consent_before(row: SubscriptionRow) -> tuple[Change, ...]:
    """The consent that another is about to take the place of; nothing for whoever is new."""
    known = row.consent_at is not None or bool(row.consent_source)
    if not known and row.state != SubscriptionState.LEFT:
        return ()
    at = f"{instant(row.consent_at):%Y-%m-%d}" if row.consent_at is not None else ""
    told = ", ".join(filter(None, (at, row.consent_source))) or "not known"
    return (Change(CONSENT, f"before: {told}"),)


def forget(session: Session, list_name: str, retention: dt.timedelta, now: dt.datetime) -> None:
    """Drops what readers of a list changed longer than `retention` ago. What they have chosen now
    stays, and so does each consent (GDPR art. 7(1))."""
    session.connection().execute(
        delete(ChangeRow).where(
            col(ChangeRow.list_name) == list_name,
            col(ChangeRow.what) != CONSENT,
            col(ChangeRow.at) < seconds(now - retention),
        )
    )
