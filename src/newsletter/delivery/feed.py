"""The deliveries still to be made, a page at a time, so that memory stays flat.

`lanes` has the same face for a relay that is given them at a pace.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from newsletter.store.values import Due

Pages = Callable[[int], Awaitable[Sequence[Due]]]
"""The next page of due deliveries with ids above the one given, by id; empty: no more."""

_LOW = 64

T = TypeVar("T")


class Feed:
    """Hands each due delivery to one taker, once. The next page is read before this one ends."""

    passed: frozenset[str] = frozenset()
    """Providers whose deliveries were left in the ledger: all are handed out."""

    exhausted = False
    """Whether no more may go today."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._ready: deque[Due] = deque()
        self._last = 0
        self._ended = False
        self._reading: asyncio.Task[None] | None = None

    async def take(self, *, wait: bool = True) -> Due | None:  # noqa: ARG002 - the turn is at once
        """The next delivery; None when there is none left."""
        while not self._ready and not self._ended:
            await self._read()
        if not self._ready:
            return None
        due = self._ready.popleft()
        if len(self._ready) < _LOW and not self._ended:
            self._begin_reading()
        return due

    def give_back(self, due: Due) -> None:
        """For one that was taken and not begun: it is next."""
        self._ready.appendleft(due)

    def refund(self, due: Due) -> None:
        """For one whose turn was not needed."""

    def cut(self) -> None:
        """Something is due again, for the next pass."""

    async def in_turn(self, opener: Callable[[], Awaitable[T]]) -> T | None:
        """Opens a connection when something may be sent: now."""
        return await opener()

    async def waiting(self) -> bool:
        """Whether there is anything left to take."""
        while not self._ready and not self._ended:
            await self._read()
        return bool(self._ready)

    @property
    def ended(self) -> bool:
        """Whether it is known that nothing is left to take."""
        return self._ended and not self._ready

    def end(self) -> None:
        """Gives nothing more; what was not taken stays in the ledger."""
        self._ended = True
        self._ready.clear()

    async def close(self) -> None:
        """Ends, and waits for the page that is being read."""
        self.end()
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        # Another taker may be waiting for the same page.
        await asyncio.shield(self._begin_reading())

    def _begin_reading(self) -> asyncio.Task[None]:
        if self._reading is None:
            self._reading = asyncio.ensure_future(self._page())
            # A page that fails is asked for again by whoever needs it, and fails for them.
            self._reading.add_done_callback(lambda done: done.cancelled() or done.exception())
        return self._reading

    async def _page(self) -> None:
        try:
            page = await self._pages(self._last)
        finally:
            self._reading = None
        if page and not self._ended:
            self._last = page[-1].delivery_id
            self._ready.extend(page)
        else:
            self._ended = True
