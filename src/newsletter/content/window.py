"""The week an issue covers, and the name an issue has from it."""

from __future__ import annotations

import datetime as dt
import re

from newsletter.content.entry import Period
from newsletter.content.mailinglist import WEEKDAYS
from newsletter.errors import NewsletterError

_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_SPAN = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})")


def week_of(day: dt.date, week_starts: str) -> Period:
    """The list's week that holds `day`: seven days from the weekday named `week_starts`."""
    back = (day.weekday() - WEEKDAYS.index(week_starts)) % 7
    first = day - dt.timedelta(days=back)
    return Period(first, first + dt.timedelta(days=6))


def issue_name(period: Period, week_starts: str) -> str:
    """`2026-W06` for one of the list's own weeks, by the ISO week (ISO 8601) of its first day;
    `2026-02-05..2026-02-14` for any other span."""
    if period == week_of(period.first, week_starts):
        year, week, _ = period.first.isocalendar()
        return f"{year}-W{week:02d}"
    return f"{period.first}..{period.last}"


def parse_issue_name(name: str, week_starts: str) -> Period:
    """The days an issue's name stands for, the inverse of `issue_name`.

    Raises:
        NewsletterError: it names no week and no span that exists.
    """
    try:
        if match := _WEEK.fullmatch(name):
            monday = dt.date.fromisocalendar(int(match[1]), int(match[2]), 1)
            first = monday + dt.timedelta(days=WEEKDAYS.index(week_starts))
            return Period(first, first + dt.timedelta(days=6))
        if match := _SPAN.fullmatch(name):
            return Period(dt.date.fromisoformat(match[1]), dt.date.fromisoformat(match[2]))
    except ValueError as error:
        raise NewsletterError(f"{name!r} is not a week or a span of days: {error}") from None
    raise NewsletterError(f"{name!r} is not a week (2026-W06) or a span (2026-02-05..2026-02-14)")


def in_window(period: Period, window: Period) -> bool:
    """Whether something dated `period` belongs to `window`: by its last day.

    A brief is complete when its period ends; one day decides, so that nothing falls between two
    windows or into both.
    """
    return window.first <= period.last <= window.last
