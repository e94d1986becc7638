"""Five fields of cron say what they say to everybody, or are refused in one line."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.cron import MONTHS, WEEKDAYS, parse_cron
from newsletter.errors import ScheduleError

DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31))


@given(DAYS, st.sampled_from(WEEKDAYS), st.booleans())
def test_a_weekday_is_the_one_it_is_named_after(day: dt.date, name: str, short: bool) -> None:
    cron = parse_cron(f"30 7 * * {name[:3] if short else name}")
    assert cron.matches(day) == (day.strftime("%A").lower() == name)
    assert (cron.time, cron.weekly) == (dt.time(7, 30), True)


@given(DAYS, st.integers(0, 6), st.integers(0, 6))
def test_a_range_of_weekdays_may_go_over_the_weekend(day: dt.date, first: int, last: int) -> None:
    cron = parse_cron(f"0 8 * * {WEEKDAYS[first][:3]}-{WEEKDAYS[last][:3]}")
    assert cron.matches(day) == ((day.weekday() - first) % 7 <= (last - first) % 7)


@given(DAYS, st.integers(0, 6), st.integers(1, 5))
def test_the_months_nth_weekday(day: dt.date, weekday: int, count: int) -> None:
    cron = parse_cron(f"0 8 * * {WEEKDAYS[weekday][:3]}#{count}")
    before = [day.replace(day=n) for n in range(1, day.day + 1)]
    same = sum(one.weekday() == weekday for one in before)
    assert cron.matches(day) == (day.weekday() == weekday and same == count)


@given(DAYS, st.integers(1, 31), st.integers(1, 12), st.booleans())
def test_a_day_of_a_month(day: dt.date, of_month: int, month: int, named: bool) -> None:
    text = f"0 8 {of_month} {MONTHS[month - 1] if named else month} *"
    if of_month > (29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31):
        with pytest.raises(ScheduleError, match="never comes"):
            parse_cron(text)
        return
    assert parse_cron(text).matches(day) == ((day.day, day.month) == (of_month, month))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("0 8 1,15 * *", [1, 15]),
        ("0 8 */10 * *", [1, 11, 21, 31]),
        ("0 8 10-16/3 * *", [10, 13, 16]),
        ("0 8 25/3 * *", [25, 28, 31]),
        ("0 8 * jan-march thursday", [1, 8, 15, 22, 29]),
        ("0 8 * 1 tue,thu#2", [6, 8, 13, 20, 27]),
        ("0 8 * * *", list(range(1, 32))),
    ],
)
def test_the_days_of_january_2026(text: str, days: list[int]) -> None:
    cron = parse_cron(text)
    assert [n for n in range(1, 32) if cron.matches(dt.date(2026, 1, n))] == days


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0 8 * * 1", "programs disagree whether 1 is Monday or Tuesday: write names"),
        ("0 8 * * mon-5", "counts weekdays"),
        ("0 8 * * 0,sat", "counts weekdays"),
        ("0 8 * * 7#1", "counts weekdays"),
        ("*/5 8 * * mon", "once a day at most"),
        ("0 8,20 * * mon", "once a day at most"),
        ("0 24 * * mon", "no hour"),
        ("0 8 1 * mon", "programs disagree whether one or both must hold"),
        ("0 8 31 feb,apr *", "never comes"),
        ("0 8 0 * *", "no day of the month"),
        ("0 8 9-3 * *", "runs backwards"),
        ("0 8 * 13 *", "no month"),
        ("0 8 * * noday", "no weekday"),
        ("0 8 * * mon#6", "up to mon#5"),
        ("0 8 * * #1", "no weekday"),
        ("0 8 * *", "five fields"),
        ("@weekly", "five fields"),
    ],
)
def test_what_can_be_misread_is_refused_in_one_line(text: str, reason: str) -> None:
    with pytest.raises(ScheduleError, match=reason) as told:
        parse_cron(text)
    assert "\n" not in str(told.value)


@given(st.text(alphabet="0123456789*/,-# monfrijan", max_size=30))
def test_whatever_is_written_is_understood_or_refused(text: str) -> None:
    with suppress(ScheduleError):
        parse_cron(text)
