"""Addresses that must not be mailed, whoever asks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from newsletter.addresses import address_key
from newsletter.store.instants import instant, seconds
from newsletter.store.tables import SuppressionRow
from newsletter.store.values import Skip

BOUNCED = "bounce"
"""The reason of those that mail servers' answers brought about, here or at a service before."""

_SKIP = text("""
UPDATE deliveries SET state = 'skipped', reason = :reason
WHERE state IN ('queued', 'deferred')
  AND subscriber_id IN (SELECT id FROM subscribers WHERE address_key = :key)
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """Why and since when an address must not be mailed; `detail` is the words of who said so."""

    reason: str
    detail: str
    at: dt.datetime


def suppress(
    session: Session, address: str, reason: str, now: dt.datetime, *, detail: str = ""
) -> bool:
    """Stops all mail to an address, also what is queued; False if it was suppressed before."""
    key = address_key(address)
    if session.get(SuppressionRow, key) is not None:
        return False
    session.add(SuppressionRow(address_key=key, reason=reason, detail=detail, at=seconds(now)))
    session.flush()
    session.connection().execute(_SKIP, {"key": key, "reason": Skip.SUPPRESSED})
    return True


def unsuppress(session: Session, address: str) -> bool:
    """Lets an address be mailed again, from the next issue on; False if it was not suppressed."""
    row = session.get(SuppressionRow, address_key(address))
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True


def suppression(session: Session, address: str) -> Suppression | None:
    """Why an address must not be mailed; None when it may."""
    row = session.get(SuppressionRow, address_key(address))
    if row is None:
        return None
    return Suppression(reason=row.reason, detail=row.detail, at=instant(row.at))


def is_suppressed(session: Session, address: str) -> bool:
    """Whether an address must not be mailed."""
    return suppression(session, address) is not None
