"""Moments are days of a calendar: a changed clock adds none and loses none, in whatever zone."""

from __future__ import annotations

import datetime as dt
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.mailinglist import WEEKDAYS, MailingList
from newsletter.content.moments import (
    at_local,
    days,
    end_of,
    known_zone,
    local_day,
    moment_on,
    moments,
    wave,
    window_on,
)
from newsletter.content.serial import dump, load
from newsletter.content.timing import ReviewPolicy, Schedule, Waves
from newsletter.content.window import issue_name
from tests.builders import make_list

ZONES = st.sampled_from(sorted(available_timezones() - {"localtime", "Factory"}))
TIMES = st.times().map(lambda time: dt.time(time.hour, time.minute))
DATES = st.dates(dt.date(1995, 1, 1), dt.date(2037, 1, 1))
CRONS = st.sampled_from(
    ["0 8 * * *", "30 2 * * mon-fri", "15 1 1 * *", "0 0 1,15 * *", "59 23 * * sun#1,wed#3"]
)
WEEKLY = st.builds(Schedule, zone=ZONES, weekday=st.sampled_from(WEEKDAYS), time=TIMES)
SCHEDULES = st.one_of(WEEKLY, st.builds(Schedule, zone=ZONES, cron=CRONS))
DAY = dt.timedelta(days=1)


def listed(schedule: Schedule, week_starts: str = "monday") -> MailingList:
    return make_list(schedule=schedule, week_starts=week_starts)


def weekly(**changes: Any) -> Schedule:
    values: dict[str, Any] = {"weekday": "thursday", "time": dt.time(8), "zone": "Europe/Berlin"}
    return Schedule(**(values | changes))


@given(SCHEDULES, DATES, st.sampled_from(WEEKDAYS))
def test_every_day_is_covered_once_whatever_the_zone_does(
    schedule: Schedule, start: dt.date, week_starts: str
) -> None:
    found = list(islice(moments(listed(schedule, week_starts), start), 40))
    for before, after in pairwise(found):
        assert before.send < after.send
        assert after.window.first == before.window.last + DAY
        assert after.window.last < after.day


@given(WEEKLY, DATES, st.sampled_from(WEEKDAYS))
def test_no_two_issues_of_a_list_have_one_name(
    schedule: Schedule, start: dt.date, week_starts: str
) -> None:
    found = islice(moments(listed(schedule, week_starts), start), 110)
    names = [issue_name(moment.window, week_starts) for moment in found]
    assert len(set(names)) == 110
    assert names == sorted(names)  # 2026-W53 comes before 2027-W01


@given(SCHEDULES, DATES)
def test_a_moment_is_the_local_time_of_its_day_or_follows_the_gap_it_fell_into(
    schedule: Schedule, start: dt.date
) -> None:
    zone, time = ZoneInfo(schedule.zone), schedule.rule.time
    for moment in islice(moments(listed(schedule), start), 20):
        local = moment.send.astimezone(zone)
        if local.replace(tzinfo=None) == dt.datetime.combine(moment.day, time):
            assert local.fold == 0, "of a time that comes twice it is the first"
            continue
        # It does not exist: later by what the clock was set forward, and by no more.
        before = dt.datetime.combine(moment.day, time, zone).utcoffset()
        assert local.utcoffset() != before
        assert (
            dt.timedelta(0)
            < local.replace(tzinfo=None) - dt.datetime.combine(moment.day, time)
            <= dt.timedelta(hours=24)
        )


@given(WEEKLY, DATES, st.integers(0, 7 * 1440), st.integers(0, 7 * 1440))
def test_nothing_is_assembled_before_its_days_are_over(
    schedule: Schedule, start: dt.date, lead: int, less: int
) -> None:
    early = load(Schedule, dump(schedule))  # as it comes out of the database
    mailing_list = listed(
        Schedule(**(_fields(early) | {"assemble": lead, "remind": min(lead, less)}))
    )
    for moment in islice(moments(mailing_list, start), 10):
        over = end_of(moment.window, schedule.zone)
        assert over <= moment.assemble <= moment.remind <= moment.send


def _fields(schedule: Schedule) -> dict[str, Any]:
    return {name: getattr(schedule, name) for name in Schedule.__slots__}


def test_the_day_is_that_of_the_lists_own_zone() -> None:
    late = dt.datetime(2026, 1, 7, 23, 30, tzinfo=dt.UTC)
    assert local_day(listed(weekly(zone="Asia/Shanghai")), late) == dt.date(2026, 1, 8)
    assert local_day(listed(weekly(zone="America/New_York")), late) == dt.date(2026, 1, 7)


