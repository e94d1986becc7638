"""Whatever the relay does at whatever stage, the ledger ends up saying what is so."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from newsletter.delivery.sender import Summary
from newsletter.errors import RelayError
from newsletter.store.values import DeliveryState
from tests.delivery.memory_ledger import MemoryLedger
from tests.delivery.scripted_server import Fault, Kind, ScriptedServer
from tests.delivery.sending import PATIENT, Sending, patience_with, run, run_on_asyncio

READERS = 6
Runs = Callable[[Coroutine[Any, Any, Summary | None]], Summary | None]
PIPELINED = (b"PIPELINING", b"8BITMIME", b"SIZE 10000000")
STEPWISE = (b"8BITMIME",)
WAYS = pytest.mark.parametrize("extensions", [PIPELINED, STEPWISE], ids=["pipelined", "stepwise"])


def agree(ledger: MemoryLedger, server: ScriptedServer) -> None:
    """The ledger and the server tell the same story of every reader."""
    for number, row in ledger.rows.items():
        reader = ledger.address(number)
        taken = server.recipients.count(reader)
        assert row.state is not DeliveryState.SENDING, f"{reader} was left behind"
        assert taken <= 1, f"{reader} got it {taken} times"
        if row.state is DeliveryState.SENT:
            assert taken == 1, f"{reader} is sent and never arrived"
        elif row.state is DeliveryState.IN_DOUBT:
            assert reader in server.unanswered, f"{reader} was answered and is in doubt"
        else:
            assert taken == 0, f"{reader} arrived and is {row.state}"
            assert reader not in server.unanswered, f"{reader} may have arrived: {row.state}"


def send(
    server: ScriptedServer, connections: int = 2, runs: Runs = run
) -> tuple[MemoryLedger, Summary | None]:
    ledger = MemoryLedger.of(READERS)

    async def go() -> Summary | None:
        async with server.running():
            try:
                sending = Sending(ledger, connections=connections, timeouts=patience_with(server))
                return await sending.to(server.port)
            except RelayError:
                return None

    return ledger, runs(go())


@pytest.mark.parametrize("runs", [run, run_on_asyncio], ids=["uvloop", "asyncio"])
@WAYS
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "body"])
def test_one_fault_in_the_middle_touches_one_delivery(
    extensions: tuple[bytes, ...], stage: str, kind: Kind, runs: Runs
) -> None:
    server = ScriptedServer(extensions=extensions, faults=(Fault(stage, kind, first=2),))
    ledger, summary = send(server, runs=runs)
    agree(ledger, server)
    states = ledger.states()
    assert summary is not None
    if stage == "mail" and kind is Kind.PERMANENT:
        assert "refuses us at MAIL" in summary.halt, "what is said of us would be said to everybody"
        assert states[DeliveryState.DEFERRED] == 1
        return
    assert states[DeliveryState.SENT] >= READERS - (kind is not Kind.LATE)
    silent = kind in (Kind.DROP, Kind.STALL, Kind.GARBAGE, Kind.HALF)
    assert (DeliveryState.IN_DOUBT in states) == (silent and stage == "body")
    assert (DeliveryState.FAILED in states) == (kind is Kind.PERMANENT and stage != "mail"), (
        "a refusal at MAIL is no fault of the reader's"
    )


@WAYS
@pytest.mark.parametrize("kept", [True, False], ids=["accepted", "not accepted"])
@pytest.mark.parametrize("kind", [Kind.DROP, Kind.STALL, Kind.GARBAGE, Kind.HALF])
def test_a_reply_that_never_comes_is_in_doubt_whatever_the_server_did(
    extensions: tuple[bytes, ...], kind: Kind, kept: bool
) -> None:
    server = ScriptedServer(
        extensions=extensions, faults=(Fault("body", kind),), keep_unanswered=kept
    )
    ledger, _ = send(server)
    agree(ledger, server)
    assert ledger.states()[DeliveryState.IN_DOUBT] == 1


@WAYS
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("stage", ["greeting", "ehlo", "mail", "rcpt", "data", "body"])
def test_a_relay_that_never_does_better_loses_nobody(
    extensions: tuple[bytes, ...], stage: str, kind: Kind
) -> None:
    server = ScriptedServer(extensions=extensions, faults=(Fault(stage, kind, times=10_000),))
    ledger, summary = send(server, connections=READERS)
    agree(ledger, server)
    if kind is Kind.LATE:
        assert ledger.states() == {DeliveryState.SENT: READERS}
    elif stage == "greeting":
        assert summary is None, "a relay that cannot be used is an error that says so"
        assert ledger.states() == {DeliveryState.QUEUED: READERS}
        assert all(row.attempts == 0 for row in ledger.rows.values())
    else:
        assert DeliveryState.SENT not in ledger.states() or stage == "ehlo"


@WAYS
def test_a_message_that_had_not_left_whole_is_not_in_doubt(extensions: tuple[bytes, ...]) -> None:
    server = ScriptedServer(
        extensions=extensions, small_window=True, faults=(Fault("content", Kind.DROP),)
    )
    ledger = MemoryLedger.of(2)

    async def go() -> Summary:
        async with server.running():
            return await Sending(ledger, size=6_000_000, timeouts=PATIENT).to(server.port)

    summary = run(go())
    agree(ledger, server)
    assert ledger.states() == {DeliveryState.SENT: 2}
    assert summary.attempts == {DeliveryState.QUEUED: 1, DeliveryState.SENT: 2}
