"""A warm-up by the ledger: what went on a day is known after a restart, issue and outbox alike."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from newsletter.delivery import pacing
from newsletter.delivery.engine import deliver
from newsletter.delivery.outbox import flush
from newsletter.delivery.relay import parse_relay
from newsletter.delivery.sender import Manners, Summary, Surroundings
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.values import DeliveryState
from tests.delivery.scripted_server import ScriptedServer
from tests.delivery.sending import IMPATIENT, PATIENT, run
from tests.delivery.test_engine import KEYRING, READERS, going_out, states
from tests.store.stage import NOW
from tests.store.test_outbox import put

MANNERS = Manners(timeouts=PATIENT, persistence=IMPATIENT)


def around(now: dt.datetime) -> Surroundings:
    """Those of a process of its own: nothing is remembered but by the database."""
    return Surroundings(clock=lambda: now, chance=lambda: 0.5, stop=asyncio.Event())


def sent(database: Database, issue: Issue) -> int:
    return list(states(database, issue).values()).count(DeliveryState.SENT)


def test_a_restart_on_the_same_day_sends_no_more_and_the_next_day_does(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "FIRST_DAY", 2)
    assert len(READERS) >= 3
    issue, server = going_out(database), ScriptedServer()
    put(database, "ada@example.test")

    async def all_days() -> list[tuple[int, Summary]]:
        found = []
        async with server.running():
            relay = parse_relay(f"smtp://127.0.0.1:{server.port}?warmup={NOW.date()}")
            await flush(database, relay, around(NOW), MANNERS)
            for now in (NOW, NOW + dt.timedelta(hours=1), NOW + dt.timedelta(days=1)):
                summary = await deliver(database, issue, relay, KEYRING, around(now), MANNERS)
                found.append((sent(database, issue), summary))
        return found

    (first, left), (same_day, _), (next_day, _) = run(all_days())
    assert (first, same_day) == (1, 1), "the outbox had the other one"
    assert next_day == min(len(READERS), 1 + 4)
    assert left.next_due == dt.datetime.combine(NOW.date(), dt.time(), dt.UTC) + dt.timedelta(1)
