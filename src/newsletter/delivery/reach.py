"""Whether the relay can be reached: opening connections, waiting between attempts, giving up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from newsletter.delivery.connection import Connection
from newsletter.errors import RelayError


@dataclass(frozen=True, slots=True, kw_only=True)
class Persistence:
    """How long a relay that once worked is waited for: seconds, doubled with each failure in a row
    up to `longest`; after `failures` in a row with no connection left it is given up."""

    first: float = 0.5
    longest: float = 30.0
    failures: int = 12


class Reach:
    """The connections of one send. What fails here fails for all of them alike."""

    def __init__(
        self,
        opener: Callable[[], Awaitable[Connection]],
        persistence: Persistence,
        chance: Callable[[], float],
    ) -> None:
        self._opener = opener
        self._persistence = persistence
        self._chance = chance
        self._failures = 0
        self._ever = False
        self._wake = asyncio.Event()
        self.open: set[Connection] = set()

    def worked(self) -> None:
        """A letter was answered: the relay is there."""
        self._failures = 0

    def failed(self) -> None:
        """A connection broke, or its relay would not talk."""
        self._failures += 1

    async def connect(self) -> Connection | None:
        """A connection; None when this is not the moment, and the caller asks whether to go on.

        Raises:
            RelayError: the relay was never reached, will not serve us, or has been gone too long.
        """
        if self._failures and self._ever:
            await self._wait()
        try:
            connection = await self._opener()
        except RelayError:
            self._failures += 1
            # Others still work: it may only be this relay's limit of connections.
            if not self.open and (not self._ever or self._failures >= self._persistence.failures):
                raise
            return None
        self._ever = True
        self.open.add(connection)
        return connection

    async def release(self, connection: Connection) -> None:
        """Takes leave of a connection."""
        self.open.discard(connection)
        await connection.close()
        if not self.open:
            self.wake()

    def wake(self) -> None:
        """Ends all waiting: there is something to decide anew."""
        self._wake.set()
        self._wake.clear()

    def abort(self) -> None:
        """Closes all connections without another word."""
        for connection in self.open:
            connection.abort()

    async def _wait(self) -> None:
        doubled = self._persistence.first * 2 ** min(self._failures - 1, 30)
        delay = min(doubled, self._persistence.longest) * (0.5 + self._chance())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), delay)
