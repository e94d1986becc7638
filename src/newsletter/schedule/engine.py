"""APScheduler at work in `serve`: it looks each minute, and at the moment that something is due."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable

from apscheduler.events import EVENT_SCHEDULER_STARTED
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
    made.add_listener(lambda _event: _watch(made, clock), EVENT_SCHEDULER_STARTED)
    return made


def _watch(made: AsyncIOScheduler, clock: Callable[[], dt.datetime]) -> None:
    """Brings the next look back where a clock that was set back has put it hours away: APScheduler
    goes by the time of day, and the loop's own time goes on whatever that says."""
    if not made.running:
        return
    now, job = clock(), made.get_job(JOB)
    if job is not None and job.next_run_time > now + EVERY:
        made.modify_job(JOB, next_run_time=now)
    asyncio.get_running_loop().call_later(EVERY.total_seconds(), _watch, made, clock)


def look_now(clock: AsyncIOScheduler, now: dt.datetime) -> None:
    """Has a running scheduler look at once; one that is at it does so within a minute."""
    if clock.running:
        clock.modify_job(JOB, next_run_time=now)
