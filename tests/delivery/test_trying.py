"""A canary, its hold and its verdict, with a real SMTP server."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from typing import Any

import pytest

from newsletter import workflow
from newsletter.content.mailinglist import Policies
from newsletter.delivery import trying
from newsletter.delivery.relay import parse_relay
from newsletter.delivery.sender import Summary, Surroundings
from newsletter.delivery.trying import passes, too_bad
from newsletter.store import canary, issues, steering
from newsletter.store.canary import Fared
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.values import IssueState
from tests.delivery.scripted_server import ScriptedServer
from tests.delivery.sending import run
from tests.delivery.test_engine import KEYRING, READERS, going_out, send
from tests.store.stage import NOW

HALF_AN_HOUR = dt.timedelta(minutes=30)


def with_canary(database: Database, size: int = 2, hold: dt.timedelta = HALF_AN_HOUR) -> Issue:
    issue = going_out(database)
    with database.write() as session:
        canary.want(session, issue.id, size, hold)
        canary.draw(session, issue.id, lambda: 0.5, NOW)
    return issue


async def tried(
    database: Database,
    issue: Issue,
    server: ScriptedServer,
    now: dt.datetime = NOW,
    *,
    waits: bool = False,
) -> bool:
    """Sends what may be sent, and asks whether the rest may follow; if that `waits`, for half a
    second."""
    around = Surroundings(clock=lambda: now, chance=lambda: 0.5, stop=asyncio.Event())
    async with server.running():
        await send(database, issue, server.port, now=now)
        if waits:
            asyncio.get_running_loop().call_later(0.5, around.stop.set)
        return await passes(database, issue, around)


def test_the_rest_waits_for_the_hold_also_after_a_restart(database: Database) -> None:
    issue, server = with_canary(database), ScriptedServer()
    assert not run(tried(database, issue, server, waits=True)), "the hold is not over"
    assert len(server.accepted) == 2
    almost = NOW + HALF_AN_HOUR - dt.timedelta(seconds=1)
    assert not run(tried(database, issue, server, almost, waits=True))
    assert len(server.accepted) == 2
    over = NOW + HALF_AN_HOUR
    assert run(tried(database, issue, server, over))
    assert not run(tried(database, issue, server, over)), "it is no canary any more"
    assert len(server.recipients) == len(set(server.recipients)) == len(READERS)


def test_too_many_refusals_pause_the_issue_and_say_why(database: Database) -> None:
    issue = with_canary(database, hold=dt.timedelta())
    server = ScriptedServer(refuse=lambda _to: b"554 5.7.1 no\r\n")
    assert not run(tried(database, issue, server))
    with database.read() as session:
        found = issues.issue_by_id(session, issue.id)
    assert found.state is IssueState.PAUSED
    assert found.note == "of the first 2, 2 were refused, more than 3 %"
    with database.write() as session:
        steering.resume(session, issue.id)
        assert not canary.is_open(session, issue.id), "who resumes it means everybody"


def test_a_pause_ends_the_hold(database: Database) -> None:
    issue, server = with_canary(database), ScriptedServer()
    run(tried(database, issue, server, waits=True))
    with database.write() as session:
        steering.pause(session, issue.id)
    assert not run(tried(database, issue, server, NOW + HALF_AN_HOUR))
    assert len(server.accepted) == 2


def test_a_send_that_ended_in_the_hold_says_so(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue, server = with_canary(database), ScriptedServer()
    held, going = threading.Event(), trying._going

    def look(*asked: Any) -> bool:
        """The look of one that holds: it is looked again and again until the hold is over."""
        held.set()
        return going(*asked)

    monkeypatch.setattr(trying, "_going", look)

    async def go(pauses: bool) -> Summary:
        around = Surroundings(clock=lambda: NOW, chance=lambda: 0.5, stop=asyncio.Event())

        def interrupt() -> None:
            if not pauses:
                around.stop.set()
                return
            with database.write() as session:
                steering.pause(session, issue.id, "the title is wrong")

        async def in_the_hold() -> None:
            held.clear()
            await asyncio.to_thread(held.wait, 60)
            interrupt()

        async with server.running():
            relay = parse_relay(f"smtp://127.0.0.1:{server.port}")
            sending = workflow.send(database, issue, relay, KEYRING, (), around)
            summary, _ = await asyncio.gather(sending, in_the_hold())
            return summary

    summary = run(go(pauses=False))
    assert (summary.stopped, summary.halt) == (True, "")
    summary = run(go(pauses=True))
    assert (summary.stopped, summary.halt) == (False, "the issue is paused: the title is wrong")
    assert len(server.accepted) == 2


@pytest.mark.parametrize(
    ("fared", "reason"),
    [
        (Fared(), "of the first few nobody's server has answered"),
        (Fared(sent=97, refused=3), ""),
        (Fared(sent=96, refused=4), "of the first 100, 4 were refused, more than 3 %"),
        (Fared(sent=95, bounced=5), ""),
        (Fared(sent=94, bounced=6), "of the first 100, 6 came back, more than 5 %"),
    ],
)
def test_the_lists_limits_decide(fared: Fared, reason: str) -> None:
    assert too_bad(fared, Policies()) == reason
