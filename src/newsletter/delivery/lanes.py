"""Whose turn it is: deliveries in the order in which relay and providers may be given them.

A delivery whose provider must wait stands in that provider's lane while others pass it. Lanes are
short. What finds its lane full is passed over: it stays queued in the ledger, where the next pass
finds it, so memory stays flat however many wait.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

from newsletter.delivery.feed import Feed
from newsletter.delivery.pacing import Pace
from newsletter.store.values import Due

T = TypeVar("T")

LANE = 100
"""Deliveries that wait in one provider's lane."""

LANES = 2000
"""Deliveries that wait in all lanes together."""

IDLE = 5.0
"""Longest wait, in seconds, for which a connection is kept open."""


class Lanes:
    """One pass over what is due, at the pace of a relay.

    `expected` are the providers of what the last pass left, if nothing else is due: when all their
    lanes are full there is no use in reading on, and it waits. `stop` ends all waiting.
    """

    def __init__(
        self,
        feed: Feed,
        pace: Pace,
        clock: Callable[[], dt.datetime],
        stop: asyncio.Event,
        expected: frozenset[str] = frozenset(),
    ) -> None:
        self._feed, self._pace, self._clock, self._stop = feed, pace, clock, stop
        self._expected = expected
        self._lanes: dict[str, deque[Due]] = {}
        self._standing = 0
        self._passed: set[str] = set()
        self._cut = False
        self._seconds = asyncio.get_running_loop().time
        self._line = asyncio.Lock()

    @property
    def passed(self) -> frozenset[str]:
        """The providers of what this pass has left in the ledger."""
        return frozenset(self._passed)

    @property
    def exhausted(self) -> bool:
        """Whether the warm-up leaves nothing more for today."""
        return self._pace.left(self._clock().date()) == 0

    async def take(self, *, wait: bool) -> Due | None:
        """The next delivery; None when there is none left or, without `wait`, none at once. Even
        with it the wait is short: a connection that idles is better closed."""
        while not self.exhausted:
            due = await self._at_once()
            if due is not None or not wait:
                return due
            delay = self._delay()
            if delay > IDLE or self._stop.is_set() or not await self.waiting():
                return None
            await self._pause(delay)
        return None

    def give_back(self, due: Due) -> None:
        """For one that was taken and not sent: it is next, and its turn with it."""
        self.refund(due)
        self._feed.give_back(due)

    def refund(self, due: Due) -> None:
        """For one that was taken and whose turn was not needed."""
        self._pace.give_back(self._pace.provider(due.address), self._seconds())

    def cut(self) -> None:
        """Something else is due again: a pass that only waits ends, and the next one finds it."""
        self._cut = True

    async def close(self) -> None:
        """Ends; who stands stays in the ledger."""
        self._lanes.clear()
        self._standing = 0
        await self._feed.close()

    async def waiting(self) -> bool:
        """Whether there is anything left to take today."""
        if self.exhausted:
            return False
        return self._standing > 0 or await self._feed.waiting()

    async def in_turn(self, opener: Callable[[], Awaitable[T]]) -> T | None:
        """Opens a connection once something may be sent, one after the other; None when there is
        nothing to open it for any more."""
        async with self._line:
            while not self._stop.is_set() and await self.waiting():
                delay = self._delay()
                if not delay:
                    return await opener()
                await self._pause(delay)
        return None

    async def _at_once(self) -> Due | None:
        now = self._seconds()
        if self._pace.relay_wait(now) > 0:
            return None
        for provider, lane in self._lanes.items():
            if self._pace.wait(provider, now) == 0:
                self._standing -= 1
                due = lane.popleft()
                # To the end of the round, so that no provider is served at another's cost.
                del self._lanes[provider]
                if lane:
                    self._lanes[provider] = lane
                self._pace.take(provider, now)
                return due
        return await self._from_feed()

    async def _from_feed(self) -> Due | None:
        if self._cut and self._full():
            self._leave()
        while not self._full() and (due := await self._feed.take()) is not None:
            now, provider = self._seconds(), self._pace.provider(due.address)
            if self._pace.relay_wait(now) > 0:  # another took the turn while a page was read
                self._feed.give_back(due)
                return None
            if self._pace.wait(provider, now) == 0:
                self._pace.take(provider, now)
                return due
            self._stand(provider, due)
        return None

    def _stand(self, provider: str, due: Due) -> None:
        lane = self._lanes.get(provider)
        if self._standing >= LANES or (lane is not None and len(lane) >= LANE):
            self._passed.add(provider)
            return
        if lane is None:
            lane = self._lanes[provider] = deque()
        lane.append(due)
        self._standing += 1

    def _full(self) -> bool:
        """Whether all that is left would be passed over."""
        if not self._expected:
            return False
        lanes = (self._lanes.get(name, ()) for name in self._expected)
        return self._standing >= LANES or all(len(lane) >= LANE for lane in lanes)

    def _leave(self) -> None:
        """Forgets who stands: they are queued in the ledger, as those are who were passed over."""
        self._passed.update(self._lanes, self._expected)
        self._lanes.clear()
        self._standing = 0
        self._feed.end()

    def _delay(self) -> float:
        """Seconds until the next turn."""
        now = self._seconds()
        relay = self._pace.relay_wait(now)
        if not self._lanes or not (self._feed.ended or self._full()):
            return relay
        return max(relay, min(self._pace.wait(name, now) for name in self._lanes))

    async def _pause(self, delay: float) -> None:
        wake = asyncio.ensure_future(self._stop.wait())
        try:
            # At least a tick of the loop's clock; at most until others may have taken all.
            await asyncio.wait((wake,), timeout=min(max(delay, 0.001), IDLE))
        finally:
            wake.cancel()
