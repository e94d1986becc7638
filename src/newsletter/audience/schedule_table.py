"""The `[schedule]` of a list.toml: when a list goes out, and what is done before and around it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.addresses import parse_address
from newsletter.audience.toml_table import Table
from newsletter.content.cron import WEEKDAYS, parse_cron
from newsletter.content.timing import ReviewPolicy, Schedule, Unreviewed, Waves
from newsletter.errors import AddressError, ScheduleError

_UNITS = {"d": 1440, "h": 60, "m": 1}
_LONGEST = 14 * 1440
"""Minutes before a send that anything may be asked for: drafts of two weeks ago help nobody."""


def read_schedule(table: Table) -> Schedule:
    """What the table says.

    Raises:
        ListFileError: what is wrong, on which line, and how to mend it.
    """
    usual = Schedule(zone="UTC", weekday="monday")
    schedule = Schedule(
        **_moment(table),
        zone=_zone(table),
        assemble=_span(table, "assemble", usual.assemble),
        remind=_span(table, "remind", usual.remind),
        grace=_span(table, "grace", usual.grace),
        review=ReviewPolicy(_one_of(table, "review", usual.review, ReviewPolicy)),
        deadline=_span(table, "deadline", usual.deadline),
        unreviewed=Unreviewed(_one_of(table, "unreviewed", usual.unreviewed, Unreviewed)),
        waves=Waves(_one_of(table, "waves", usual.waves, Waves)),
        alarm=_address(table, "alarm"),
    )
    table.done()
    if schedule.remind > schedule.assemble:
        key = "remind" if "remind" in table.values else "assemble"
        table.fail(key, "editors cannot be told of a draft before it is made: remind <= assemble")
    if schedule.review is ReviewPolicy.NONE:
        for key in ("deadline", "unreviewed"):
            if key in table.values:
                table.fail(key, 'says what follows a review: write review = "required", too')
    return schedule


def read_weekday(table: Table, key: str) -> str:
    """A weekday by its name.

    Raises:
        ListFileError: it is none, or a number.
    """
    written = table.take_any(key)
    if type(written) is not str:
        # Whether 0 is Sunday or Monday is where schedulers disagree.
        table.fail(key, f'{written!r} is not a weekday: write its name, such as "thursday"')
    return table.one_of(key, written.lower(), WEEKDAYS)


def _moment(table: Table) -> dict[str, Any]:
    """The weekday and time, or cron in their place."""
    if "cron" not in table.values:
        return {"weekday": read_weekday(table, "weekday"), "time": _time(table)}
    for key in ("weekday", "time"):
        if key in table.values:
            table.fail(key, "stands beside cron, which says it, too: take one of them out")
    cron: str = table.take("cron", str)
    try:
        parse_cron(cron)
    except ScheduleError as error:
        table.fail("cron", str(error))
    return {"cron": cron}


def _time(table: Table) -> dt.time:
    written = table.take_any("time")
    if type(written) is str and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", written):
        written = dt.time.fromisoformat(written)
    if type(written) is not dt.time:
        table.fail("time", f'{written!r} is not a time of day: write it like "08:00"')
    return written


def _zone(table: Table) -> str:
    written: str = table.take("zone", str)
    try:
        ZoneInfo(written)
    except (KeyError, ValueError, OSError):
        table.fail("zone", f"{written!r} is not a time zone: write one like Europe/Berlin")
    return written


def _span(table: Table, key: str, usual: int) -> int:
    """Minutes, written `2d`, `12h`, `90m` or `1h30m`."""
    if key not in table.values:
        return usual
    written: str = table.take(key, str)
    found = re.fullmatch(r"(?:(\d{1,3})d)?(?:(\d{1,3})h)?(?:(\d{1,4})m)?", written)
    if found is None:
        table.fail(key, f'{written!r} is no span of time: write "2d", "12h", "90m" or "1h30m"')
    minutes = sum(
        int(number or 0) * unit
        for number, unit in zip(found.groups(), _UNITS.values(), strict=True)
    )
    if minutes > _LONGEST:
        table.fail(key, f"{written!r} is too long: write two weeks (14d) at most")
    return minutes


def _one_of(table: Table, key: str, usual: str, known: Any) -> str:
    written: str = table.take(key, str, str(usual))
    return table.one_of(key, written, [str(value) for value in known])


def _address(table: Table, key: str) -> str:
    written: str = table.take(key, str, "")
    if not written:
        return ""
    try:
        return parse_address(written)
    except AddressError as error:
        table.fail(key, str(error))
