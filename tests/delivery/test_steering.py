"""An issue paused and cancelled while it is being sent to a real SMTP server."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable

from newsletter.delivery.cancelling import cancel
from newsletter.delivery.sender import Summary, Surroundings
from newsletter.delivery.watching import while_going
from newsletter.store import issues, ledger, steering
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.values import DeliveryState, Skip
from tests.delivery.scripted_server import ScriptedServer
from tests.delivery.sending import run
from tests.delivery.test_engine import READERS, going_out, send, states
from tests.store.stage import NOW, SENDER


def sent_while(
    database: Database, issue: Issue, server: ScriptedServer, act: Callable[[], object]
) -> Summary:
    """Sends over one connection; at the second recipient, `act` happens."""

    def second(_recipient: str) -> None:
        if len(server.accepted) == 1:
            act()

    server.on_rcpt = second

    async def go() -> Summary:
        async with server.running():
            return await send(database, issue, server.port, connections=1)

    return run(go())


def test_a_pause_from_outside_ends_the_send_and_resuming_sends_the_rest_once(
    database: Database,
) -> None:
    issue, server = going_out(database), ScriptedServer()

    def pause() -> None:
        with database.write() as session:
            steering.pause(session, issue.id)

    summary = sent_while(database, issue, server, pause)
    assert (summary.halt, summary.stopped) == ("the issue is paused", False)
    found = Counter(states(database, issue).values())
    assert found[DeliveryState.SENDING] == 0
    assert found[DeliveryState.QUEUED] >= len(READERS) - 2
    with database.write() as session:
        steering.resume(session, issue.id)
        issue = issues.issue_by_id(session, issue.id)

    async def rest() -> Summary:
        async with server.running():
            return await send(database, issue, server.port)

    server.on_rcpt = lambda _recipient: None
    run(rest())
    assert len(server.recipients) == len(set(server.recipients)) == len(READERS)
    assert set(states(database, issue).values()) == {DeliveryState.SENT}


def test_a_sender_that_only_waits_notices_a_pause() -> None:
    paused = threading.Event()

    async def wait(near: Surroundings) -> Summary:
        asyncio.get_running_loop().call_later(0.1, paused.set)
        await near.stop.wait()
        return Summary(attempts={}, skipped=0, next_due=None, stopped=True)

    async def go() -> Summary:
        around = Surroundings(clock=lambda: NOW, chance=lambda: 0.5, stop=asyncio.Event())
        return await while_going(lambda: not paused.is_set(), around, wait)

    assert not run(go()).stopped, "nobody stopped it but the pause"


def test_a_sender_that_is_told_to_stop_says_so() -> None:
    async def wait(near: Surroundings) -> Summary:
        await near.stop.wait()
        return Summary(attempts={}, skipped=0, next_due=None, stopped=True)

    async def go() -> Summary:
        around = Surroundings(clock=lambda: NOW, chance=lambda: 0.5, stop=asyncio.Event())
        asyncio.get_running_loop().call_soon(around.stop.set)
        return await while_going(lambda: True, around, wait)

    assert run(go()).stopped


def test_cancelling_skips_who_has_not_got_it_and_nobody_is_left_in_between(
    database: Database,
) -> None:
    issue, server = going_out(database), ScriptedServer()
    summary = sent_while(database, issue, server, lambda: cancel(database, issue.id, NOW))
    assert summary.halt == "the issue is cancelled"
    found = Counter(states(database, issue).values())
    assert found[DeliveryState.SENT] == len(server.accepted)
    assert found[DeliveryState.SENT] + found[DeliveryState.SKIPPED] == len(READERS)
    with database.read() as session:
        assert set(issues.skips(session, issue.id)) == {Skip.CANCELLED}


def test_what_a_dead_sender_left_of_a_cancelled_issue_is_in_doubt(database: Database) -> None:
    issue = going_out(database)
    with database.write() as session:
        due = ledger.due(session, issue.id, now=NOW, limit=1)[0]
        session.connection().exec_driver_sql(
            f"UPDATE deliveries SET state = 'sending', sender = '{SENDER}' "  # noqa: S608 - ours
            f"WHERE id = {due.delivery_id}"
        )
    assert cancel(database, issue.id, NOW)
    found = Counter(states(database, issue).values())
    assert found == {DeliveryState.IN_DOUBT: 1, DeliveryState.SKIPPED: len(READERS) - 1}
    assert not cancel(database, issue.id, NOW), "again changes nothing"
