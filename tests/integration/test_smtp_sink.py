"""Postfix's smtp-sink, which no one here wrote, with its own faults: the ledger ends as it says."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from newsletter.delivery.connection import Timeouts
from newsletter.delivery.sender import Summary
from newsletter.errors import RelayError
from newsletter.store.values import DeliveryState
from tests.delivery.memory_ledger import MemoryLedger
from tests.delivery.sending import Sending, run
from tests.integration.listening import until_open
from tests.ports import free_port

pytestmark = pytest.mark.system("smtp-sink")
READERS = 12
SENT, FAILED, QUEUED = DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.QUEUED
DEFERRED, DOUBT = DeliveryState.DEFERRED, DeliveryState.IN_DOUBT


@contextmanager
def sink(*options: str) -> Iterator[int]:
    port = free_port()
    command = ["smtp-sink", "-u", "nobody", *options, f"127.0.0.1:{port}", "100"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            until_open(port, "smtp-sink", process)
            yield port
        finally:
            process.kill()


def send(
    *options: str, seconds: float = 20.0, readers: int = READERS
) -> tuple[MemoryLedger, Summary | None]:
    ledger = MemoryLedger.of(readers)
    patience = Timeouts(
        connect=seconds, mail=seconds, rcpt=seconds, data=seconds, block=seconds, body=seconds
    )
    with sink(*options) as port:
        try:
            return ledger, run(Sending(ledger, timeouts=patience).to(port))
        except RelayError:
            return ledger, None


def test_all_is_taken_with_and_without_pipelining() -> None:
    for options in ([], ["-p"]):
        ledger, _ = send(*options)
        assert ledger.states() == {SENT: READERS}


@pytest.mark.parametrize(
    ("options", "state", "stage"),
    [
        (("-r", "RCPT"), DEFERRED, "rcpt"),
        (("-f", "RCPT"), FAILED, "rcpt"),
        (("-r", "DATA"), DEFERRED, "data"),
        (("-f", "DATA"), FAILED, "data"),
        (("-r", "."), DEFERRED, "body"),
        (("-f", "."), FAILED, "body"),
    ],
    ids=" ".join,
)
def test_each_answer_is_recorded_with_its_stage(
    options: tuple[str, str], state: DeliveryState, stage: str
) -> None:
    ledger, summary = send(*options)
    assert summary is not None
    assert set(ledger.states()) == {state}
    asked = [row.outcomes[-1] for row in ledger.rows.values() if row.outcomes]
    assert {outcome.stage for outcome in asked} == {stage}
    code = 450 if state is DEFERRED else 500
    assert {outcome.code // 100 for outcome in asked} == {code // 100}


def test_a_permanent_answer_at_mail_halts() -> None:
    ledger, summary = send("-f", "MAIL")
    assert summary is not None
    assert "refuses us at MAIL" in summary.halt
    assert FAILED not in ledger.states()


def test_a_greeting_that_refuses_leaves_everybody_queued() -> None:
    for option in ("-f", "-q"):
        ledger, summary = send(option, "CONNECT")
        assert summary is None
        assert ledger.states() == {QUEUED: READERS}


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_hanging_up_before_the_message_puts_nobody_in_doubt(stage: str) -> None:
    ledger, _ = send("-q", stage)
    assert set(ledger.states()) <= {QUEUED, DEFERRED}


def test_hanging_up_after_the_final_dot_is_a_doubt_for_each_that_was_tried() -> None:
    ledger, _ = send("-q", ".")
    assert DOUBT in ledger.states()
    assert SENT not in ledger.states()
    tried = {number for number, row in ledger.rows.items() if row.attempts}
    assert {n for n, row in ledger.rows.items() if row.state is DOUBT} <= tried


def test_slow_answers_are_waited_for() -> None:
    ledger, _ = send("-w", "1", readers=2)
    assert ledger.states() == {SENT: 2}


def test_answers_slower_than_our_patience_are_doubts_not_losses() -> None:
    ledger, _ = send("-w", "600", seconds=0.3)
    assert SENT not in ledger.states()
    assert set(ledger.states()) <= {DOUBT, QUEUED, DEFERRED}
