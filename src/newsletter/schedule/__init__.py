"""When: the moments of each issue, and what is done at each by itself.

`store.slots` keeps an issue's moments, `planning` makes slots ahead of time, `deciding` says which
step is due, `ticking` has it done by `stepping`, and that by `doing`; `engine` has APScheduler ask
every minute, and `simulating` runs the very same over months in seconds. That nobody gets an issue
twice does not hang on any of them: an issue is unique in the database, its slot is, and so is each
of its deliveries.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from newsletter.content.entry import Period
from newsletter.content.mailinglist import MailingList
from newsletter.content.moments import local_day, window_on
from newsletter.content.window import week_of
from newsletter.schedule.planning import ahead

__all__ = ["last_window", "next_moment", "week_to_send"]


def next_moment(mailing_list: MailingList, now: dt.datetime) -> dt.datetime:
    """When a list goes out next by its schedule, in its own zone; waves of readers' zones apart."""
    found = next(ahead(mailing_list, (), now)).send
    return found.astimezone(ZoneInfo(mailing_list.schedule.zone))


def last_window(mailing_list: MailingList, now: dt.datetime) -> Period:
    """The days that an issue made now would cover: the last of the list's weeks that is over, or
    by other rules than a weekly one what its last moment covered."""
    today = local_day(mailing_list, now)
    if mailing_list.schedule.rule.weekly:
        return week_of(today - dt.timedelta(days=7), mailing_list.week_starts)
    return week_to_send(mailing_list, now)


def week_to_send(mailing_list: MailingList, now: dt.datetime) -> Period:
    """The days of the issue that goes out on that day, or went out on the last such day before."""
    day = local_day(mailing_list, now)
    while not mailing_list.schedule.rule.matches(day):
        day -= dt.timedelta(days=1)
    return window_on(mailing_list, day)
