"""What is said of a list's moments, and of a list that is late."""

from __future__ import annotations

from newsletter.content.timing import ReviewPolicy, Unreviewed
from newsletter.schedule import last_window, next_moment, week_to_send
from newsletter.schedule.outlook import Standing, coming, standing, waiting
from newsletter.store import issues, lists, slots
from newsletter.store.slots import SlotState
from tests.builders import make_list
from tests.schedule.stage import LIST, ClockStage, local, thursday


def stands(stage: ClockStage) -> Standing:
    with stage.database.read() as session:
        return standing(session, lists.get_list(session, LIST), stage.now)


def names(stage: ClockStage, number: int) -> list[str]:
    with stage.database.read() as session:
        found = coming(session, lists.get_list(session, LIST), stage.now, number)
    return [f"{one.issue} {one.state}" for one in found]


def test_a_list_that_no_clock_has_seen_has_its_moments_and_is_not_late(stage: ClockStage) -> None:
    assert names(stage, 3) == ["2026-W06 planned", "2026-W07 planned", "2026-W08 planned"]
    found = stands(stage)
    assert (found.last, found.late) == (None, ())
    assert found.next is not None
    assert found.next.send == local("2026-02-12 08:00")


def test_what_went_last_and_what_is_next(stage: ClockStage) -> None:
    stage.until("2026-02-12 08:00")
    found = stands(stage)
    assert found.last is not None
    assert (found.last.issue, found.last.finished) == ("2026-W06", False)
    stage.sent()
    stage.look()
    found = stands(stage)
    assert found.last is not None
    assert found.last.finished
    assert found.next is not None
    assert (found.next.issue, found.late) == ("2026-W07", ())


def test_a_clock_that_does_not_run_is_noticed_after_ten_minutes(stage: ClockStage) -> None:
    stage.look()
    stage.off_until("2026-02-12 02:10")
    assert stands(stage).late == ()
    stage.off_until("2026-02-12 02:11")
    assert stands(stage).late == (
        "ai-for-science/2026-W06 is late: no clock runs; start `newsletter serve`",
    )


def test_an_issue_that_was_sent_by_hand_is_not_late_although_no_clock_runs(
    stage: ClockStage,
) -> None:
    stage.until("2026-02-12 02:00")
    stage.off_until("2026-02-12 12:00")
    assert stands(stage).late
    with stage.database.write() as session:
        issues.freeze(session, stage.issue().id, {}, stage.now)
    assert stands(stage).late == ()


def test_a_missed_issue_stays_late_until_somebody_settles_it(stage: ClockStage) -> None:
    stage.look()
    stage.off_until("2026-02-14 12:00")
    stage.look()
    (late,) = stands(stage).late
    assert "2026-W06 was missed (no clock ran" in late
    with stage.database.write() as session:
        slots.settle(session, stage.slot(), SlotState.SKIPPED, stage.now)
    assert stands(stage).late == ()


def test_what_hinders_is_said_and_an_issue_that_waits_for_approval_is_not_late(
    stage: ClockStage,
) -> None:
    stage.schedule(review=ReviewPolicy.REQUIRED, deadline=60, unreviewed=Unreviewed.SEND)
    stage.until("2026-02-12 08:30")
    assert stands(stage).late == ()
    with stage.database.read() as session:
        held = coming(session, lists.get_list(session, LIST), stage.now, 1)[0]
        assert waiting(session, lists.get_list(session, LIST), stage.now) == {held.ref: held.note}
    assert held.note == "nobody has approved it: send at 09:00 CET"
    stage.unreachable = True
    stage.until("2026-02-12 09:00")
    assert stands(stage).late == (
        "ai-for-science/2026-W06 does not get on, tried again at 09:01 CET: nobody could leave",
    )


def test_an_issue_that_nobody_approved_in_time_is_late(stage: ClockStage) -> None:
    stage.schedule(review=ReviewPolicy.REQUIRED, deadline=60)
    stage.until("2026-02-12 09:10")
    assert stands(stage).late == ()
    stage.until("2026-02-12 09:11")
    assert stands(stage).late == (
        "ai-for-science/2026-W06 is late (nobody has approved it): approve it or skip it",
    )


def test_holidays_are_shown_and_passed_over(stage: ClockStage) -> None:
    stage.look()
    with stage.database.write() as session:
        slots.settle(session, stage.slot(), SlotState.SKIPPED, stage.now, carry=True)
    assert names(stage, 2) == ["2026-W06 skipped", "2026-W07 planned"]
    found = stands(stage).next
    assert found is not None
    assert found.issue == "2026-W07"


def test_after_half_a_year_every_week_is_asked_about_in_a_few_mails(stage: ClockStage) -> None:
    stage.look()
    stage.off_until("2026-08-10 12:00")
    stage.look()
    weeks = [f"2026-W{number:02d}" for number in range(6, 32)]
    assert [event.slot.issue for event in stage.events] == weeks
    assert len(stands(stage).late) == len(weeks)
    asked = [subject.rpartition("/")[2] for _, subject in stage.mails()]
    assert asked == weeks[-4:]
    said = [" ".join(stage.text_of_last_mail(before).split()) for before in range(4)]
    assert ["22 before it missed theirs, too" in one for one in said] == [False] * 3 + [True]


def test_the_window_of_an_issue_that_is_made_by_hand() -> None:
    now = local("2026-02-18 12:00")  # a Wednesday
    weekly = make_list(week_starts="monday", schedule=thursday(weekday="friday"))
    assert str(last_window(weekly, now).first) == "2026-02-09"
    monthly = make_list(schedule=thursday(weekday="", cron="0 8 1 * *"))
    assert str(last_window(monthly, now).first) == "2026-01-01"
    assert str(week_to_send(weekly, now).first) == "2026-02-02"
    assert f"{next_moment(monthly, now):%Y-%m-%d %H:%M %Z}" == "2026-03-01 08:00 CET"
