"""A whole issue over a real Postfix, which queues it and hands it on: everybody gets it once, and
what is refused further on comes back to the address that says whose it is."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest
import uvloop

from newsletter import workflow
from newsletter.delivery.relay import parse_relay
from newsletter.delivery.sender import Summary, Surroundings
from newsletter.packaged import packaged
from newsletter.store import issues, ledger
from newsletter.store.database import Database
from newsletter.store.values import DeliveryState, IssueState
from newsletter.tokens import Keyring, Purpose
from tests.integration.audience import NOW, fill, issue_of
from tests.integration.postfix import Postfix, postfix
from tests.integration.senders import KEY
from tests.integration.sink import REFUSED, Sink, sink

READERS = 200
SECONDS = 120.0
pytestmark = pytest.mark.system("postfix", "root")  # only root can start a Postfix


def send(database: Database, relay: Postfix) -> Summary:
    around = Surroundings(clock=lambda: NOW, chance=lambda: 0.5, stop=asyncio.Event())
    return uvloop.run(
        workflow.send(
            database,
            issue_of(database),
            parse_relay(f"smtp://127.0.0.1:{relay.port}?connections=4&reuse=20"),
            Keyring.of([KEY]),
            [packaged("templates")],
            around,
        )
    )


def _delivery(envelope_sender: str) -> int:
    token = envelope_sender.partition("@")[0].removeprefix("bounces+")
    return Keyring.of([KEY]).open(Purpose.ENVELOPE, token)


def arrived(there: Sink, expected: int, relay: Postfix) -> Counter[str]:
    """Who got how many, once Postfix has nothing left to hand on."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        found = Counter(message.recipient for message in there.accepted(0))
        if found.total() >= expected and not relay.waiting():
            return found
        time.sleep(0.1)
    raise AssertionError(
        f"{found.total()} of {expected} arrived; Postfix says: {relay.log[-2000:]}"
    )


def test_everybody_gets_it_once_and_what_is_refused_comes_back_named(
    sqlite_database: Database, tmp_path: Path
) -> None:
    fill(sqlite_database, READERS)
    with sink(tmp_path) as there, postfix(there.port) as relay:
        summary = send(sqlite_database, relay)
        again = send(sqlite_database, relay)
        with sqlite_database.read() as session:
            views = list(ledger.deliveries(session, issue_of(sqlite_database).id))
            state = issues.issue_state(session, issue_of(sqlite_database).id)
        taken = {view.address for view in views if view.state is DeliveryState.SENT}
        readers = {address for address in taken if not address.startswith(REFUSED)}
        found = arrived(there, len(taken), relay)
        log = relay.log
    assert summary.attempts == {DeliveryState.SENT: len(taken)}
    assert again.attempts == {}
    assert state is IssueState.SENT
    bounces = [address for address in found if address.startswith("bounces+")]
    assert {n for n in found.items() if n[0] not in bounces} == {
        (address, 1) for address in readers
    }
    # What the sink refused came back to the envelope sender, which says whose it was (VERP).
    refused = {view.id for view in views if view.address in taken - readers}
    assert {_delivery(address) for address in bounces} == refused
    assert len(bounces) == len(refused) > 0
    assert {view.relay for view in views if view.state is DeliveryState.SENT} == {
        f"127.0.0.1:{relay.port}"
    }
    # It had the queue id in its reply, which is how an admin finds a message in its log.
    (sample,) = {view.text for view in views if view.address == min(readers)}
    assert sample.rpartition(" ")[2] in log
