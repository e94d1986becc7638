"""The deliveries still to be made: each to one taker, once, a page at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.delivery.feed import Feed
from newsletter.errors import DatabaseError
from newsletter.store.values import Due
from tests.delivery.memory_ledger import MemoryLedger
from tests.delivery.sending import run


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 300), st.integers(1, 8), st.integers(1, 90), st.integers(0, 5))
def test_every_delivery_goes_to_one_taker_once(
    number: int, takers: int, page: int, given_back: int
) -> None:
    ledger = MemoryLedger.of(number)
    taken: list[int] = []
    back = given_back

    async def pages(after: int) -> Sequence[Due]:
        await asyncio.sleep(0)
        return ledger.page(after, page)

    async def take(feed: Feed) -> None:
        nonlocal back
        while (due := await feed.take()) is not None:
            if back:
                back -= 1
                feed.give_back(due)
            else:
                taken.append(due.delivery_id)
            await asyncio.sleep(0)

    async def go() -> None:
        feed = Feed(pages)
        await asyncio.gather(*(take(feed) for _ in range(takers)))
        assert not await feed.waiting()
        await feed.close()

    run(go())
    assert sorted(taken) == list(range(1, number + 1))


def test_memory_holds_two_pages_at_most() -> None:
    ledger = MemoryLedger.of(1000)
    read = 0

    async def pages(after: int) -> Sequence[Due]:
        nonlocal read
        found = ledger.page(after, 100)
        read += len(found)
        return found

    async def go() -> None:
        feed, taken = Feed(pages), 0
        while await feed.take() is not None:
            taken += 1
            await asyncio.sleep(0)
            assert read - taken <= 200

    run(go())
    assert read == 1000


def test_a_page_that_fails_fails_for_whoever_needs_it() -> None:
    async def pages(_after: int) -> Sequence[Due]:
        raise DatabaseError("the database is gone")

    async def go() -> None:
        feed = Feed(pages)
        for asked in (feed.take(), feed.waiting()):
            with pytest.raises(DatabaseError):
                await asked
        await feed.close()

    run(go())
