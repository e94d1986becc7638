"""Moments are weekdays by name in the list's own zone, and stay so when a clock is changed."""

import asyncio
import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.entry import Period
from newsletter.content.mailinglist import WEEKDAYS, Schedule
from newsletter.schedule import next_moment, scheduler, week_to_send
from tests.builders import make_list

BERLIN = "Europe/Berlin"
ZONES = st.sampled_from([BERLIN, "America/New_York", "Asia/Shanghai", "Pacific/Auckland", "UTC"])
INSTANTS = st.datetimes(
    dt.datetime(2020, 1, 1), dt.datetime(2035, 1, 1), timezones=st.just(dt.UTC)  # noqa: DTZ001
)  # fmt: skip


def on(weekday: str, hour: int = 8, zone: str = BERLIN) -> Schedule:
    return Schedule(weekday=weekday, time=dt.time(hour), zone=zone)


@given(INSTANTS, st.sampled_from(WEEKDAYS), st.integers(4, 23), ZONES)
def test_the_next_moment_is_that_weekday_and_hour_within_a_week(
    now: dt.datetime, weekday: str, hour: int, zone: str
) -> None:
    moment = next_moment(make_list(schedule=on(weekday, hour, zone)), now)
    local = moment.astimezone(ZoneInfo(zone))
    assert (WEEKDAYS[local.weekday()], local.hour, local.minute) == (weekday, hour, 0)
    # A week with the extra hour of autumn is a little longer than seven days.
    assert dt.timedelta(0) <= moment - now <= dt.timedelta(days=7, hours=1)


def test_the_hour_stays_when_summer_time_begins_and_ends() -> None:
    weekly = make_list(schedule=on("monday"))
    instants = [dt.datetime(2026, 3, 24, tzinfo=dt.UTC), dt.datetime(2026, 10, 20, tzinfo=dt.UTC)]
    moments = [next_moment(weekly, instant).astimezone(dt.UTC) for instant in instants]
    assert [moment.isoformat() for moment in moments] == [
        "2026-03-30T06:00:00+00:00",
        "2026-10-26T07:00:00+00:00",
    ]


@given(INSTANTS, st.sampled_from(WEEKDAYS), ZONES)
def test_the_week_that_is_sent_is_over_and_is_the_last_such(
    now: dt.datetime, starts: str, zone: str
) -> None:
    mailing_list = make_list(week_starts=starts, schedule=on("thursday", zone=zone))
    week = week_to_send(mailing_list, now)
    today = now.astimezone(ZoneInfo(zone)).date()
    assert dt.timedelta(1) <= today - week.last <= dt.timedelta(7)
    assert WEEKDAYS[week.first.weekday()] == starts


def test_a_thursday_digest_holds_the_seven_days_before_that_thursday() -> None:
    mailing_list = make_list(week_starts="thursday", schedule=on("thursday"))
    thursday = dt.datetime(2026, 2, 12, 8, tzinfo=ZoneInfo(BERLIN))
    assert week_to_send(mailing_list, thursday) == Period(dt.date(2026, 2, 5), dt.date(2026, 2, 11))


def test_the_scheduler_calls_for_the_week_when_its_moment_comes() -> None:
    called: list[tuple[str, Period]] = []

    async def send_week(list_name: str, week: Period) -> None:
        called.append((list_name, week))

    async def run() -> None:
        now = dt.datetime.now(dt.UTC)
        soon = make_list(schedule=on("monday", zone="UTC"), week_starts="monday")
        clock = scheduler([soon], send_week, lambda: now)
        clock.start()
        (job,) = clock.get_jobs()
        assert job.next_run_time == next_moment(soon, now)
        job.modify(next_run_time=dt.datetime.now(dt.UTC))
        for _ in range(100):
            if called:
                break
            await asyncio.sleep(0.02)
        clock.shutdown()
        assert called == [(soon.name, week_to_send(soon, now))]

    asyncio.run(run())


def test_what_waits_is_looked_for_at_once_and_then_each_minute() -> None:
    looked = 0

    async def send_week(_list_name: str, _week: Period) -> None:
        raise AssertionError("no week is over")

    async def waiting() -> None:
        nonlocal looked
        looked += 1

    async def run() -> None:
        clock = scheduler([], send_week, lambda: dt.datetime.now(dt.UTC), waiting)
        clock.start()
        for _ in range(100):
            if looked:
                break
            await asyncio.sleep(0.02)
        (job,) = clock.get_jobs()
        away = job.next_run_time - dt.datetime.now(dt.UTC)
        clock.shutdown()
        assert looked == 1
        assert dt.timedelta(seconds=50) < away <= dt.timedelta(minutes=1)

    asyncio.run(run())


@pytest.mark.parametrize("weekday", WEEKDAYS)
def test_no_weekday_is_taken_for_another(weekday: str) -> None:
    moment = next_moment(make_list(schedule=on(weekday)), dt.datetime(2026, 6, 1, tzinfo=dt.UTC))
    assert moment.strftime("%A").lower() == weekday
