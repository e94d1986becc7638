"""Noticing, while an issue is being sent, that another process has paused or cancelled it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from newsletter.delivery.sender import Summary, Surroundings
from newsletter.errors import NewsletterError

LOOK_EVERY = 0.5
"""Seconds between two looks at the issue."""


async def while_going(
    going: Callable[[], bool],
    around: Surroundings,
    send: Callable[[Surroundings], Awaitable[Summary]],
) -> Summary:
    """Runs `send`, which is told to stop when `around` says so or the issue no longer goes out.

    `going` is asked in a thread of its own. `stopped` of the summary is true only if `around`
    said so.
    """
    stop = asyncio.Event()
    watch = asyncio.ensure_future(_watch(going, around.stop, stop))
    try:
        summary = await send(replace(around, stop=stop))
    finally:
        watch.cancel()
    return replace(summary, stopped=around.stop.is_set())


async def _watch(going: Callable[[], bool], outer: asyncio.Event, inner: asyncio.Event) -> None:
    while not outer.is_set() and await asyncio.to_thread(_going, going):
        with suppress(TimeoutError):
            await asyncio.wait_for(outer.wait(), LOOK_EVERY)
    inner.set()


def _going(going: Callable[[], bool]) -> bool:
    try:
        return going()
    except NewsletterError:
        return True  # the ledger meets the same fault, and it is the ledger that decides
