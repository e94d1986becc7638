"""The group commit: one transaction for all who are waiting, and nothing after a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, current_thread

import pytest

from newsletter.delivery.committer import LINGER, QUIET_TURNS, Committer, Skipped, Untried
from newsletter.errors import DatabaseError
from newsletter.store.values import Claim, DeliveryState, Fixed, Outcome
from tests.delivery.memory_ledger import NOW, MemoryLedger
from tests.delivery.sending import run


def claim(number: int) -> Claim:
    facts = Fixed(
        edition=1,
        address=f"reader{number}@example.org",
        preferences_id=1,
        message_id=f"<{number}@example.org>",
        date=NOW,
        key_id="k",
        encoding="8bit",
    )
    return Claim(delivery_id=number, fixed=facts, plan="plan", at=NOW)


def sent(number: int) -> Outcome:
    return Outcome(delivery_id=number, state=DeliveryState.SENT, at=NOW, relay="mx:25")


def test_all_who_wait_ride_in_one_transaction() -> None:
    ledger = MemoryLedger.of(10)

    async def go() -> list[bool]:
        with ThreadPoolExecutor(1) as executor:
            committer = Committer(ledger, executor)
            first = [committer.submit(None, claim(n)) for n in range(1, 6)]
            await asyncio.gather(*first)
            second = [committer.submit(sent(n), claim(n + 5)) for n in range(1, 6)]
            return [await granted for granted in (*first, *second)]

    assert run(go()) == [True] * 10
    assert ledger.groups == [5, 10]


def test_those_who_come_during_a_commit_gather_for_the_next() -> None:
    ledger, begun, gate = MemoryLedger.of(4), Event(), Event()

    def wait(_outcomes: Sequence[Outcome], _claims: Sequence[Claim]) -> None:
        begun.set()
        gate.wait(60)

    ledger.before_commit = wait

    async def go() -> None:
        with ThreadPoolExecutor(1) as executor:
            committer = Committer(ledger, executor)
            first = committer.submit(None, claim(1))
            await asyncio.to_thread(begun.wait, 60)
            later = [committer.submit(None, claim(n)) for n in (2, 3)]
            await asyncio.sleep(0.01)
            committer.skip(Skipped(4, "nothing for them"))
            gate.set()
            await asyncio.gather(first, *later)
            await committer.flush()

    run(go())
    assert ledger.groups == [1, 2]
    assert ledger.rows[4].state is DeliveryState.SKIPPED


def test_a_claim_that_is_not_granted_says_so() -> None:
    ledger = MemoryLedger.of(2)
    ledger.rows[2].state = DeliveryState.SKIPPED

    async def go() -> list[bool]:
        with ThreadPoolExecutor(1) as executor:
            committer = Committer(ledger, executor)
            return list(await asyncio.gather(*(committer.submit(None, claim(n)) for n in (1, 2))))

    assert run(go()) == [True, False]


def test_a_failure_reaches_everybody_and_salvage_records_what_was_answered() -> None:
    ledger, broken = MemoryLedger.of(3), True

    def fail(_outcomes: Sequence[Outcome], claims: Sequence[Claim]) -> None:
        if broken and any(item.delivery_id == 2 for item in claims):
            raise OSError(28, "No space left on device")

    ledger.before_commit = fail

    async def go() -> None:
        with ThreadPoolExecutor(1) as executor:
            committer = Committer(ledger, executor)
            assert await committer.submit(None, claim(1))
            with pytest.raises(DatabaseError, match="No space left"):
                await committer.submit(sent(1), claim(2))
            with pytest.raises(DatabaseError):
                await committer.submit(None, claim(3))
            with pytest.raises(DatabaseError):
                await committer.flush()
            await committer.salvage()

    run(go())
    assert ledger.rows[1].state is DeliveryState.SENT
    assert ledger.rows[2].state is DeliveryState.QUEUED
    assert ledger.rows[3].state is DeliveryState.QUEUED


def test_a_skip_alone_is_committed_too() -> None:
    ledger = MemoryLedger.of(1)

    async def go() -> None:
        with ThreadPoolExecutor(1) as executor:
            committer = Committer(ledger, executor)
            committer.skip(Skipped(1, "nothing for them"))
            await committer.flush()

    run(go())
    assert ledger.rows[1].reason == "nothing for them"


class Nearby(MemoryLedger):
    """A ledger that may be written at once, but for so many times in which another writes it.
    `threads` are those that it was written from."""

    busy = 0

    def at_once(
        self,
        outcomes: Sequence[Outcome],
        claims: Sequence[Claim],
        skips: Sequence[Untried],
    ) -> frozenset[int] | None:
        if self.busy:
            self.busy -= 1
            return None
        return self.commit(outcomes, claims, skips)


def nearby(busy: int = 0) -> tuple[Nearby, list[str]]:
    ledger, threads = Nearby.of(20), list[str]()
    ledger.busy = busy
    ledger.before_commit = lambda _o, _c: threads.append(current_thread().name)
    return ledger, threads


@pytest.mark.parametrize("busy", [0, 1, 2, 9])
def test_a_ledger_at_hand_is_written_on_the_loop_unless_another_writes_it(busy: int) -> None:
    ledger, threads = nearby(busy)

    async def go() -> list[bool]:
        with ThreadPoolExecutor(1, "ledger") as executor:
            committer = Committer(ledger, executor, at_once=ledger.at_once)
            found = [await committer.submit(None, claim(1))]
            found += [await committer.submit(sent(n), claim(n + 1)) for n in range(1, 6)]
            committer.skip(Skipped(9, "nothing for them"))
            await committer.flush()
            return found

    assert run(go()) == [True] * 6
    assert ledger.rows[9].state is DeliveryState.SKIPPED
    beside = [name for name in threads if name.startswith("ledger")]
    assert len(beside) == min(busy, 7)
    assert threads == beside + ["MainThread"] * (7 - len(beside))


def test_a_ledger_at_hand_that_fails_fails_everybody() -> None:
    ledger, _ = nearby()

    def fail(_outcomes: Sequence[Outcome], _claims: Sequence[Claim]) -> None:
        raise DatabaseError("the disk is full")

    ledger.before_commit = fail

    async def go() -> None:
        with ThreadPoolExecutor(1) as executor:
            committer = Committer(ledger, executor, at_once=ledger.at_once)
            found = [committer.submit(None, claim(n)) for n in (1, 2)]
            told = await asyncio.gather(*found, return_exceptions=True)
            assert [str(error) for error in told] == ["the disk is full"] * 2
            with pytest.raises(DatabaseError, match="the disk is full"):
                await committer.submit(None, claim(3))
            with pytest.raises(DatabaseError, match="the disk is full"):
                await committer.flush()

    run(go())


async def turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


def test_a_group_waits_while_each_look_brings_another_and_no_longer() -> None:
    ledger, _ = nearby()

    async def go() -> None:
        with ThreadPoolExecutor(1) as executor:
            committer = Committer(ledger, executor, lambda: 99, ledger.at_once)
            for number in range(1, 11):
                committer.submit(None, claim(number))
                await turns(QUIET_TURNS - 1)
            await turns(QUIET_TURNS + 3)
            assert ledger.groups == [10]
            committer.submit(None, claim(11))
            await turns(QUIET_TURNS + 3)
            assert ledger.groups == [10, 1]

    run(go())


def test_a_group_of_all_who_are_there_waits_for_nobody() -> None:
    ledger, _ = nearby()

    async def go() -> None:
        with ThreadPoolExecutor(1) as executor:
            committer = Committer(ledger, executor, lambda: 2, ledger.at_once)
            committer.submit(None, claim(1))
            committer.submit(None, claim(2))
            await turns(2)
            assert ledger.groups == [2]

    run(go())


@pytest.mark.parametrize("company", [1, 9])
@pytest.mark.parametrize("later", range(QUIET_TURNS + 6))
def test_what_a_send_that_ends_asked_for_is_granted_or_not_written(
    later: int, company: int
) -> None:
    ledger, _ = nearby()

    async def go() -> bool:
        with ThreadPoolExecutor(1) as executor:
            committer = Committer(ledger, executor, lambda: company, ledger.at_once)
            granted = committer.submit(None, claim(1))
            committer.skip(Skipped(2, "nothing for them"))
            await turns(later)
            committer.close()
            await turns(QUIET_TURNS + 6)
            with pytest.raises(DatabaseError, match="this send has ended"):
                await committer.submit(None, claim(3))
            return granted.done() and granted.exception() is None and granted.result()

    written = run(go())
    assert written == (ledger.rows[1].state is DeliveryState.SENDING), "another may have it by now"
    assert written == (ledger.rows[2].state is DeliveryState.SKIPPED)
    assert written == (later > (1 if company == 1 else QUIET_TURNS + 1))


def test_what_a_thread_would_commit_after_the_send_has_ended_is_not_committed() -> None:
    ledger, threads = nearby()

    async def go() -> None:
        with ThreadPoolExecutor(1) as executor:
            committer = Committer(ledger, executor, lambda: 2)
            committer.submit(None, claim(1))
            committer.close()
            await asyncio.sleep(2 * LINGER)

    run(go())
    assert threads == [], "another sender may have it by now"
