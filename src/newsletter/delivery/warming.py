"""What has gone on this day of a relay's warm-up, by the ledger: no restart forgets it."""

from __future__ import annotations

import datetime as dt

from newsletter.delivery.pacing import Day, Paces, ramp
from newsletter.delivery.relay import RelaySettings
from newsletter.store.accepted import accepted_since
from newsletter.store.database import Database


def count_today(database: Database, relay: RelaySettings, paces: Paces, now: dt.datetime) -> None:
    """Tells the pace of `relay`, and that of its fallback, what has gone since midnight UTC."""
    pace = paces.of(relay)
    if pace is not None and ramp(relay.warmup, now.date()) is not None:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        with database.read() as session:
            gone = accepted_since(session, relay.name, midnight)
        known = pace.today.gone if pace.today and pace.today.day == now.date() else 0
        pace.today = Day(now.date(), max(gone, known))  # some may be under way
    if relay.fallback is not None:
        count_today(database, relay.fallback, paces, now)
