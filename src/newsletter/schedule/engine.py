"""APScheduler at work in `serve`: it looks each minute, and at the moment that something is due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

EVERY = dt.timedelta(minutes=1)
"""How long at most between two looks: a clock that was set, or a word of an admin, takes no
longer to be noticed."""

JOB = "clock"

Look = Callable[[], Awaitable[dt.datetime | None]]
"""Does what is due, begins to go on with what waits, and says when something is due next."""


def scheduler(look: Look, clock: Callable[[], dt.datetime]) -> AsyncIOScheduler:
    """A scheduler, not yet started, with the one job that looks: at once, after a restart, and
    then when something is due, or a minute later."""
    made = AsyncIOScheduler(timezone=dt.UTC)

    async def look_and_come_back() -> None:
        due = await look()
        now = clock()
        if due is not None and made.running and now < due < now + EVERY:
            made.modify_job(JOB, next_run_time=due)

    made.add_job(
        look_and_come_back,
        IntervalTrigger(seconds=int(EVERY.total_seconds())),
        id=JOB,
        next_run_time=clock(),
        coalesce=True,
        misfire_grace_time=None,
        max_instances=1,
    )
    return made


def look_now(clock: AsyncIOScheduler, now: dt.datetime) -> None:
    """Has a running scheduler look at once; one that is at it does so within a minute."""
    if clock.running:
        clock.modify_job(JOB, next_run_time=now)
