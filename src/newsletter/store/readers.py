"""Who a link in a mail belongs to, and how they stand with the list that sent it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session, col, select

from newsletter.addresses import address_key
from newsletter.content.choosing import Choices
from newsletter.content.mailinglist import MailingList
from newsletter.content.preferences import Preferences
from newsletter.content.serial import load
from newsletter.store.tables import (
    DeliveryRow,
    IssueRow,
    ListRow,
    PreferencesRow,
    SubscriberRow,
    SubscriptionRow,
)
from newsletter.store.values import SubscriptionState


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A subscription as a link opens it; all as it is now, not as it was then.

    `delivery_id` is None when the link was in no issue (a welcome). Mail stops before the day
    `paused_until`; `zone` is "" for who reads in the list's own.
    """

    delivery_id: int | None
    subscription_id: int
    subscriber_id: int
    address: str
    list: MailingList
    state: SubscriptionState
    preferences: Preferences
    paused_until: dt.date | None
    zone: str

    @property
    def choices(self) -> Choices:
        """All that they can choose, as it is now."""
        return Choices(preferences=self.preferences, paused_until=self.paused_until, zone=self.zone)

    @property
    def active(self) -> bool:
        """Whether they are on the list."""
        return self.state is SubscriptionState.ACTIVE


def reader(session: Session, delivery_id: int) -> Reader | None:
    """The reader a delivery was for, or None when they or the delivery were erased."""
    found = session.exec(
        select(col(SubscriptionRow.id))
        .select_from(DeliveryRow)
        .join(IssueRow, col(IssueRow.id) == DeliveryRow.issue_id)
        .join(
            SubscriptionRow,
            (col(SubscriptionRow.subscriber_id) == DeliveryRow.subscriber_id)
            & (col(SubscriptionRow.list_name) == IssueRow.list_name),
        )
        .where(DeliveryRow.id == delivery_id)
    ).first()
    return None if found is None else subscription_reader(session, found, delivery_id)


def subscription_reader(
    session: Session, subscription_id: int, delivery_id: int | None = None
) -> Reader | None:
    """The reader of a subscription, or None when it was erased."""
    query = (
        select(SubscriberRow, SubscriptionRow, ListRow, PreferencesRow)
        .select_from(SubscriptionRow)
        .join(SubscriberRow, col(SubscriberRow.id) == SubscriptionRow.subscriber_id)
        .join(ListRow, col(ListRow.name) == SubscriptionRow.list_name)
        .join(PreferencesRow, col(PreferencesRow.id) == SubscriptionRow.preferences_id)
        .where(SubscriptionRow.id == subscription_id)
    )
    found = session.exec(query).first()
    if found is None:
        return None
    person, subscription, list_row, preferences = found
    return Reader(
        delivery_id=delivery_id,
        subscription_id=subscription_id,
        subscriber_id=subscription.subscriber_id,
        address=person.address,
        list=load(MailingList, list_row.body),
        state=SubscriptionState(subscription.state),
        preferences=load(Preferences, preferences.body),
        paused_until=subscription.paused_until,
        zone=subscription.zone,
    )


def lists_of_sender(session: Session, of: Reader) -> tuple[str, ...]:
    """The lists that the sender of a reader's list mails them, by name; those they left, too."""
    rows = session.exec(
        select(ListRow)
        .join(SubscriptionRow, col(SubscriptionRow.list_name) == ListRow.name)
        .where(SubscriptionRow.subscriber_id == of.subscriber_id)
        .order_by(ListRow.name)
    )
    ours = address_key(of.list.sender.address)
    return tuple(
        row.name for row in rows if address_key(load(MailingList, row.body).sender.address) == ours
    )
