"""When: each list's weekday and local time, kept by APScheduler.

The clock decides only *when* the week's issue is put together and sent. That nobody gets it twice
is not left to the clock: an issue is unique in the database, and so is each of its deliveries, so
a slot that comes twice (a restart, a second process, the repeated hour in autumn) does no more than
finish what the first has begun.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from newsletter.content.entry import Period
from newsletter.content.mailinglist import MailingList, Schedule
from newsletter.content.window import week_of

GRACE = dt.timedelta(hours=12)
"""How late a slot may still be kept, for a machine that was off at the time."""

EVERY = dt.timedelta(minutes=1)
"""How often it is looked whether something that waited is due."""

SendWeek = Callable[[str, Period], Awaitable[None]]
"""Assembles and sends the issue of a list (by name) for a week."""

Waiting = Callable[[], Awaitable[None]]
"""Begins to go on with what waits and is due, such as deferred deliveries; does not wait for it."""


def trigger(schedule: Schedule) -> CronTrigger:
    """The weekly moments of a schedule.

    The weekday goes to APScheduler by name: its numbers begin with Monday at 0, those of cron with
    Sunday.
    """
    return CronTrigger(
        day_of_week=schedule.weekday[:3],
        hour=schedule.time.hour,
        minute=schedule.time.minute,
        timezone=ZoneInfo(schedule.zone),
    )


def week_to_send(mailing_list: MailingList, now: dt.datetime) -> Period:
    """The last of the list's weeks that is over at `now`, by its own zone's calendar."""
    today = now.astimezone(ZoneInfo(mailing_list.schedule.zone)).date()
    return week_of(today - dt.timedelta(days=7), mailing_list.week_starts)


def next_moment(mailing_list: MailingList, now: dt.datetime) -> dt.datetime:
    """When the list goes out next, in its own zone."""
    moment = trigger(mailing_list.schedule).get_next_fire_time(None, now)
    assert isinstance(moment, dt.datetime)  # noqa: S101 - a weekly trigger never ends
    return moment


def scheduler(
    lists: Iterable[MailingList],
    send_week: SendWeek,
    clock: Callable[[], dt.datetime],
    waiting: Waiting | None = None,
) -> AsyncIOScheduler:
    """A scheduler, not yet started, with one job a list, and one for what waits."""
    made = AsyncIOScheduler(timezone=dt.UTC)
    for mailing_list in lists:
        made.add_job(
            _slot(mailing_list, send_week, clock),
            trigger(mailing_list.schedule),
            id=mailing_list.name,
            misfire_grace_time=int(GRACE.total_seconds()),
            coalesce=True,
            max_instances=1,
        )
    if waiting is not None:
        # The name of no list: theirs have no space. The first look comes at once, after a restart.
        made.add_job(
            waiting,
            IntervalTrigger(seconds=int(EVERY.total_seconds())),
            id="what waits",
            next_run_time=clock(),
            coalesce=True,
            misfire_grace_time=None,
            max_instances=1,
        )
    return made


def _slot(
    mailing_list: MailingList, send_week: SendWeek, clock: Callable[[], dt.datetime]
) -> Callable[[], Awaitable[None]]:
    async def slot() -> None:
        await send_week(mailing_list.name, week_to_send(mailing_list, clock()))

    return slot