@given(
    st.dates(dt.date(2000, 1, 1), dt.date(2036, 1, 1)),
    st.sampled_from(WEEKDAYS),
    st.integers(4, 23),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Shanghai", "UTC"]),
)
def test_where_the_clock_stands_still_apscheduler_agrees(
    start: dt.date, weekday: str, hour: int, zone: str
) -> None:
    schedule = weekly(weekday=weekday, time=dt.time(hour), zone=zone)
    trigger = CronTrigger(day_of_week=weekday[:3], hour=hour, timezone=ZoneInfo(zone))
    after = dt.datetime.combine(start + DAY, dt.time(), ZoneInfo(zone))
    assert moment_on(listed(schedule), next(days(schedule, start))).send == (
        trigger.get_next_fire_time(None, after)
    )


@pytest.mark.parametrize(
    ("zone", "day", "time", "expected"),
    [
        ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T03:30:00+02:00"),  # skipped
        ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T02:30:00+02:00"),  # the first of two
        ("America/New_York", "2026-03-08", "02:00", "2026-03-08T03:00:00-04:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-04T02:45:00+11:00"),  # half an hour
        ("Africa/Cairo", "2026-04-24", "00:00", "2026-04-24T01:00:00+03:00"),  # midnight is skipped
        ("Pacific/Apia", "2011-12-30", "08:00", "2011-12-31T08:00:00+14:00"),  # the day is skipped
    ],
)
def test_a_moment_that_a_zone_skips_or_repeats(
    zone: str, day: str, time: str, expected: str
) -> None:
    found = at_local(dt.date.fromisoformat(day), dt.time.fromisoformat(time), zone)
    assert found.astimezone(ZoneInfo(zone)).isoformat() == expected


def test_a_day_that_a_zone_skips_has_no_issue_of_its_own_and_its_papers_are_not_lost() -> None:
    daily = listed(Schedule(zone="Pacific/Apia", cron="0 8 * * *"))
    found = list(islice(moments(daily, dt.date(2011, 12, 28)), 3))
    assert [str(moment.day) for moment in found] == ["2011-12-29", "2011-12-31", "2012-01-01"]
    assert [(m.window.first.day, m.window.last.day) for m in found] == [
        (28, 28),
        (29, 30),
        (31, 31),
    ]


def test_the_weeks_around_a_years_end_have_53_and_then_1() -> None:
    mailing_list = listed(weekly(weekday="monday"), "monday")
    names = [
        issue_name(moment.window, "monday")
        for moment in islice(moments(mailing_list, dt.date(2026, 12, 22)), 4)
    ]
    assert names == ["2026-W52", "2026-W53", "2027-W01", "2027-W02"]


def test_a_month_by_cron_covers_the_month_before() -> None:
    monthly = listed(Schedule(zone="Europe/Berlin", cron="0 8 1 * *"))
    assert str(window_on(monthly, dt.date(2028, 3, 1))) == str(
        window_on(monthly, next(days(monthly.schedule, dt.date(2028, 2, 2))))
    )
    window = window_on(monthly, dt.date(2028, 3, 1))
    assert (str(window.first), str(window.last)) == ("2028-02-01", "2028-02-29")


@given(ZONES, DATES, TIMES, st.sampled_from(["Europe/Berlin", "Pacific/Apia", "UTC"]))
def test_a_reader_gets_it_at_the_hour_by_their_own_clock_once_it_is_ready(
    own: str, day: dt.date, time: dt.time, zone: str
) -> None:
    schedule = weekly(zone=zone, time=time, waves=Waves.READER)
    ready = at_local(day, dt.time(), zone)
    found = wave(schedule, day, own, ready)
    assert ready <= found
    # A day that a zone skips, as Samoa did, makes it one day longer for those who live there.
    assert found - at_local(day, time, zone) <= dt.timedelta(hours=26 + 24 * ("Samoa" in own))
    assert found in [at_local(day + n * DAY, time, own) for n in range(4)]


def test_waves_of_a_thursday() -> None:
    schedule = weekly(waves=Waves.READER)
    zones = ["Asia/Shanghai", "Pacific/Auckland", "", "America/Los_Angeles", "Gone/Atlantis"]
    day = dt.date(2026, 2, 12)
    ready = at_local(day, dt.time(), schedule.zone)  # 23:00 UTC of the day before
    found = {zone: wave(schedule, day, zone, ready).isoformat()[:16] for zone in zones}
    assert found == {
        "Asia/Shanghai": "2026-02-12T00:00",
        "Pacific/Auckland": "2026-02-12T19:00",  # Friday there; Thursday's was too early
        "": "2026-02-12T07:00",
        "America/Los_Angeles": "2026-02-12T16:00",
        "Gone/Atlantis": "2026-02-12T07:00",
    }
    moment = moment_on(make_list(schedule=schedule), day, zones)
    assert moment.send.isoformat() == "2026-02-12T00:00:00+00:00"
    assert moment.assemble == moment.remind == ready
    assert known_zone("Gone/Atlantis", "UTC") == "UTC"


def test_a_schedule_of_an_older_database_is_read() -> None:
    old = load(Schedule, '{"weekday":"thursday","time":"08:00:00","zone":"Europe/Berlin"}')
    assert old == weekly()
    assert old.review is ReviewPolicy.NONE
    assert old.words == "thursday 08:00 Europe/Berlin"
