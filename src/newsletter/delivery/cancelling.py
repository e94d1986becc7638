"""Ending an issue for good, whoever is sending it at that moment."""

from __future__ import annotations

import datetime as dt

from newsletter.content.mailinglist import InDoubt
from newsletter.store import ledger, senders, steering
from newsletter.store.database import Database


def cancel(database: Database, issue_id: int, now: dt.datetime) -> bool:
    """Cancels an issue: what is queued or deferred is skipped, what a dead sender left is in doubt.

    A sender at work stops by itself and leaves its last rows to `sweep`. Again, it finishes what
    an earlier call has left; False if there was one.

    Raises:
        ConflictError: it is a draft, or has gone out to everybody.
    """
    with database.write() as session:
        changed = steering.cancel(session, issue_id, now)
    sweep(database, issue_id)
    with database.write() as session:
        ledger.abandon(session, issue_id, senders.alive_in(database), InDoubt.HOLD, now)
    return changed


def sweep(database: Database, issue_id: int) -> None:
    """Skips what a cancelled issue still has in its queue, in short transactions."""
    more = True
    while more:
        with database.write() as session:
            more = steering.skip_cancelled(session, issue_id)
