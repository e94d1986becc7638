"""Months in seconds: the same ticks, and a database that is none the wiser."""

from __future__ import annotations

import datetime as dt

import pytest

from newsletter.content.timing import ReviewPolicy, Unreviewed, Waves
from newsletter.schedule.deciding import Step
from newsletter.schedule.simulating import SHOWN, simulate
from newsletter.store import lists, slots
from newsletter.store.database import Database
from newsletter.store.slots import SlotState
from tests.builders import make_list
from tests.schedule.stage import LIST, ClockStage, local, thursday


@pytest.fixture
def stage(sqlite_database: Database) -> ClockStage:
    made = ClockStage(sqlite_database)
    made.follow()
    return made


def shown(stage: ClockStage, first: str, last: str, *, approved: bool = True) -> list[str]:
    found = simulate(stage.database, [LIST], local(first), local(last), approved=approved)
    return [
        f"{at:%Y-%m-%d %H:%M} {event.step} {event.slot.issue}"
        for at, event in found
        if event.step in SHOWN
    ]


def test_a_winter_with_the_end_of_summer_time_and_of_a_year_of_53_weeks(
    stage: ClockStage,
) -> None:
    found = shown(stage, "2026-10-20 00:00", "2027-01-15 00:00")
    assert found[:2] == ["2026-10-22 06:00 send 2026-W42", "2026-10-29 07:00 send 2026-W43"]
    assert found[-2:] == ["2027-01-07 07:00 send 2026-W53", "2027-01-14 07:00 send 2027-W01"]


def test_nothing_is_written_to_the_real_database(stage: ClockStage) -> None:
    stage.look()
    file = stage.database.file
    assert file is not None
    with stage.database.read() as session:
        before = slots.all_slots(session, LIST)
    shown(stage, "2026-03-01 00:00", "2026-04-15 00:00")
    with stage.database.read() as session:
        assert slots.all_slots(session, LIST) == before
        assert lists.list_names(session) == (LIST,)
    assert stage.mails() == []


def test_holidays_are_kept(stage: ClockStage) -> None:
    stage.look()
    with stage.database.write() as session:
        slots.settle(session, stage.slot(), SlotState.SKIPPED, stage.now, carry=True)
    found = shown(stage, "2026-02-10 00:00", "2026-02-20 00:00")
    assert found == ["2026-02-19 07:00 send 2026-W07"]


@pytest.mark.parametrize("policy", Unreviewed)
def test_editors_approve_or_the_lists_policy_decides(stage: ClockStage, policy: Unreviewed) -> None:
    stage.schedule(review=ReviewPolicy.REQUIRED, deadline=60, unreviewed=policy)
    span = ("2026-02-10 00:00", "2026-02-13 00:00")
    assert shown(stage, *span) == ["2026-02-12 07:00 send 2026-W06"]
    steps = [line.split()[2] for line in shown(stage, *span, approved=False)]
    expected = {Unreviewed.WAIT: [], Unreviewed.SEND: ["send"], Unreviewed.SKIP: ["skip"]}
    assert steps == ["hold", *expected[policy]]


def test_with_waves_it_begins_with_the_earliest_reader(stage: ClockStage) -> None:
    stage.follow(make_list(schedule=thursday(waves=Waves.READER)))
    stage.join("ann@reader.example")
    stage.join("bo@reader.example", zone="Asia/Shanghai")
    assert shown(stage, "2026-02-10 00:00", "2026-02-13 00:00") == [
        "2026-02-12 00:00 send 2026-W06"
    ]


def test_a_year_of_a_daily_list_goes_out_each_day(stage: ClockStage) -> None:
    stage.follow(make_list(schedule=thursday(weekday="", cron="30 2 * * *", assemble=0, remind=0)))
    found = [
        (at, event)
        for at, event in simulate(
            stage.database, [LIST], local("2026-03-20 00:00"), local("2026-04-05 00:00")
        )
        if event.step is Step.SEND
    ]
    assert len({at for at, _ in found}) == len(found) == 16
    assert [event.slot.window.last - event.slot.window.first for _, event in found] == (
        [dt.timedelta(0)] * 16
    )
