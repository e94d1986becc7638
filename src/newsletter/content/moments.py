"""The moments of a schedule: calendar days by rule, and the instants that zones make of them.

A day is chosen by the calendar alone, and each gives one instant, so a changed clock can neither
add a moment nor lose one. RFC 5545 §3.3.5 says which instant: a local time that a zone skips is
told by the offset before the gap (02:30 becomes 03:30), one that comes twice is its first
occurrence. Where a zone skips a whole day, that day's moment and the next one's are the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from newsletter.content.entry import Period
from newsletter.content.mailinglist import MailingList
from newsletter.content.timing import Schedule, Waves
from newsletter.content.window import week_of

_DAY = dt.timedelta(days=1)
_MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An issue's moments, in UTC, the calendar day that its schedule names, and what it covers."""

    day: dt.date
    window: Period
    assemble: dt.datetime
    remind: dt.datetime
    send: dt.datetime


def local_day(mailing_list: MailingList, now: dt.datetime) -> dt.date:
    """The calendar day in a list's zone, by which its windows and its readers' pauses go."""
    return now.astimezone(ZoneInfo(mailing_list.schedule.zone)).date()


def at_local(day: dt.date, time: dt.time, zone: str) -> dt.datetime:
    """The instant, in UTC, of a day's local time; see above for one that does not exist."""
    # With fold=0 zoneinfo does for gaps and repeated hours what the RFC says.
    local = dt.datetime.combine(day, time.replace(fold=0), ZoneInfo(zone))
    return local.astimezone(dt.UTC)


def days(schedule: Schedule, after: dt.date) -> Iterator[dt.date]:
    """The days on which a list goes out, after one."""
    day = after
    while True:
        day += _DAY
        if _is_day(schedule, day):
            yield day


def moments(
    mailing_list: MailingList, after: dt.date, zones: Iterable[str] = ()
) -> Iterator[Moment]:
    """The list's moments after a day, in order, without end; `zones` are its readers'."""
    found = tuple(zones)
    return (moment_on(mailing_list, day, found) for day in days(mailing_list.schedule, after))


def moment_on(mailing_list: MailingList, day: dt.date, zones: Iterable[str] = ()) -> Moment:
    """The moments of the issue that goes out on a day of the schedule.

    Nothing comes before the days that it covers are over in the list's zone, or their last papers
    would miss it. With waves, the send begins with the earliest of the readers' zones.
    """
    schedule = mailing_list.schedule
    window = window_on(mailing_list, day)
    ready = end_of(window, schedule.zone)
    send = at_local(day, schedule.rule.time, schedule.zone)
    if schedule.waves is Waves.READER:
        send = min((wave(schedule, day, zone, ready) for zone in zones), default=send)
    return Moment(
        day=day,
        window=window,
        assemble=max(ready, send - schedule.assemble * _MINUTE),
        remind=max(ready, send - schedule.remind * _MINUTE),
        send=send,
    )


def window_on(mailing_list: MailingList, day: dt.date) -> Period:
    """The days that the issue of a day covers: for a weekly schedule the last of the list's weeks
    that is over; for others what has passed since the day before it. Half-open either way: each
    day belongs to one issue."""
    schedule = mailing_list.schedule
    if schedule.rule.weekly:
        return week_of(day - 7 * _DAY, mailing_list.week_starts)
    before = day - _DAY
    while not _is_day(schedule, before):
        before -= _DAY
    return Period(before, day - _DAY)


def end_of(window: Period, zone: str) -> dt.datetime:
    """The end of a window's last day, in UTC."""
    return at_local(window.last + _DAY, dt.time(), zone)


def wave(schedule: Schedule, day: dt.date, zone: str, ready: dt.datetime) -> dt.datetime:
    """When a reader in `zone` gets the issue of a day: at the schedule's hour by their own clock,
    on that day or, where it is not `ready` by then, on the first on which it is."""
    own = known_zone(zone, schedule.zone)
    time = schedule.rule.time
    found = at_local(day, time, own)
    while found < ready:
        day += _DAY
        found = at_local(day, time, own)
    return found


def known_zone(zone: str, otherwise: str) -> str:
    """`zone`, or another where it is empty or not known any more."""
    try:
        ZoneInfo(zone or otherwise)
    except (KeyError, ValueError, OSError):
        return otherwise
    return zone or otherwise


def _is_day(schedule: Schedule, day: dt.date) -> bool:
    """Whether the schedule names a day, and the next day's moment is another one."""
    rule = schedule.rule
    if not rule.matches(day):
        return False
    following = day + _DAY
    return not rule.matches(following) or at_local(day, rule.time, schedule.zone) < at_local(
        following, rule.time, schedule.zone
    )
