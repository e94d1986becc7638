"""The outbox to real SMTP servers: by itself, after a crash, and ahead of an issue."""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from sqlmodel import Session

from newsletter.content.mailinglist import InDoubt
from newsletter.delivery.outbox import ahead_of, beside, flush
from newsletter.delivery.relay import RelaySettings, parse_relay
from newsletter.delivery.sender import Manners, Summary, Surroundings
from newsletter.errors import ConflictError
from newsletter.rendering.mime import dot_stuff
from newsletter.store import lists, outbox, senders
from newsletter.store.database import Database
from newsletter.store.outbox_views import mails
from newsletter.store.values import Claim, DeliveryState
from tests.builders import make_list
from tests.delivery.scripted_server import Fault, Kind, ScriptedServer
from tests.delivery.sending import IMPATIENT, PATIENT, run
from tests.delivery.test_engine import READERS, going_out, send
from tests.store.stage import NOW
from tests.store.test_outbox import make_mail, put

MANNERS = Manners(timeouts=PATIENT, persistence=IMPATIENT)


def around(now: dt.datetime = NOW) -> Surroundings:
    return Surroundings(clock=lambda: now, chance=lambda: 0.5, stop=asyncio.Event())


def relay_to(server: ScriptedServer) -> RelaySettings:
    return parse_relay(f"smtp://127.0.0.1:{server.port}?connections=8")


async def flushed(database: Database, server: ScriptedServer, now: dt.datetime = NOW) -> Summary:
    async with server.running():
        return await flush(database, relay_to(server), around(now), MANNERS)


def states(database: Database) -> dict[str, DeliveryState]:
    with database.read() as session:
        return {view.to: view.state for view in mails(session)}


def test_each_mail_arrives_once_as_it_was_put_in(database: Database) -> None:
    put(database, "ada@example.test", "ben@example.test", "cy@example.test")
    server = ScriptedServer()
    assert run(flushed(database, server)).attempts == {DeliveryState.SENT: 3}
    assert run(flushed(database, server)).attempts == {}
    assert {m.recipient: m.octets for m in server.accepted} == {
        to: dot_stuff(make_mail(to).content) for to in states(database)
    }
    assert server.connections <= 2, "an issue beside it needs the relay's connections"


def test_a_refusal_and_a_delay_are_told_apart_and_kept(database: Database) -> None:
    put(database, "ada@example.test", "ben@example.test")
    answers = {
        "ada@example.test": b"550 5.1.1 no such user\r\n",
        "ben@example.test": b"451 4.7.1 later\r\n",
    }
    run(flushed(database, ScriptedServer(refuse=answers.get)))
    assert states(database) == {
        "ada@example.test": DeliveryState.FAILED,
        "ben@example.test": DeliveryState.DEFERRED,
    }
    run(flushed(database, ScriptedServer(), NOW + dt.timedelta(hours=1)))
    assert states(database)["ben@example.test"] is DeliveryState.SENT


def test_what_was_in_doubt_after_a_crash_is_sent_again_with_the_same_octets(
    database: Database,
) -> None:
    put(database, "ada@example.test")
    first = ScriptedServer(faults=(Fault("body", Kind.STALL, times=9),), keep_unanswered=True)

    async def die() -> None:
        async with first.running():
            sending = asyncio.ensure_future(flush(database, relay_to(first), around()))
            await first.took_one.wait()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    run(die())
    assert states(database) == {"ada@example.test": DeliveryState.SENDING}
    second = ScriptedServer()
    run(flushed(database, second))
    assert states(database) == {"ada@example.test": DeliveryState.SENT}
    assert [m.octets for m in second.accepted] == [m.octets for m in first.accepted]


def holding(session: Session) -> None:
    """The list holds what is in doubt."""
    made = make_list()
    policies = replace(made.policies, in_doubt=InDoubt.HOLD)
    lists.sync_list(session, replace(made, policies=policies), {}, now=NOW)


def test_a_list_that_holds_doubts_holds_those_of_its_mails_and_of_no_other(
    database: Database,
) -> None:
    with database.write() as session:
        holding(session)
        outbox.put(session, make_mail("ours@example.test"), NOW)
        outbox.put(session, replace(make_mail("theirs@example.test"), list_name="gone"), NOW)
    first = ScriptedServer(faults=(Fault("body", Kind.DROP, times=9),))
    summary = run(flushed(database, first))
    doubtful, deferred = DeliveryState.IN_DOUBT, DeliveryState.DEFERRED
    assert summary.attempts == {doubtful: 1, deferred: 1}
    assert states(database) == {"ours@example.test": doubtful, "theirs@example.test": deferred}
    second = ScriptedServer()
    run(flushed(database, second, NOW + dt.timedelta(hours=1)))
    assert second.recipients == ["theirs@example.test"]


def test_what_a_dead_sender_left_is_found_with_nothing_else_to_send_and_held_by_its_list(
    database: Database,
) -> None:
    put(database, "ada@example.test")
    with database.write() as session:
        holding(session)
        (due,) = outbox.due(session, now=NOW, limit=9)
        assert due.fixed is not None
        claim = Claim(delivery_id=due.delivery_id, fixed=due.fixed, plan="", at=NOW)
        outbox.commit(session, [], [claim], sender="0-00000001")
    server = ScriptedServer()

    async def look() -> None:
        async with server.running(), ahead_of(database, relay_to(server), around()):
            pass

    run(look())
    assert states(database) == {"ada@example.test": DeliveryState.IN_DOUBT}
    assert server.recipients == []


def test_what_stands_beside_the_outbox_does_not_wait_for_it(database: Database) -> None:
    put(database, "ada@example.test")
    server = ScriptedServer(faults=(Fault("greeting", Kind.STALL, times=9),))

    async def through() -> bool:
        async with AsyncExitStack() as away:
            await away.enter_async_context(server.running())
            async with beside(database, relay_to(server), around()):
                await away.aclose()
                return True

    assert run(through()), "the relay has not even greeted"
    assert states(database) == {"ada@example.test": DeliveryState.QUEUED}


def test_two_cannot_send_it_at_once(database: Database) -> None:
    server = ScriptedServer()
    with (
        senders.hold_issue(database, senders.OUTBOX),
        pytest.raises(ConflictError, match="the outbox is being sent by another process"),
    ):
        run(flushed(database, server))


def test_the_outbox_goes_ahead_of_an_issue_and_beside_it(database: Database) -> None:
    issue = going_out(database)
    put(database, "before@example.test")
    came = asyncio.Event()
    server = ScriptedServer(on_rcpt=lambda to: came.set() if "meanwhile" in to else None)

    async def go() -> None:
        async with server.running(), ahead_of(database, relay_to(server), around()):
            await send(database, issue, server.port)
            put(database, "meanwhile@example.test")
            await asyncio.wait_for(came.wait(), 60)

    run(go())
    assert server.recipients[0] == "before@example.test"
    assert len(server.recipients) == len(READERS) + 2
    assert set(states(database).values()) == {DeliveryState.SENT}


def test_an_outbox_that_cannot_go_hinders_no_issue(database: Database) -> None:
    issue = going_out(database)
    put(database, "before@example.test")
    nowhere = parse_relay("smtp://127.0.0.1:9")
    server = ScriptedServer()

    async def go() -> Summary:
        async with server.running(), ahead_of(database, nowhere, around()):
            return await send(database, issue, server.port)

    assert run(go()).attempts == {DeliveryState.SENT: len(READERS)}
    with database.read() as session:
        assert outbox.is_waiting(session, NOW)
