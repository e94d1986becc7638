"""Who is on a list, by what they chose and what became of their mail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlmodel import Session, col, select

from newsletter.content.preferences import Preferences
from newsletter.store.instants import maybe_instant, seconds
from newsletter.store.selections import selected
from newsletter.store.tables import (
    FeedbackRow,
    SubscriberRow,
    SubscriptionRow,
    SuppressionRow,
)
from newsletter.store.values import SubscriptionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One subscription as a list of people shows it; `suppressed` is why they are not mailed."""

    address: str
    state: SubscriptionState
    preferences: Preferences
    consent_at: dt.datetime | None
    consent_source: str
    left_at: dt.datetime | None
    suppressed: str


def people(
    session: Session,
    list_name: str,
    *,
    topic: str = "",
    state: SubscriptionState | None = None,
    since: dt.datetime | None = None,
    bounced: bool = False,
) -> Iterator[Person]:
    """The people of a list who meet every condition, in the order in which they joined.

    `topic` is one that they follow by name; `since` asks that they joined then or later; `bounced`
    that a mail to them came back.
    """
    chosen_by = cache(lambda number: selected(session, number))  # many share theirs
    query = _query(list_name, state, since, bounced=bounced)
    for row, person, suppression in session.exec(query.execution_options(yield_per=1000)):
        chosen = chosen_by(row.preferences_id)
        if not topic or topic in (chosen.follows or ()):
            yield Person(
                address=person.address,
                state=SubscriptionState(row.state),
                preferences=chosen,
                consent_at=maybe_instant(row.consent_at),
                consent_source=row.consent_source,
                left_at=maybe_instant(row.left_at),
                suppressed=suppression.reason if suppression else "",
            )


def _query(
    list_name: str, state: SubscriptionState | None, since: dt.datetime | None, *, bounced: bool
) -> Any:
    query: Any = (
        select(SubscriptionRow, SubscriberRow, SuppressionRow)
        .join(SubscriberRow, col(SubscriberRow.id) == SubscriptionRow.subscriber_id)
        .outerjoin(SuppressionRow, col(SuppressionRow.address_key) == SubscriberRow.address_key)
        .where(SubscriptionRow.list_name == list_name)
        .order_by(col(SubscriptionRow.id))
    )
    if state is not None:
        query = query.where(SubscriptionRow.state == state)
    if since is not None:
        query = query.where(SubscriptionRow.created_at >= seconds(since))
    if bounced:
        came_back = select(FeedbackRow.subscriber_id).where(FeedbackRow.kind == "bounce")
        query = query.where(col(SubscriptionRow.subscriber_id).in_(came_back))
    return query
