"""People and their subscriptions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from newsletter.addresses import address_key
from newsletter.content.preferences import Preferences
from newsletter.content.serial import load
from newsletter.errors import NotFoundError
from newsletter.store.admission import Member
from newsletter.store.departures import leave, subscription
from newsletter.store.instants import maybe_instant
from newsletter.store.members import add
from newsletter.store.selections import preferences_id, selected
from newsletter.store.suppressions import Suppression, suppress, suppression
from newsletter.store.tables import PreferencesRow, SubscriberRow, SubscriptionRow
from newsletter.store.values import SubscriptionState

__all__ = [
    "Subscriber",
    "Subscription",
    "add",
    "export",
    "leave",
    "set_preferences",
    "set_zone",
    "show",
    "state_counts",
    "suppress",
    "topic_counts",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One person on one list. `paused_until` is the day on which mail comes again; `zone` is
    where they live, as IANA names it, "" if they did not say: the list's own."""

    list_name: str
    state: SubscriptionState
    preferences: Preferences
    paused_until: dt.date | None
    zone: str
    consent_at: dt.datetime | None
    consent_source: str
    left_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person: the address as they wrote it, and their subscriptions by list."""

    id: int
    address: str
    subscriptions: Mapping[str, Subscription]
    suppression: Suppression | None


def show(session: Session, address: str) -> Subscriber:
    """The person with that address.

    Raises:
        NotFoundError: nobody has it.
    """
    row = session.exec(
        select(SubscriberRow).where(SubscriberRow.address_key == address_key(address))
    ).first()
    if row is None:
        raise NotFoundError(
            f"nobody has the address {address}: `newsletter subscribers add` adds somebody"
        )
    return _subscriber(session, row)


def set_preferences(
    session: Session, list_name: str, subscriber_id: int, preferences: Preferences
) -> bool:
    """Changes what somebody gets of a list, from the next message on; whether it was a change.

    Raises:
        NotFoundError: they are not on the list.
    """
    row = subscription(session, list_name, subscriber_id)
    before, row.preferences_id = row.preferences_id, preferences_id(session, preferences)
    session.add(row)
    session.flush()
    return row.preferences_id != before


def set_zone(session: Session, list_name: str, subscriber_id: int, zone: str) -> bool:
    """Says in which zone somebody reads a list, as `parse_zone` gives it; "" is the list's own.

    Whether it was a change.

    Raises:
        NotFoundError: they are not on the list.
    """
    row = subscription(session, list_name, subscriber_id)
    before, row.zone = row.zone, zone
    session.add(row)
    session.flush()
    return row.zone != before


def export(session: Session, list_name: str) -> Iterator[Member]:
    """Everybody on a list or once on it, in the order in which they joined, one at a time."""
    choices: dict[int, Preferences] = {}
    rows = session.exec(
        select(SubscriptionRow, SubscriberRow.address)
        .join(SubscriberRow, col(SubscriberRow.id) == SubscriptionRow.subscriber_id)
        .where(SubscriptionRow.list_name == list_name)
        .order_by(col(SubscriptionRow.id))
        .execution_options(yield_per=1000)
    )
    for row, address in rows:
        if row.preferences_id not in choices:
            choices[row.preferences_id] = selected(session, row.preferences_id)
        yield Member(
            address=address,
            preferences=choices[row.preferences_id],
            state=SubscriptionState(row.state),
            paused_until=row.paused_until,
            zone=row.zone,
            consent_at=maybe_instant(row.consent_at),
            consent_source=row.consent_source,
        )
        session.expunge(row)


def state_counts(session: Session, list_name: str) -> Mapping[SubscriptionState, int]:
    """Number of people on a list in each state, 0 where there is nobody."""
    rows = dict(
        session.exec(
            select(SubscriptionRow.state, func.count())
            .where(SubscriptionRow.list_name == list_name)
            .group_by(col(SubscriptionRow.state))
        ).all()
    )
    return {state: rows.get(state, 0) for state in SubscriptionState}


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicCounts:
    """Numbers of active people: how many follow everything, and by topic who name it."""

    everything: int
    nothing: int
    follows: Mapping[str, int]
    mutes: Mapping[str, int]


def topic_counts(session: Session, list_name: str) -> TopicCounts:
    """How many active people follow and mute each topic that anybody named."""
    everything = nothing = 0
    follows: dict[str, int] = {}
    mutes: dict[str, int] = {}
    rows = session.exec(
        select(PreferencesRow.body, func.count())
        .join(SubscriptionRow, col(SubscriptionRow.preferences_id) == PreferencesRow.id)
        .where(
            SubscriptionRow.list_name == list_name,
            SubscriptionRow.state == SubscriptionState.ACTIVE,
        )
        .group_by(col(PreferencesRow.id), col(PreferencesRow.body))
    )
    for body, people in rows:
        choice = load(Preferences, body)
        everything += people if choice.follows is None else 0
        nothing += people if choice.follows == frozenset() else 0
        for counted, names in ((follows, choice.follows or ()), (mutes, choice.mutes)):
            for name in names:
                counted[name] = counted.get(name, 0) + people
    return TopicCounts(everything=everything, nothing=nothing, follows=follows, mutes=mutes)


def _subscriber(session: Session, row: SubscriberRow) -> Subscriber:
    rows = session.exec(
        select(SubscriptionRow)
        .where(SubscriptionRow.subscriber_id == row.id)
        .order_by(SubscriptionRow.list_name)
    )
    return Subscriber(
        id=row.id or 0,
        address=row.address,
        subscriptions={found.list_name: _subscription(session, found) for found in rows},
        suppression=suppression(session, row.address),
    )


def _subscription(session: Session, row: SubscriptionRow) -> Subscription:
    return Subscription(
        list_name=row.list_name,
        state=SubscriptionState(row.state),
        preferences=selected(session, row.preferences_id),
        paused_until=row.paused_until,
        zone=row.zone,
        consent_at=maybe_instant(row.consent_at),
        consent_source=row.consent_source,
        left_at=maybe_instant(row.left_at),
    )
