"""A new address for a person: choices, consent and history stay theirs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session, col, select

from newsletter.addresses import address_key, domain_of
from newsletter.content.choosing import Change
from newsletter.errors import ConflictError, NotFoundError
from newsletter.store.choice_changes import record
from newsletter.store.erasures import ErasureKey
from newsletter.store.given_up import GivenUp
from newsletter.store.suppressions import is_suppressed
from newsletter.store.tables import DeliveryRow, SubscriberRow
from newsletter.store.values import DeliveryState, Way

_UNSENT = (DeliveryState.QUEUED, DeliveryState.DEFERRED)


@dataclass(frozen=True, slots=True)
class Moved:
    """`before` is the address they had; `kept_out` is whether imports leave it out from now on."""

    before: str
    kept_out: bool


def move(
    session: Session,
    subscriber_id: int,
    address: str,
    *,
    way: Way,
    now: dt.datetime,
    key: ErasureKey | None = None,
) -> Moved:
    """Gives a person another address, and what is not yet sent goes there; the one before.

    Their history says that it changed, and keeps neither address. What was sent once is repeated,
    if it must be, to where it went. A suppression stays with the old address, which it is about;
    by the keyed hash of it, under `key`, imports leave it out (see `store.given_up`).

    Raises:
        NotFoundError: there is no such person.
        ConflictError: somebody else has that address, or it must not be mailed; nothing changed.
    """
    row = session.exec(
        select(SubscriberRow).where(SubscriberRow.id == subscriber_id).with_for_update()
    ).first()
    if row is None or not row.address:
        raise NotFoundError(f"there is no subscriber with the id {subscriber_id}")
    new_key = address_key(address)
    taken = session.exec(
        select(SubscriberRow.id).where(SubscriberRow.address_key == new_key)
    ).first()
    if taken not in (None, subscriber_id):
        raise ConflictError(
            f"{address} is a subscriber already, and two cannot be made one: take the old address "
            "off its lists instead (`newsletter subscribers unsubscribe`)"
        )
    if is_suppressed(session, address):
        raise ConflictError(
            f"{address} must not be mailed: `newsletter subscribers unsuppress` first, if it may"
        )
    before, before_key = row.address, row.address_key
    row.address, row.address_key = address, new_key
    session.add(row)
    given_up = GivenUp(session, key)
    given_up.forget(address)
    kept_out = before_key == new_key or given_up.keep(before, subscriber_id, now)
    waiting = session.exec(
        select(DeliveryRow).where(
            DeliveryRow.subscriber_id == subscriber_id, col(DeliveryRow.state).in_(_UNSENT)
        )
    )
    for delivery in waiting:
        delivery.domain = domain_of(delivery.address or address)
        session.add(delivery)
    if before != address:
        record(session, subscriber_id, [Change("address", "")], way=way, now=now)
    session.flush()
    return Moved(before, kept_out)
