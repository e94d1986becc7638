"""Thousands of one-click POSTs while the issue goes out: each reader leaves once, none is refused,
and nobody is mailed who had left.

CLICKS in the environment is their number: `make proof` has 10 000, which take a minute or so on
each database.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from newsletter.store import deliveries, departures
from newsletter.store.deliveries import DeliveryView
from newsletter.store.values import DeliveryState, Way
from newsletter.tokens import Keyring, Purpose
from tests.integration.audience import Store, Stores, issue_of
from tests.integration.clicks import Answer, click
from tests.integration.senders import KEY, Launcher, Process
from tests.integration.sink import REFUSED, Sink, sink

CLICKS = int(os.environ.get("CLICKS", "2000"))
CONNECTIONS = 100
ON_THE_WAY = 8
"""The sender's connections: each has one message on its way at most."""


def test_all_who_leave_at_once_have_left_once(
    stores: Stores,
    senders: Launcher,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    store = stores()
    # However slow the pages are on a busy machine, the sender is slower.
    with sink(tmp_path, delay=2.0, quick=20) as slow:
        sender = senders.start(store.url, slow.url(ON_THE_WAY))
        assert slow.wait_for(20, 0), sender.said
        pages = senders.start(store.url, slow.url(1), "serve", "--no-schedule", "--port", "0")
        views = rows(store)
        began = time.monotonic()
        answers = asyncio.run(click(port_of(pages), paths(views), CONNECTIONS))
        seconds = time.monotonic() - began
        assert sender.ended() == 0, sender.said
        pages.signal(signal.SIGTERM)
        assert pages.ended() == 0, pages.said
        assert Counter(answer.status for answer in answers) == {200: CLICKS}
        check_store(store)
        spared = check_mail(store, slow, answers)
    with capsys.disabled():
        print(
            f"\n{request.node.callspec.params['stores']}: {CLICKS} one-click POSTs over "
            f"{CONNECTIONS} connections in {seconds:.0f} s while the issue went out: all answered "
            f"200, {len(views)} readers left once each, {spared} of them before their mail, and "
            "none was mailed afterwards"
        )


def rows(store: Store) -> list[DeliveryView]:
    with closing(store.open()) as database, database.read() as session:
        return list(deliveries.deliveries(session, issue_of(database).id))


def paths(views: list[DeliveryView]) -> list[str]:
    """The leaving links of all, those last who have their mail first, again and again."""
    key = Keyring.of([KEY]).current
    links = [f"/u/{key.sign(Purpose.LEAVE, view.id)}" for view in reversed(views)]
    return (links * (CLICKS // len(links) + 1))[:CLICKS]


def port_of(pages: Process) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := re.search(r"serving http://127\.0\.0\.1:(\d+)", pages.said):
            return int(found[1])
        time.sleep(0.05)
    raise AssertionError(pages.said)


def check_store(store: Store) -> None:
    """Everybody left, once, by one click with the mail it was, or because it was refused."""
    with closing(store.open()) as database, database.read() as session:
        for view in deliveries.deliveries(session, issue_of(database).id):
            (departure,) = departures.departures(session, view.subscriber_id)
            refused = view.address.startswith(REFUSED) and departure.way is Way.BOUNCE
            assert refused or departure.way is Way.ONE_CLICK
            assert departure.delivery_id == view.id


def check_mail(store: Store, to: Sink, answers: list[Answer]) -> int:
    """Whose row was skipped got nothing, and who got it had it or had it on its way; how many were
    spared."""
    arrived = {taken.recipient: taken.at for taken in to.accepted()}
    key = Keyring.of([KEY]).current
    left: dict[str, float] = {}
    for answer in answers:
        left.setdefault(answer.path, answer.at)
    spared, late = 0, list[tuple[float, float]]()
    for view in rows(store):
        if view.state is DeliveryState.SKIPPED:
            assert view.address not in arrived
            spared += 1
        elif view.address in arrived:
            late.append((left[f"/u/{key.sign(Purpose.LEAVE, view.id)}"], arrived[view.address]))
    assert most_at_once(late) <= ON_THE_WAY
    assert spared > len(left) // 4, "the leaves came too late to show anything"
    return spared


def most_at_once(spans: list[tuple[float, float]]) -> int:
    """How many of the spans, each from a leave to a message that came after it, have an instant in
    common."""
    spans = [(begin, end) for begin, end in spans if begin < end]
    return max((sum(a <= begin < b for a, b in spans) for begin, _ in spans), default=0)
