"""The `[schedule]` of a list.toml, and what is said of one that cannot be followed."""

from __future__ import annotations

import datetime as dt

import pytest

from newsletter.audience.schedule_table import read_schedule
from newsletter.audience.toml_table import parse_toml
from newsletter.content.timing import ReviewPolicy, Schedule, Unreviewed, Waves
from newsletter.errors import ListFileError

WEEKLY = 'weekday = "Thursday"\ntime = "08:00"\nzone = "Europe/Berlin"\n'


def read(text: str) -> Schedule:
    return read_schedule(parse_toml(f"[schedule]\n{text}", "list.toml").table("schedule"))


def test_a_weekday_and_a_time_are_enough() -> None:
    assert read(WEEKLY) == Schedule(weekday="thursday", time=dt.time(8), zone="Europe/Berlin")


def test_cron_stands_in_place_of_both() -> None:
    found = read('cron = "30 7 1 * *"\nzone = "UTC"\n')
    assert found.rule.time == dt.time(7, 30)
    assert found.words == "cron 30 7 1 * * UTC"


def test_all_that_can_be_said() -> None:
    found = read(
        WEEKLY + 'assemble = "1d"\nremind = "20h30m"\ngrace = "90m"\nreview = "required"\n'
        'deadline = "2h"\nunreviewed = "skip"\nwaves = "reader"\nalarm = "ops@example.org"\n'
    )
    assert (found.assemble, found.remind, found.grace, found.deadline) == (1440, 1230, 90, 120)
    assert (found.review, found.unreviewed) == (ReviewPolicy.REQUIRED, Unreviewed.SKIP)
    assert (found.waves, found.alarm) == (Waves.READER, "ops@example.org")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('weekday = 4\ntime = "08:00"\nzone = "UTC"', ":2: schedule.weekday: 4 is not a weekday"),
        ('cron = "0 8 * * 4"\nzone = "UTC"', "programs disagree whether 1 is Monday or Tuesday"),
        ('cron = "0 8 * * thu"\ntime = "08:00"\nzone = "UTC"', "time: stands beside cron"),
        ('cron = "0 8 * *"\nzone = "UTC"', ":2: schedule.cron: '0 8 \\* \\*' is not cron"),
        (WEEKLY + 'grace = "soon"', "grace: 'soon' is no span of time: write \"2d\""),
        (WEEKLY + 'grace = ""', "must not be empty"),
        (WEEKLY + 'assemble = "20d"', "two weeks"),
        (WEEKLY + 'remind = "8h"', "remind: editors cannot be told of a draft before it is made"),
        (WEEKLY + 'assemble = "1h"', "assemble: editors cannot be told"),
        (WEEKLY + 'review = "yes"', "review: 'yes' is not known: write one of none, required"),
        (WEEKLY + 'unreviewed = "skip"', 'write review = "required", too'),
        (WEEKLY + 'waves = "readers"', "did you mean 'reader'"),
        (WEEKLY + 'alarm = "nobody"', "alarm:"),
        (WEEKLY + 'gracetime = "1h"', "there is no such key"),
        ('time = "08:00"\nzone = "UTC"', "weekday: is missing"),
        ('weekday = "monday"\ntime = "25:00"\nzone = "UTC"', "not a time of day"),
        ('weekday = "monday"\ntime = "08:00"\nzone = "Mars"', "not a time zone"),
    ],
)
def test_what_cannot_be_followed_is_said_in_one_line(text: str, reason: str) -> None:
    with pytest.raises(ListFileError, match=reason) as told:
        read(text)
    assert "\n" not in str(told.value)
