"""Staying with an issue until the last of what was deferred has been settled."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from contextlib import suppress

from newsletter.delivery.sender import Summary, Surroundings

LONGEST = 60.0
"""Seconds between two looks at the clock, which may be set while one waits; and the least wait."""


async def stay(
    send: Callable[[], Awaitable[Summary]],
    next_due: Callable[[], dt.datetime | None],
    around: Surroundings,
    waits: Callable[[dt.datetime], None] = lambda _until: None,
) -> Summary:
    """Sends, and again each time something is due, until nothing waits; `waits` is told until when.

    It ends early when a send halts or is stopped. That nothing waits for ever is the age limit's
    doing, by which each delivery is given up in the end.
    """
    summary = await send()
    while not (summary.halt or summary.stopped) and (due := next_due()) is not None:
        # What should have gone just now and did not is no reason to try without a pause.
        due = max(due, around.clock() + dt.timedelta(seconds=LONGEST))
        waits(due)
        if not await _reached(due, around):
            break
        summary = await send()
    return summary


async def _reached(due: dt.datetime, around: Surroundings) -> bool:
    """Waits for a moment; False when told to stop before it has come."""
    while not around.stop.is_set():
        left = (due - around.clock()).total_seconds()
        if left <= 0:
            return True
        with suppress(TimeoutError):
            await asyncio.wait_for(around.stop.wait(), min(left, LONGEST))
    return False
