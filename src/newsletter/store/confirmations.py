"""Wishes that their address must confirm by mail, and the proof that it did: when, from where, and
by which wording.

While a wish is open, the same one asked again is the same row; so it is mailed once a day however
often it is asked. Once confirmed the row stays as it is: a later wish is another.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import delete, func, or_, update
from sqlmodel import Session, col, select

from newsletter.addresses import address_key
from newsletter.content.preferences import Preferences
from newsletter.store.confirmation_tables import ConfirmationRow
from newsletter.store.ignoring import insert_new
from newsletter.store.instants import instant, maybe_instant, seconds
from newsletter.store.outbox import Mail, put
from newsletter.store.selections import preferences_id, selected
from newsletter.store.suppressions import suppression

VALID_FOR = dt.timedelta(days=7)
"""How long after it was asked a wish can be confirmed."""

MAILED_EVERY = dt.timedelta(days=1)
"""An address gets no second mail about the same wish before."""

BOUNCED_EVERY = dt.timedelta(days=7)
"""The same for one that has bounced: strangers must not have us knock at a dead one every day."""

KEPT_OPEN = dt.timedelta(days=30)
"""How long a wish that nobody confirmed is remembered."""


class WishKind(StrEnum):
    """What is wished for."""

    JOIN = "join"
    KNOWN = "known"  # to join, by somebody who is on the list; there is nothing to confirm
    MOVE = "move"  # to take the place of a subscriber's address


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for at a page. `network` is where from, shortened to its network;
    `subscriber_id` is whose address is to be another, with MOVE."""

    kind: WishKind
    list_name: str
    address: str
    language: str
    network: str = ""
    wording: str = ""
    preferences: Preferences = field(default_factory=Preferences)
    subscriber_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A wish as it is stored."""

    id: int
    wish: Wish
    requested_at: dt.datetime
    confirmed_at: dt.datetime | None

    def expired(self, now: dt.datetime) -> bool:
        """Whether it was asked too long ago to be confirmed."""
        return self.confirmed_at is None and now - self.requested_at > VALID_FOR


def ask(session: Session, wish: Wish, now: dt.datetime) -> int:
    """Stores a wish, over the same one if that is open; its id."""
    key = address_key(wish.address)
    whose = "" if wish.subscriber_id is None else str(wish.subscriber_id)
    same = f"{wish.kind}\n{wish.list_name}\n{key}\n{whose}"
    values = {
        "address": wish.address,
        "preferences_id": preferences_id(session, wish.preferences),
        "language": wish.language,
        "wording": wish.wording,
        "network": wish.network,
        "requested_at": seconds(now),
    }
    identity = {
        "open_key": same,
        "kind": wish.kind,
        "list_name": wish.list_name,
        "address_key": key,
        "subscriber_id": wish.subscriber_id,
    }
    insert_new(session, ConfirmationRow, [identity | values])
    session.connection().execute(
        update(ConfirmationRow).where(col(ConfirmationRow.open_key) == same).values(**values)
    )
    found = session.exec(select(ConfirmationRow.id).where(ConfirmationRow.open_key == same)).one()
    assert found is not None  # noqa: S101 - it is stored
    return found


def mail_about(session: Session, confirmation_id: int, mail: Mail, now: dt.datetime) -> bool:
    """Puts a mail about a wish into the outbox, if there was none within a day, or a week where
    mail to that address has bounced; whether it did."""
    found = suppression(session, mail.to)
    before = seconds(now - (BOUNCED_EVERY if found else MAILED_EVERY))
    mailed = col(ConfirmationRow.mailed_at)
    done = session.connection().execute(
        update(ConfirmationRow)
        .where(
            col(ConfirmationRow.id) == confirmation_id,
            or_(mailed.is_(None), mailed <= before),
        )
        .values(mailed_at=seconds(now))
    )
    if done.rowcount:
        put(session, mail, now)
    return bool(done.rowcount)


def confirmation(session: Session, confirmation_id: int) -> Confirmation | None:
    """The wish of that id, locked until the transaction ends; None when it is forgotten."""
    row = _row(session, confirmation_id)
    if row is None:
        return None
    wish = Wish(
        kind=WishKind(row.kind),
        list_name=row.list_name,
        address=row.address,
        language=row.language,
        network=row.network,
        wording=row.wording,
        preferences=selected(session, row.preferences_id),
        subscriber_id=row.subscriber_id,
    )
    return Confirmation(
        id=confirmation_id,
        wish=wish,
        requested_at=instant(row.requested_at),
        confirmed_at=maybe_instant(row.confirmed_at),
    )


def confirm(
    session: Session, confirmation_id: int, subscriber_id: int | None, now: dt.datetime
) -> None:
    """Notes that a wish was confirmed, and by whom."""
    row = _row(session, confirmation_id)
    if row is not None and row.confirmed_at is None:
        row.open_key, row.confirmed_at, row.subscriber_id = None, seconds(now), subscriber_id
        session.add(row)
        session.flush()


def waiting(session: Session, list_name: str, now: dt.datetime) -> int:
    """How many wishes to join a list can be confirmed still, and were not yet."""
    query = select(func.count()).where(
        ConfirmationRow.list_name == list_name,
        ConfirmationRow.kind == WishKind.JOIN,
        col(ConfirmationRow.confirmed_at).is_(None),
        ConfirmationRow.requested_at >= seconds(now - VALID_FOR),
    )
    return session.exec(query.select_from(ConfirmationRow)).one()


def forget(session: Session, list_name: str, retention: dt.timedelta, now: dt.datetime) -> None:
    """Drops a list's wishes that nobody confirmed, and the networks of those older than
    `retention`."""
    connection = session.connection()
    ours = col(ConfirmationRow.list_name) == list_name
    asked = col(ConfirmationRow.requested_at)
    connection.execute(
        delete(ConfirmationRow).where(
            ours,
            col(ConfirmationRow.confirmed_at).is_(None),
            asked < seconds(now - KEPT_OPEN),
        )
    )
    connection.execute(
        update(ConfirmationRow)
        .where(ours, asked < seconds(now - retention), col(ConfirmationRow.network) != "")
        .values(network="")
    )


def _row(session: Session, confirmation_id: int) -> ConfirmationRow | None:
    return session.exec(
        select(ConfirmationRow)
        .where(ConfirmationRow.id == confirmation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
