"""The fault matrix over the ledger on disk: whatever the relay does, its rows say what is so."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest

from newsletter.content.mailinglist import InDoubt
from newsletter.delivery.engine import deliver
from newsletter.delivery.relay import parse_relay
from newsletter.delivery.sender import Manners, Surroundings
from newsletter.errors import RelayError
from newsletter.store import issues, ledger, lists
from newsletter.store.database import Database
from newsletter.store.deliveries import DeliveryView
from newsletter.store.issues import Issue
from newsletter.store.values import DeliveryState
from tests.builders import make_digest, make_list
from tests.delivery.scripted_server import Fault, Kind, ScriptedServer
from tests.delivery.sending import IMPATIENT, patience_with, run
from tests.delivery.test_engine import KEYRING, compiled_forms
from tests.delivery.test_faults import PIPELINED, STEPWISE
from tests.store.stage import NOW, TODAY, everybody, join

READERS = [f"reader{number}@example.org" for number in range(6)]
STAGES = ("mail", "rcpt", "data", "body")
SILENT = (Kind.DROP, Kind.STALL, Kind.GARBAGE, Kind.HALF)


def going_out(database: Database) -> Issue:
    """An issue of a list that holds what is in doubt."""
    made = make_list()
    held = replace(made, policies=replace(made.policies, in_doubt=InDoubt.HOLD))
    with database.write() as session:
        lists.sync_list(session, held, {}, now=NOW)
        for address in READERS:
            join(session, address)
        draft = issues.save_draft(session, replace(make_digest(), list=held), NOW)
        issues.freeze(session, draft.id, compiled_forms(), NOW)
        while issues.fan_out(session, draft.id, everybody, today=TODAY, chunk=1000):
            pass
        return issues.begin_sending(session, draft.id)


def sent_through(database: Database, server: ScriptedServer) -> list[DeliveryView]:
    """The rows after one send to that server, with their attempts."""
    issue = going_out(database)
    around = Surroundings(clock=lambda: NOW, chance=lambda: 0.5, stop=asyncio.Event())
    manners = Manners(timeouts=patience_with(server), persistence=IMPATIENT)

    async def go() -> None:
        async with server.running():
            relay = parse_relay(f"smtp://127.0.0.1:{server.port}?connections=2")
            with suppress(RelayError):  # that no relay can be used; the rows say the rest
                await deliver(database, issue, relay, KEYRING, around, manners)

    run(go())
    with database.read() as session:
        rows = [view.id for view in ledger.deliveries(session, issue.id)]
        return [ledger.delivery(session, number) for number in rows]


def agree(rows: list[DeliveryView], server: ScriptedServer) -> None:
    """The rows and the server tell the same story of every reader, and so does each attempt."""
    assert [row.address for row in rows] == READERS
    for row in rows:
        taken = server.recipients.count(row.address)
        assert row.state is not DeliveryState.SENDING, f"{row.address} was left behind"
        unknown = row.address in server.unanswered
        assert unknown == (row.state is DeliveryState.IN_DOUBT), f"{row.address}: {row.state}"
        if not unknown:
            assert taken == (row.state is DeliveryState.SENT), f"{row.address}: {row.state}"
        unsent = [a for a in row.history if a.state is not DeliveryState.SENT]
        assert row.attempts == len(unsent) + (row.state is DeliveryState.SENT)


def doubts(rows: list[DeliveryView]) -> set[str]:
    return {row.address for row in rows if row.state is DeliveryState.IN_DOUBT}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("stage", STAGES)
def test_one_fault_in_the_middle_stands_in_the_ledger_as_it_was(
    sqlite_database: Database, stage: str, kind: Kind
) -> None:
    server = ScriptedServer(extensions=PIPELINED, faults=(Fault(stage, kind, first=2),))
    rows = sent_through(sqlite_database, server)
    agree(rows, server)
    assert bool(doubts(rows)) == (stage == "body" and kind in SILENT)


@pytest.mark.parametrize("kind", SILENT)
@pytest.mark.parametrize("extensions", [PIPELINED, STEPWISE], ids=["pipelined", "stepwise"])
@pytest.mark.parametrize("kept", [True, False], ids=["accepted", "not accepted"])
def test_a_reply_that_never_comes_is_in_doubt_on_both_databases(
    database: Database, extensions: tuple[bytes, ...], kind: Kind, kept: bool
) -> None:
    faults = (Fault("body", kind, first=2),)
    server = ScriptedServer(extensions=extensions, faults=faults, keep_unanswered=kept)
    rows = sent_through(database, server)
    agree(rows, server)
    assert len(doubts(rows)) == 1


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("stage", ["greeting", *STAGES])
def test_a_relay_that_never_does_better_loses_nobody(
    sqlite_database: Database, stage: str, kind: Kind
) -> None:
    server = ScriptedServer(extensions=PIPELINED, faults=(Fault(stage, kind, times=10_000),))
    rows = sent_through(sqlite_database, server)
    agree(rows, server)
