"""The rows of an issue are made in steps: who shares the event loop goes on, and may stop it."""

from __future__ import annotations

import asyncio
import random
import threading
from typing import Any

import pytest

from newsletter import workflow
from newsletter.delivery.relay import parse_relay
from newsletter.delivery.sender import Summary, Surroundings
from newsletter.store import issues
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.values import DeliveryState, IssueState
from tests.delivery.test_choosing import NOTHING, frozen
from tests.delivery.test_engine import KEYRING, READERS, catcher
from tests.store.stage import NOW

EVERYBODY = READERS | NOTHING
_real = issues.fan_out


async def send(database: Database, issue: Issue, port: int, stop: asyncio.Event) -> Summary:
    with database.read() as session:
        issue = issues.issue_by_id(session, issue.id)
    chance = random.Random(1).random  # noqa: S311 - when to try again
    around = Surroundings(clock=lambda: NOW, chance=chance, stop=stop)
    relay = parse_relay(f"smtp://127.0.0.1:{port}?rate=0")
    return await workflow.send(database, issue, relay, KEYRING, [], around)


def counts(database: Database, issue: Issue) -> dict[DeliveryState, int]:
    with database.read() as session:
        return dict(issues.counts(session, issue.id))


def test_rows_are_made_beside_the_event_loop(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = frozen(database)
    turns: list[int] = []

    async def go() -> Summary:
        loop, turned = asyncio.get_running_loop(), threading.Event()

        def fan_out(*given: Any, **more: Any) -> bool:
            loop.call_soon_threadsafe(turned.set)
            assert turned.wait(60), "the loop stands still while rows are made"
            turned.clear()
            turns.append(1)
            return _real(*given, **more)

        monkeypatch.setattr(issues, "fan_out", fan_out)
        monkeypatch.setattr(workflow, "FAN_OUT_CHUNK", 2)
        return await send(database, issue, port, asyncio.Event())

    with catcher() as (keeper, port):
        summary = asyncio.run(go())
    assert len(turns) == len(EVERYBODY) // 2 + 1
    assert summary.attempts == {DeliveryState.SENT: len(READERS)}
    assert len(keeper.kept) == len(READERS)


def test_told_to_stop_while_rows_are_made_it_ends_after_those_of_a_step_and_goes_on_from_there(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = frozen(database)

    async def stopped() -> Summary:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()

        def fan_out(*given: Any, **more: Any) -> bool:
            loop.call_soon_threadsafe(stop.set)
            return _real(*given, **more)

        monkeypatch.setattr(issues, "fan_out", fan_out)
        monkeypatch.setattr(workflow, "FAN_OUT_CHUNK", 2)
        return await send(database, issue, port, stop)

    with catcher() as (keeper, port):
        summary = asyncio.run(stopped())
        assert (summary.stopped, summary.attempts, keeper.kept) == (True, {}, {})
        assert sum(counts(database, issue).values()) == 2
        with database.read() as session:
            assert issues.issue_state(session, issue.id) is IssueState.FROZEN
        monkeypatch.setattr(issues, "fan_out", _real)
        asyncio.run(send(database, issue, port, asyncio.Event()))
    assert len(keeper.kept) == len(READERS)
    assert sum(counts(database, issue).values()) == len(EVERYBODY)
