"""Whether the relay can be reached: opening connections, waiting between attempts, giving up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from newsletter.delivery.connection import Connection
from newsletter.errors import RelayError, RelayRefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Persistence:
    """How long a relay that once worked is waited for: seconds, doubled with each failure in a row
    up to `longest`; after `failures` in a row with no connection left it is given up, after
    `failures_before_another` if there is another relay to go on with."""

    first: float = 0.5
    longest: float = 30.0
    failures: int = 12
    failures_before_another: int = 4


class Reach:
    """The connections of one send. What fails here fails for all of them alike, and is counted
    once: eight connections that a restart of the relay cuts off are one failure, not eight."""

    def __init__(
        self,
        opener: Callable[[], Awaitable[Connection]],
        persistence: Persistence,
        chance: Callable[[], float],
        note: Callable[[int], None] = lambda _failures: None,
    ) -> None:
        self._opener = opener
        self._persistence = persistence
        self._chance = chance
        self._note = note
        self._failures = 0  # in a row
        self._era = 0  # the number of failures ever
        self._last = RelayError("the relay was never tried")
        self._ever = False
        self._wake = asyncio.Event()
        self._open: dict[Connection, int] = {}  # the era in which each was opened

    def count(self) -> int:
        """How many connections are open."""
        return len(self._open)

    def worked(self) -> None:
        """A letter was answered: the relay is there."""
        self._failures = 0

    def failed(self, connection: Connection, trouble: str) -> None:
        """A connection broke, or its relay would not talk."""
        error = RelayError(f"the relay takes connections and then fails them: {trouble}")
        self._count(self._open.get(connection, self._era), error)

    async def connect(self) -> Connection | None:
        """A connection; None when this is not the moment, and the caller asks whether to go on.

        Raises:
            RelayError: the relay was never reached, will not serve us, or has failed too often.
        """
        if self._failures and self._ever and await self._woken():
            return None
        if self._failures >= self._persistence.failures and not self._open:
            raise self._last
        era = self._era
        try:
            connection = await self._opener()
        except RelayError as error:
            self._count(era, error)
            # While others work it may only be this relay's limit of connections.
            hopeless = not self._ever or isinstance(error, RelayRefusedError)
            if hopeless and not self._open:
                raise
            return None
        self._ever = True
        self._open[connection] = self._era
        return connection

    def _count(self, era: int, error: RelayError) -> None:
        if era == self._era:
            self._era += 1
            self._failures += 1
            self._last = error
            self._note(self._failures)

    async def release(self, connection: Connection) -> None:
        """Takes leave of a connection."""
        self._open.pop(connection, None)
        await connection.close()

    def wake(self) -> None:
        """Ends all waiting: there is something to decide anew."""
        self._wake.set()
        self._wake.clear()

    def abort(self) -> None:
        """Closes all connections without another word."""
        for connection in self._open:
            connection.abort()

    async def _woken(self) -> bool:
        """Waits as long as the failures in a row make it wise, or until woken."""
        doubled = self._persistence.first * 2 ** min(self._failures - 1, 30)
        delay = min(doubled, self._persistence.longest) * (0.5 + self._chance())
        try:
            return await asyncio.wait_for(self._wake.wait(), delay)
        except TimeoutError:
            return False
