"""A relay that refuses us pauses the issue, loses nobody, and says how to go on."""

from __future__ import annotations

import asyncio

import pytest

from newsletter.delivery.engine import deliver
from newsletter.delivery.relay import parse_relay
from newsletter.delivery.sender import Manners, Summary, Surroundings
from newsletter.errors import RelayRefusedError
from newsletter.store import issues, steering
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.values import DeliveryState, IssueState
from tests.delivery.scripted_server import Fault, Kind, ScriptedServer
from tests.delivery.sending import IMPATIENT, PATIENT, run
from tests.delivery.test_engine import KEYRING, going_out, send, states
from tests.store.stage import NOW

HOW = "is paused: mend that, then `newsletter issues resume"


def over(database: Database, issue: Issue, server: ScriptedServer, user: str = "") -> Summary:
    async def go() -> Summary:
        async with server.running():
            around = Surroundings(clock=lambda: NOW, chance=lambda: 0.5, stop=asyncio.Event())
            manners = Manners(timeouts=PATIENT, persistence=IMPATIENT)
            relay = parse_relay(f"smtp://{user}127.0.0.1:{server.port}")
            return await deliver(database, issue, relay, KEYRING, around, manners)

    return run(go())


def stored(database: Database, issue: Issue) -> Issue:
    with database.read() as session:
        return issues.issue_by_id(session, issue.id)


def goes_on(database: Database, issue: Issue) -> None:
    with database.write() as session:
        steering.resume(session, issue.id)
        issues.begin_sending(session, issue.id)
    server = ScriptedServer()

    async def go() -> None:
        async with server.running():
            await send(database, issue, server.port)

    run(go())
    assert set(states(database, issue).values()) == {DeliveryState.SENT}


@pytest.mark.parametrize(
    ("server", "user", "said"),
    [
        (ScriptedServer(faults=(Fault("greeting", Kind.PERMANENT, times=99),)), "", "connection"),
        (ScriptedServer(extensions=(b"AUTH PLAIN",), login=b"\0me\0other"), "me:no@", "login: 535"),
    ],
    ids=["greeting", "AUTH"],
)
def test_a_refusal_before_any_mail_pauses_and_leaves_all_queued(
    sqlite_database: Database, server: ScriptedServer, user: str, said: str
) -> None:
    issue = going_out(sqlite_database)
    with pytest.raises(RelayRefusedError, match=said) as caught:
        over(sqlite_database, issue, server, user)
    assert HOW in str(caught.value)
    assert "\n" not in str(caught.value)
    assert stored(sqlite_database, issue).state is IssueState.PAUSED
    assert set(states(sqlite_database, issue).values()) == {DeliveryState.QUEUED}
    goes_on(sqlite_database, issue)


@pytest.mark.parametrize(
    ("stage", "reply"),
    [("mail", b"550 5.7.1 not you\r\n"), ("body", b"550 5.7.26 unauthenticated - gsmtp\r\n")],
    ids=["MAIL", "Gmail's authentication codes"],
)
def test_a_refusal_of_us_pauses_and_nobody_has_failed(
    database: Database, stage: str, reply: bytes
) -> None:
    issue = going_out(database)
    fault = Fault(stage, Kind.PERMANENT, times=99, reply=reply)
    summary = over(database, issue, ScriptedServer(faults=(fault,)))
    assert HOW in summary.halt
    found = stored(database, issue)
    assert found.state is IssueState.PAUSED
    assert found.note
    assert found.note in summary.halt
    assert DeliveryState.FAILED not in states(database, issue).values()
    goes_on(database, issue)


def test_a_relay_that_is_merely_away_pauses_nothing(sqlite_database: Database) -> None:
    issue = going_out(sqlite_database)
    server = ScriptedServer(faults=(Fault("greeting", Kind.CLOSING, times=99),))
    with pytest.raises(Exception, match="refuses the connection: 421"):
        over(sqlite_database, issue, server)
    assert stored(sqlite_database, issue).state is IssueState.SENDING
