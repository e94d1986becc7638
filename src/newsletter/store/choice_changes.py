"""What a person chose differently, on record until they are erased."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlmodel import Session

from newsletter.content.choosing import Change
from newsletter.store.change_tables import ChangeRow
from newsletter.store.instants import instant, seconds
from newsletter.store.tables import SubscriptionRow
from newsletter.store.values import Way


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
    """The consent that another is about to take the place of; nothing when there was none."""
    if row.consent_at is None and not row.consent_source:
        return ()
    at = f"{instant(row.consent_at):%Y-%m-%d}" if row.consent_at is not None else ""
    return (Change("consent", f"before: {', '.join(filter(None, (at, row.consent_source)))}"),)
