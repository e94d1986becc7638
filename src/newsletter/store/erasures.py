"""Erasing a person, and keeping no more of them than that they must not be mailed.

What stays is a keyed hash of the address (HMAC-SHA-256, RFC 2104), so that no import puts them
back; without the key nobody can tell from it whether an address was ours. The key does not rotate:
under another one, no stored hash would be found again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlalchemy import text, update
from sqlmodel import Session, col, select

from newsletter.addresses import address_key
from newsletter.errors import NotFoundError, SettingsError
from newsletter.store.editors import forget
from newsletter.store.ignoring import insert_new
from newsletter.store.instants import instant, seconds
from newsletter.store.mentions import reports_naming
from newsletter.store.tables import ErasureRow, FeedbackRow, SubscriberRow
from newsletter.store.values import Skip

_LEAST = 32  # characters of a key
_CHUNK = 500  # well below SQLite's limit of parameters in one statement

_GONE = "erased:"
"""What the key of an erased person begins with; no address does."""

STATEMENTS = (
    """UPDATE deliveries SET state = 'skipped', reason = :left
       WHERE subscriber_id = :id AND state IN ('queued', 'deferred')""",
    """UPDATE attempts SET text = ''
       WHERE delivery_id IN (SELECT id FROM deliveries WHERE subscriber_id = :id)""",
    """DELETE FROM recent_clicks
       WHERE delivery_id IN (SELECT id FROM deliveries WHERE subscriber_id = :id)""",
    "UPDATE deliveries SET address = NULL, text = '', domain = '' WHERE subscriber_id = :id",
    "UPDATE departures SET reason = '' WHERE subscriber_id = :id",
    "UPDATE feedback SET text = '', message = NULL WHERE subscriber_id = :id",
    "UPDATE accusations SET detail = '', domain = '' WHERE subscriber_id = :id",
    # An old file must not bring them back under an address that they had before.
    """INSERT INTO erasures (digest, fingerprint, reason, at)
       SELECT digest, fingerprint, :why, :erased_at FROM given_up WHERE subscriber_id = :id
       ON CONFLICT DO NOTHING""",
    "DELETE FROM given_up WHERE subscriber_id = :id",
    "DELETE FROM welcome_issues WHERE subscriber_id = :id",
    "DELETE FROM outbox_attempts WHERE mail_id IN (SELECT id FROM outbox WHERE address_key = :key)",
    "DELETE FROM outbox WHERE address_key = :key",
    "DELETE FROM confirmations WHERE address_key = :key OR subscriber_id = :id",
    "DELETE FROM changes WHERE subscriber_id = :id",
    "DELETE FROM suppressions WHERE address_key = :key",
    "DELETE FROM subscriptions WHERE subscriber_id = :id",
    # Whoever edits without a name is called by their address.
    "UPDATE edits SET who = 'erased' WHERE lower(who) = :key",
    "UPDATE edits SET undone_by = 'erased' WHERE lower(undone_by) = :key",
    "UPDATE reviews SET by = 'erased' WHERE lower(by) = :key",
    "UPDATE slots SET by = 'erased' WHERE lower(by) = :key",
    "UPDATE subscribers SET address = '', address_key = :gone WHERE id = :id",
)


@dataclass(frozen=True)
class ErasureKey:
    """The key of the hashes, at least 32 characters."""

    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < _LEAST:
            raise SettingsError(
                f"erasure_key has {len(self.secret)} characters, it needs {_LEAST}: "
                "`newsletter init` in an empty folder makes a good one"
            )

    @property
    def fingerprint(self) -> str:
        """What tells this key from another, and does not give it away."""
        label = b"newsletter erasure key\0"
        return hashlib.sha256(label + self.secret.encode()).hexdigest()[:16]

    def digest(self, address: str) -> str:
        """The keyed hash of an address, in hexadecimal; the same for every spelling in use."""
        message = address_key(address).encode("utf-8", "surrogatepass")
        return hmac.digest(self.secret.encode(), message, "sha256").hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """That a person was erased: why, in the words that were given, and when."""

    reason: str
    at: dt.datetime


Erased = Callable[[Iterable[str]], frozenset[str]]
"""Those of some addresses whose people were erased."""


def nobody(_addresses: Iterable[str]) -> frozenset[str]:
    """For those who add themselves: an erasure keeps nobody from coming back of their own will."""
    return frozenset()


def erase(
    session: Session, address: str, key: ErasureKey, now: dt.datetime, *, reason: str = ""
) -> None:
    """Forgets a person: address, subscriptions, choices, reasons and servers' words about them,
    unread reports that name them, and that they were an editor. No import brings them back, also
    not under an address that they gave up before.

    Numbers of what was sent, and of who left, stay without them. What is on its way is not called
    back; what is queued is not sent.

    Raises:
        NotFoundError: nobody has that address.
        SettingsError: earlier erasures were made under another key.
    """
    _check(session, key)
    person = session.exec(
        select(SubscriberRow).where(SubscriberRow.address_key == address_key(address))
    ).first()
    if person is None:
        raise NotFoundError(f"nobody has the address {address}; nothing was erased")
    row = {
        "digest": key.digest(address),
        "fingerprint": key.fingerprint,
        "reason": reason,
        "at": seconds(now),
    }
    insert_new(session, ErasureRow, [row])
    everything = {
        "id": person.id,
        "key": person.address_key,
        "gone": f"{_GONE}{person.id}",
        "left": Skip.LEFT,
        "why": reason,
        "erased_at": seconds(now),
    }
    forget(session, address)
    connection = session.connection()
    for number in reports_naming(session, person.address):
        connection.execute(
            update(FeedbackRow).where(col(FeedbackRow.id) == number).values(text="", message=None)
        )
    for statement in STATEMENTS:
        named = {name: value for name, value in everything.items() if f":{name}" in statement}
        connection.execute(text(statement), named)
    session.expire_all()


def erasure(session: Session, address: str, key: ErasureKey | None) -> Erasure | None:
    """When and why the person of an address was erased; None when they were not.

    Raises:
        SettingsError: see `erased_among`.
    """
    if not _check(session, key) or key is None:
        return None
    row = session.get(ErasureRow, key.digest(address))
    return None if row is None else Erasure(reason=row.reason, at=instant(row.at))


def erased_among(session: Session, key: ErasureKey | None) -> Erased:
    """A test for addresses of erased people, for imports.

    Raises:
        SettingsError: people were erased, and the key is missing or is not the one of then.
    """
    if not _check(session, key) or key is None:
        return nobody

    def test(addresses: Iterable[str]) -> frozenset[str]:
        digests = {key.digest(address): address for address in addresses}
        wanted, found = list(digests), set[str]()
        for start in range(0, len(wanted), _CHUNK):
            rows = session.exec(
                select(ErasureRow.digest).where(
                    col(ErasureRow.digest).in_(wanted[start : start + _CHUNK])
                )
            )
            found |= {digests[digest] for digest in rows}
        return frozenset(found)

    return test


def _check(session: Session, key: ErasureKey | None) -> bool:
    """Whether anybody was erased, under a key that is the right one."""
    fingerprint = session.exec(select(ErasureRow.fingerprint).limit(1)).first()
    if fingerprint is None:
        return False
    if key is None:
        raise SettingsError(
            "erasure_key is not set, and people were erased: without it they cannot be told from "
            "others; put back the one from newsletter.toml"
        )
    if key.fingerprint != fingerprint:
        raise SettingsError(
            "erasure_key is another one than people were erased under, who would be added again: "
            "put back the old one; it does not rotate"
        )
    return True
