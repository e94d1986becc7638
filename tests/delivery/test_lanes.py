"""Sending at a pace: as fast as is allowed, nobody held up by a slow provider, nobody left out."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from newsletter.delivery import lanes
from newsletter.delivery.feed import Feed
from newsletter.delivery.lanes import Lanes
from newsletter.delivery.pacing import FIRST_DAY, Pace, Paces
from newsletter.delivery.relay import parse_relay
from newsletter.delivery.sender import Summary, Surroundings, send_issue
from newsletter.store.values import Claim, DeliveryState, Due, Outcome
from tests.delivery.memory_ledger import NOW, MemoryLedger
from tests.delivery.scripted_server import Fault, Kind, ScriptedServer
from tests.delivery.sending import Sending, run

SENT, QUEUED = DeliveryState.SENT, DeliveryState.QUEUED


def mixed(number: int) -> str:
    """Two of three readers are at the slow provider."""
    return f"reader{number}@{'foxmail.com' if number % 3 else 'example.org'}"


def to(ledger: MemoryLedger, server: ScriptedServer, options: str, connections: int = 4) -> Summary:
    async def go() -> Summary:
        async with server.running():
            sending = Sending(ledger, connections=connections, options=options)
            return await sending.to(server.port)

    return run(go())


def test_a_relay_gets_what_its_rate_allows_over_few_connections() -> None:
    ledger, server = MemoryLedger.of(30), ScriptedServer()
    began = time.monotonic()
    to(ledger, server, "&rate=40")
    took = time.monotonic() - began
    assert ledger.states() == {SENT: 30}
    assert took >= (30 - 5) / 40
    assert server.connections <= 4, "connections are kept from one turn to the next"


def test_a_slow_provider_holds_nobody_up() -> None:
    ledger, server = MemoryLedger.of(60), ScriptedServer()
    ledger.address = mixed
    others = {mixed(n) for n in range(1, 61) if n % 3 == 0}

    async def go() -> None:
        async with server.running():
            sending = Sending(ledger, options="&rate.qq=0.01")
            task = asyncio.ensure_future(sending.to(server.port))
            while not others <= set(server.recipients):
                server.took_one.clear()
                await server.took_one.wait()
            sending.stop.set()
            await task

    run(go())
    assert len(server.recipients) < 30, "the others went first, though they stand further back"


@pytest.mark.parametrize("slow", [{"foxmail.com"}, {"foxmail.com", "163.com"}])
def test_memory_is_bounded_and_who_was_passed_over_is_found_again(
    monkeypatch: pytest.MonkeyPatch, slow: set[str]
) -> None:
    monkeypatch.setattr(lanes, "LANE", 5)
    ledger, server = MemoryLedger.of(150), ScriptedServer()
    names = [*sorted(slow), "example.org"]
    ledger.address = lambda number: f"reader{number}@{names[number % len(names)]}"
    to(ledger, server, "&rate.qq=150&rate.netease=80")
    assert ledger.states() == {SENT: 150}
    assert sorted(server.recipients) == sorted({ledger.address(n) for n in range(1, 151)})


def test_where_only_the_slow_are_left_no_more_is_read_than_may_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lanes, "LANE", 5)

    async def go(*, cut: bool) -> tuple[int, bool, frozenset[str]]:
        ledger = MemoryLedger.of(500)
        ledger.address = lambda number: f"reader{number}@qq.com"
        read = 0

        async def pages(after: int) -> list[Due]:
            nonlocal read
            read += 1
            return ledger.page(after)

        pace = Pace(parse_relay("smtp://127.0.0.1?rate.qq=0.01"))
        line = Lanes(Feed(pages), pace, lambda: NOW, asyncio.Event(), frozenset({"qq"}))
        taken = [await line.take(wait=False) for _ in range(20)]
        assert [due is not None for due in taken] == [True] + [False] * 19
        if cut:
            line.cut()
            assert await line.take(wait=False) is None
        return read, await line.waiting(), line.passed

    assert run(go(cut=False)) == (1, True, frozenset())
    # What is due again stands anywhere: this pass ends, and the next one looks for it.
    assert run(go(cut=True)) == (1, False, frozenset({"qq"}))


def test_what_a_lost_connection_put_back_goes_out_though_a_provider_is_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lanes, "LANE", 3)
    drops = (Fault("rcpt", Kind.DROP, first=2), Fault("rcpt", Kind.DROP, first=30))
    ledger, server = MemoryLedger.of(60), ScriptedServer(faults=drops)
    ledger.address = mixed
    to(ledger, server, "&rate.qq=60", connections=2)
    assert ledger.states() == {SENT: 60}
    assert len(server.recipients) == len(set(server.recipients)) == 60


def test_a_stop_ends_all_waiting_at_once() -> None:
    ledger, server = MemoryLedger.of(20), ScriptedServer()

    async def go() -> None:
        async with server.running():
            sending = Sending(ledger, options="&rate=0.01")
            task = asyncio.ensure_future(sending.to(server.port))
            await server.took_one.wait()
            sending.stop.set()
            await task  # whoever waited for a turn would not be done within minutes

    run(go())
    assert ledger.states() == {SENT: 1, QUEUED: 19}


def test_a_relay_that_asks_for_patience_is_given_less() -> None:
    busy = Fault("mail", Kind.TRANSIENT, reply=b"451 4.3.2 too busy\r\n")
    ledger, server = MemoryLedger.of(12), ScriptedServer(faults=(busy,))
    began = time.monotonic()
    to(ledger, server, "&rate=20", connections=1)
    assert ledger.states() == {SENT: 11, DeliveryState.DEFERRED: 1}
    assert time.monotonic() - began >= 10 / 11, "half of 20 a second"


def test_two_sends_over_one_relay_share_its_rate() -> None:
    async def go() -> float:
        first, second, server = MemoryLedger.of(15), MemoryLedger.of(15), ScriptedServer()
        paces = Paces()
        async with server.running():
            relay = parse_relay(f"smtp://127.0.0.1:{server.port}?rate=40&connections=1")
            around = Surroundings(
                clock=lambda: NOW, chance=lambda: 0.5, stop=asyncio.Event(), paces=paces
            )
            began = time.monotonic()
            await asyncio.gather(
                *(
                    send_issue(ledger.work(executor), relay, around)
                    for ledger, executor in zip((first, second), executors, strict=True)
                )
            )
        assert first.states() == second.states() == {SENT: 15}
        return time.monotonic() - began

    executors = [ThreadPoolExecutor(1) for _ in range(2)]
    try:
        assert run(go()) >= (30 - 5) / 40
    finally:
        for executor in executors:
            executor.shutdown()


def test_who_leaves_at_the_last_moment_takes_nobodys_turn() -> None:
    ledger, server = MemoryLedger.of(FIRST_DAY + 3), ScriptedServer()

    def leave(_outcomes: Sequence[Outcome], claims: Sequence[Claim]) -> None:
        for claim in claims:
            if claim.delivery_id in (2, 9, 100):
                ledger.rows[claim.delivery_id].state = DeliveryState.SKIPPED

    ledger.before_commit = leave
    to(ledger, server, f"&warmup={NOW.date()}")
    assert ledger.states() == {SENT: FIRST_DAY, DeliveryState.SKIPPED: 3}


def test_a_warm_up_sends_its_days_share_and_says_when_the_rest_goes() -> None:
    ledger, server = MemoryLedger.of(FIRST_DAY + 30), ScriptedServer()
    summary = to(ledger, server, f"&warmup={NOW.date()}")
    assert ledger.states() == {SENT: FIRST_DAY, QUEUED: 30}
    midnight = dt.datetime.combine(NOW.date() + dt.timedelta(days=1), dt.time(), dt.UTC)
    assert (summary.next_due, summary.halt) == (midnight, "")
