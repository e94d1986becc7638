"""What all relays of a list offer together: a message's bytes are fixed once, for any of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from newsletter.delivery.connection import Capabilities, Connection
from newsletter.delivery.relay import RelaySettings
from newsletter.errors import NewsletterError

PATIENCE = 10.0
"""Seconds within which the other relay has to say what it offers."""

Opener = Callable[[RelaySettings], Awaitable[Connection]]


class Offers:
    """8bit only where every relay offers 8BITMIME (RFC 6152): a later attempt repeats the same
    bytes, on whatever relay. The one that is not in use is asked once; no answer is a no."""

    def __init__(self, relay: RelaySettings, opener: Opener) -> None:
        self._opener = opener
        self._eight_bit: dict[RelaySettings, asyncio.Future[bool]] = {}
        self._relays = [relay]
        while (fallback := self._relays[-1].fallback) is not None:
            self._relays.append(fallback)

    def met(self, relay: RelaySettings, offered: Capabilities) -> None:
        """Notes what a relay offers."""
        self._set(relay, offered.eight_bit)

    def lost(self, relay: RelaySettings) -> None:
        """Notes that a relay cannot be asked; what it offered before stays."""
        self._set(relay, False)

    def settled(self, offered: Capabilities) -> bool:
        """Whether `common` has nobody to ask: it is what the relay in use offers."""
        return len(self._relays) == 1 or not offered.eight_bit

    async def common(self, offered: Capabilities) -> Capabilities:
        """What a new message may count on, from what the relay in use offers."""
        if self.settled(offered):
            return offered
        known = [await asyncio.shield(self._asked(relay)) for relay in self._relays]
        return replace(offered, eight_bit=all(known))

    def _set(self, relay: RelaySettings, eight_bit: bool) -> None:
        if relay not in self._eight_bit:
            future = asyncio.get_running_loop().create_future()
            future.set_result(eight_bit)
            self._eight_bit[relay] = future

    def _asked(self, relay: RelaySettings) -> asyncio.Future[bool]:
        if relay not in self._eight_bit:
            self._eight_bit[relay] = asyncio.ensure_future(self._ask(relay))
        return self._eight_bit[relay]

    async def _ask(self, relay: RelaySettings) -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                connection = await self._opener(relay)
        except (NewsletterError, TimeoutError):
            return False
        offered = connection.capabilities.eight_bit
        await connection.close()
        return offered
