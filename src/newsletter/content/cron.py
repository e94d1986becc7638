"""The five fields of cron, strictly: days by name where names are safe, and one time of day.

Weekdays have names only. Programs disagree about numbers: 1 is Monday to cron(8) and Tuesday to
APScheduler, and a digest that comes a day early has nothing of its last day.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from newsletter.errors import ScheduleError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_DAYS = tuple(name[:3] for name in WEEKDAYS)
_FIELDS = "minute hour day-of-month month weekday"
_LONGEST = 40 * 366
"""Days within which every rule that ever holds has held: the fifth Monday of a February comes each
28 years, or 40 around 2100, which is no leap year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A time of day, and the days that have it. Empty sets hold for every day.

    `weekdays` counts Monday as 0; `nth` are weekdays with their count in the month from 1.
    """

    time: dt.time
    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    nth: frozenset[tuple[int, int]] = frozenset()

    def matches(self, day: dt.date) -> bool:
        """Whether it holds on a calendar day."""
        if self.months and day.month not in self.months:
            return False
        if self.days:
            return day.day in self.days
        if not (self.weekdays or self.nth):
            return True
        weekday = day.weekday()
        return weekday in self.weekdays or (weekday, (day.day + 6) // 7) in self.nth

    @property
    def weekly(self) -> bool:
        """Whether it holds on one weekday, each week of the year."""
        return len(self.weekdays) == 1 and not (self.days or self.months or self.nth)


@cache
def parse_cron(text: str) -> Cron:
    """`0 8 * * thu`: minute, hour, day of the month, month, weekday.

    Lists, ranges and steps are understood (`1,15`, `mon-fri`, `*/2`), and `mon#1` is the month's
    first Monday.

    Raises:
        ScheduleError: it is not understood, never holds, or asks for more than one time a day.
    """
    fields = text.lower().split()
    if len(fields) != 5:
        raise ScheduleError(f"{text!r} is not cron: write five fields, {_FIELDS}: 0 8 * * thu")
    minute, hour, days, months, weekdays = fields
    found = Cron(
        time=dt.time(_one(hour, "hour", 23), _one(minute, "minute", 59)),
        days=_set(days, "day of the month", tuple(map(str, range(1, 32))), 1),
        months=_months(months),
        weekdays=_weekdays([item for item in weekdays.split(",") if "#" not in item]),
        nth=frozenset(_nth(item) for item in weekdays.split(",") if "#" in item),
    )
    if found.days and (found.weekdays or found.nth):
        raise ScheduleError(
            f"{text!r} names days of the month and weekdays, and programs disagree whether one or "
            "both must hold: make one of them *, or write the month's first Monday as mon#1"
        )
    if not any(found.matches(_A_DAY + dt.timedelta(days=n)) for n in range(_LONGEST)):
        raise ScheduleError(f"{text!r} never comes: no month it names has such a day")
    return found


_A_DAY = dt.date(2000, 1, 1)


def _one(text: str, what: str, most: int) -> int:
    if not re.fullmatch(r"\d{1,2}", text) or int(text) > most:
        raise ScheduleError(
            f"{text!r} is no {what}: write one number from 0 to {most}: an issue covers whole "
            "days, so a list goes out once a day at most"
        )
    return int(text)


def _months(text: str) -> frozenset[int]:
    by_number = text.isdigit() or re.fullmatch(r"[\d,/*-]+", text)
    return _set(text, "month", tuple(map(str, range(1, 13))) if by_number else MONTHS, 1)


def _weekdays(items: Sequence[str]) -> frozenset[int]:
    return frozenset[int]().union(*(_set(_short(item), "weekday", _DAYS, 0) for item in items))


def _nth(item: str) -> tuple[int, int]:
    name, _, count = item.partition("#")
    if not re.fullmatch("[1-5]", count):
        raise ScheduleError(f"{item!r}: write the month's first Monday as mon#1, up to mon#5")
    (weekday,) = _set(_short(name), "weekday", _DAYS, 0) or {-1}
    if weekday < 0:
        raise ScheduleError(f"{item!r} names no weekday: write mon#1")
    return weekday, int(count)


def _short(item: str) -> str:
    """Weekdays by their first three letters, and none by a number."""
    if re.search(r"(?<!/)\b\d", item):
        raise ScheduleError(
            f"{item!r} counts weekdays, and programs disagree whether 1 is Monday or Tuesday: "
            "write names, such as mon or mon-fri"
        )
    return re.sub("|".join(WEEKDAYS), lambda name: name[0][:3], item)


def _set(text: str, what: str, names: Sequence[str], base: int) -> frozenset[int]:
    """What a field stands for, in numbers that begin with `base`; empty for all of it."""
    found = frozenset[int]().union(*(_item(item, what, names) for item in text.split(",")))
    return frozenset[int]() if len(found) == len(names) else frozenset(n + base for n in found)


def _item(item: str, what: str, names: Sequence[str]) -> frozenset[int]:
    match = re.fullmatch(r"(\*|(\w+)(?:-(\w+))?)(?:/([1-9]\d?))?", item)
    if match is None:
        raise ScheduleError(f"{item!r} is no {what}: write names or numbers, a-b, */2, or *")
    whole, first, last, step = match.groups()
    if whole == "*":
        return frozenset(range(0, len(names), int(step or 1)))
    begin = _place(first, what, names)
    end = _place(last, what, names) if last else (len(names) - 1 if step else begin)
    if end < begin:
        if what != "weekday":
            raise ScheduleError(f"{item!r} runs backwards: write the smaller {what} first")
        end += len(names)  # fri-mon goes over the weekend
    return frozenset(n % len(names) for n in range(begin, end + 1, int(step or 1)))


def _place(name: str, what: str, names: Sequence[str]) -> int:
    plain = name.lstrip("0") or name
    for known in (name, plain, name[:3] if name.isalpha() and what == "month" else name):
        if known in names:
            return names.index(known)
    raise ScheduleError(f"{name!r} is no {what}: write one from {names[0]} to {names[-1]}")
