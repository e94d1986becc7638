"""Joining a list of one's own will, confirmed by mail: the one way back for who left."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from sqlmodel import Session, select

from newsletter.addresses import address_key
from newsletter.content.choosing import changes
from newsletter.content.mailinglist import MailingList
from newsletter.store.choice_changes import consent_before, record
from newsletter.store.choosing import choices_of
from newsletter.store.confirmations import Confirmation, confirm
from newsletter.store.endings import refuse_ended
from newsletter.store.erasures import ErasureKey
from newsletter.store.given_up import GivenUp
from newsletter.store.ignoring import insert_new
from newsletter.store.instants import seconds
from newsletter.store.lists import get_list
from newsletter.store.selections import preferences_id
from newsletter.store.tables import SubscriberRow, SubscriptionRow
from newsletter.store.values import SubscriptionState, Way

CONSENT = "the subscribe page, confirmed by mail"
"""How a subscription names where its consent comes from; the rest stands on the confirmation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A subscription by its id, with the person it belongs to."""

    subscription_id: int
    subscriber_id: int
    list: MailingList
    active: bool


def subscriptions_of(session: Session, address: str) -> tuple[Own, ...]:
    """The lists that an address is on, by name; none for an address that nobody has."""
    query = (
        select(SubscriptionRow)
        .join(SubscriberRow)
        .where(
            SubscriberRow.address_key == address_key(address),
            SubscriptionRow.state == SubscriptionState.ACTIVE,
        )
        .order_by(SubscriptionRow.list_name)
    )
    return tuple(_own(session, row) for row in session.exec(query))


def place(session: Session, asked: Confirmation, now: dt.datetime) -> Own:
    """The subscription that who confirms has, or is to have: it is made, if need be, and does not
    count until `join`, so that what is mailed about it can name it.

    Raises:
        NotFoundError: there is no such list any more.
        EndedError: it has ended.
    """
    return _own(session, _placed(session, asked, now))


def join(
    session: Session, asked: Confirmation, now: dt.datetime, key: ErasureKey | None = None
) -> tuple[Own, bool]:
    """Puts who confirmed on the list; whether they were not on it before.

    Who had left is on it again, with the choices of now: the consent is new, the record of the
    leaving stays. An address that was given up for another, under `key`, is so no more. To confirm
    again changes nothing.

    Raises:
        NotFoundError: there is no such list any more.
        EndedError: it has ended.
    """
    row = _placed(session, asked, now)
    newly = asked.confirmed_at is None and row.state != SubscriptionState.ACTIVE
    if newly:
        _record(session, row, asked, now)
        row.state, row.left_at, row.paused_until = SubscriptionState.ACTIVE, None, None
        row.preferences_id = preferences_id(session, asked.wish.preferences)
        row.consent_at, row.consent_source = seconds(now), CONSENT
        session.add(row)
        GivenUp(session, key).forget(asked.wish.address)
    confirm(session, asked.id, row.subscriber_id, now)
    session.flush()
    return _own(session, row), newly


def _placed(session: Session, asked: Confirmation, now: dt.datetime) -> SubscriptionRow:
    """Their row, locked until the transaction ends; a new one is pending."""
    person = _person(session, asked.wish.address, now)
    get_list(session, asked.wish.list_name)
    refuse_ended(session, asked.wish.list_name)
    values = {
        "list_name": asked.wish.list_name,
        "subscriber_id": person,
        "state": SubscriptionState.PENDING,
        "preferences_id": preferences_id(session, asked.wish.preferences),
        "paused_until": None,
        "consent_at": None,
        "consent_source": "",
        "left_at": None,
        "created_at": seconds(now),
    }
    insert_new(session, SubscriptionRow, [values])
    return session.exec(
        select(SubscriptionRow)
        .where(
            SubscriptionRow.list_name == asked.wish.list_name,
            SubscriptionRow.subscriber_id == person,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _record(session: Session, row: SubscriptionRow, asked: Confirmation, now: dt.datetime) -> None:
    """Keeps what a new consent takes the place of: the one before, and the choices."""
    before = choices_of(session, row)
    after = replace(before, preferences=asked.wish.preferences, paused_until=None)
    found = [*consent_before(row), *changes(before, after)]
    list_name = row.list_name
    record(session, row.subscriber_id, found, list_name=list_name, way=Way.PAGE, now=now)


def _person(session: Session, address: str, now: dt.datetime) -> int:
    key = address_key(address)
    row = {"address": address, "address_key": key, "created_at": seconds(now)}
    insert_new(session, SubscriberRow, [row])
    found = session.exec(select(SubscriberRow.id).where(SubscriberRow.address_key == key)).one()
    assert found is not None  # noqa: S101 - it is stored
    return found


def _own(session: Session, row: SubscriptionRow) -> Own:
    assert row.id is not None  # noqa: S101 - it is stored
    return Own(
        subscription_id=row.id,
        subscriber_id=row.subscriber_id,
        list=get_list(session, row.list_name),
        active=row.state == SubscriptionState.ACTIVE,
    )
