"""What a clock does at each moment, and that it does so once, however often it looks."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session

from newsletter.content.entry import Period
from newsletter.content.mailinglist import Policies, TooFew
from newsletter.content.timing import ReviewPolicy, Unreviewed
from newsletter.errors import ConflictError
from newsletter.packaged import packaged
from newsletter.store import issues, reviews, slots, steering
from newsletter.store.editing import drop, set_note
from newsletter.store.senders import CLOCK, hold_issue
from newsletter.store.slots import Slot, SlotState
from newsletter.store.values import IssueState
from tests.builders import make_digest, make_entry, make_list
from tests.schedule.stage import BERLIN, LIST, ClockStage, local, thursday

EDITOR = "editors@news.example.org"
LATE = make_entry(99, period=Period(dt.date(2026, 2, 9), dt.date(2026, 2, 9)))
READY = ["assemble 2026-W06", "remind 2026-W06", "send 2026-W06"]


def note(stage: ClockStage, who: str) -> None:
    issue = stage.issue().id
    with stage.database.write() as session:
        set_note(session, issue, "en", "note", "One more thing.", who=who, now=stage.now)


def change_template(stage: ClockStage, tmp_path: Path) -> None:
    weekly = tmp_path / "templates" / "weekly"
    shutil.copytree(packaged("templates") / "weekly", weekly)
    (weekly / "subject.txt").write_text("{{ issue.title }} by another template\n", "utf-8")
    stage.folders = (weekly.parent,)


def approve(stage: ClockStage) -> None:
    with stage.database.write() as session:
        reviews.approve(session, stage.issue().id, "eva", stage.now, files=stage.hands.files)


def test_a_draft_a_reminder_and_the_send_each_at_its_moment(stage: ClockStage) -> None:
    stage.until("2026-02-12 01:59")
    assert stage.steps() == []
    stage.until("2026-02-12 02:00")
    assert stage.steps() == READY[:1]
    stage.until("2026-02-12 04:00")
    assert stage.steps() == READY[:2]
    assert stage.issue().state is IssueState.DRAFT
    stage.until("2026-02-12 07:59")
    assert stage.steps() == READY[:2]
    stage.until("2026-02-12 08:00")
    assert stage.steps() == READY
    assert stage.issue().state is IssueState.FROZEN
    assert stage.mails() == [
        (EDITOR, "Draft: ai-for-science/2026-W06 goes out Thu 2026-02-12 08:00 CET")
    ]


def test_weeks_follow_each_other_and_each_slot_is_closed(stage: ClockStage) -> None:
    stage.until("2026-02-26 08:00", then=stage.sent)
    names = ["2026-W06", "2026-W07", "2026-W08"]
    assert [step for step in stage.steps() if step.startswith("send")] == [
        f"send {name}" for name in names
    ]
    assert [stage.slot(name).state for name in names] == [SlotState.SENT] * 3
    assert [len(stage.issue(name).digest.entries) for name in names] == [7] * 3
    assert stage.slot("2026-W09").send_at == local("2026-03-05 08:00")


def test_looking_again_changes_nothing(stage: ClockStage) -> None:
    stage.until("2026-02-12 08:00")
    before = stage.slot()
    for _ in range(3):
        assert stage.look() == ()
    assert stage.slot() == before
    assert len(stage.mails()) == 1


def test_a_clock_that_is_set_back_sends_nothing_twice(stage: ClockStage) -> None:
    stage.until("2026-02-12 08:00", then=stage.sent)
    stage.look()
    stage.now -= dt.timedelta(days=2)
    stage.until("2026-02-12 09:00", then=stage.sent)
    assert stage.steps() == [*READY, "close 2026-W06"]


def test_a_machine_that_was_off_catches_up_within_the_lists_grace(stage: ClockStage) -> None:
    stage.until("2026-02-11 12:00")
    stage.off_until("2026-02-12 19:59")
    stage.look()
    # The reminder is for before the send; nobody waits for one any more.
    assert stage.steps() == ["assemble 2026-W06", "send 2026-W06"]
    assert stage.mails() == []


def test_a_machine_that_was_off_too_long_asks(stage: ClockStage) -> None:
    stage.until("2026-02-11 12:00")
    stage.off_until("2026-02-12 20:01")
    stage.look()
    assert stage.steps() == ["miss 2026-W06"]
    assert stage.slot().state is SlotState.MISSED
    assert stage.mails() == [(EDITOR, "Not sent: ai-for-science/2026-W06")]
    stage.until("2026-02-18 12:00")
    assert stage.steps() == ["miss 2026-W06"]
    assert len(stage.mails()) == 1


def test_weeks_that_passed_unseen_are_each_asked_about_and_the_next_goes(
    stage: ClockStage,
) -> None:
    stage.until("2026-02-11 12:00")
    stage.off_until("2026-02-26 12:00")
    stage.look()
    assert stage.steps() == [
        "miss 2026-W06",
        "miss 2026-W07",
        "assemble 2026-W08",
        "send 2026-W08",
    ]


def test_a_missed_issue_that_is_sent_by_hand_is_settled(stage: ClockStage) -> None:
    stage.until("2026-02-11 12:00")
    stage.off_until("2026-02-13 08:00")
    stage.look()
    with stage.database.write() as session:
        draft = issues.save_draft(session, make_digest(), stage.now)
        issues.freeze(session, draft.id, {"en": b"x"}, stage.now)
    stage.look()
    assert stage.slot().state is SlotState.SENDING
    stage.sent()
    stage.look()
    assert stage.slot().state is SlotState.SENT


def test_a_missed_issue_goes_when_somebody_says_so(stage: ClockStage) -> None:
    stage.until("2026-02-11 12:00")
    stage.off_until("2026-02-14 08:00")
    stage.look()
    with stage.database.write() as session:
        slots.reopen(session, stage.slot(), SlotState.PLANNED, stage.now, by="root")
    stage.look()
    assert stage.steps() == ["miss 2026-W06", "assemble 2026-W06", "send 2026-W06"]


def test_a_step_that_fails_is_tried_again_and_told_once(stage: ClockStage) -> None:
    stage.until("2026-02-12 07:00")
    stage.unreachable = True
    stage.until("2026-02-12 08:00")
    slot = stage.slot()
    assert (slot.state, slot.attempts, slot.error) == (
        SlotState.REMINDED,
        1,
        "ai-for-science/2026-W06: nobody could leave",
    )
    assert len(stage.mails()) == 1
    stage.until("2026-02-12 10:00")
    failures = [event for event in stage.events if event.error]
    assert len(failures) == stage.slot().attempts == 11  # 08:00, 1, 3, 8, 18, 33 past, and so on
    assert [subject for _, subject in stage.mails()][1:] == ["In trouble: ai-for-science/2026-W06"]
    stage.unreachable = False
    stage.until("2026-02-12 10:15")
    assert stage.issue().state is IssueState.FROZEN
    assert (stage.slot().error, stage.slot().attempts) == ("", 0)


def test_what_fails_until_the_grace_is_over_asks_and_says_why(stage: ClockStage) -> None:
    stage.unreachable = True
    stage.until("2026-02-13 08:00")
    assert stage.slot().state is SlotState.MISSED
    assert stage.slot().note == "ai-for-science/2026-W06: nobody could leave"
    assert [subject.partition(":")[0] for _, subject in stage.mails()] == [
        "Draft",
        "In trouble",
        "Not sent",
    ]


def test_a_fault_of_the_program_is_on_record_and_does_not_stop_other_lists(
    stage: ClockStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.follow(make_list(), make_list(name="weekly-maths"))
    stage.until("2026-02-12 01:00")
    made = type(stage.hands).assemble

    def faulty(self: object, slot: slots.Slot, now: dt.datetime) -> None:
        if slot.list_name == LIST:
            raise ZeroDivisionError("by zero")
        made(self, slot, now)  # type: ignore[arg-type]  # it is one

    monkeypatch.setattr(type(stage.hands), "assemble", faulty)
    stage.until("2026-02-12 02:00")
    assert "ZeroDivisionError: by zero" in stage.slot().error
    assert stage.slot(list_name="weekly-maths").state is SlotState.DRAFTED


def test_a_mail_that_cannot_be_written_hides_no_failure_and_keeps_no_other_list(
    stage: ClockStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.follow(make_list(), make_list(name="weekly-maths"))
    stage.until("2026-02-12 05:00")
    stage.unreachable = True

    def faulty(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(type(stage.hands), "alarm", faulty)
    stage.until("2026-02-12 08:03")
    assert stage.slot().attempts == 3
    assert stage.slot(list_name="weekly-maths").attempts == 3


def test_a_slot_that_nothing_can_be_done_about_does_not_keep_other_lists(
    stage: ClockStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.follow(make_list(), make_list(name="weekly-maths"))
    stage.until("2026-02-12 01:00")
    asked = slots.get_slot

    def faulty(session: Session, list_name: str, issue: str) -> Slot:
        if list_name == LIST:
            raise ZeroDivisionError("by zero")
        return asked(session, list_name, issue)

    monkeypatch.setattr(slots, "get_slot", faulty)
    stage.until("2026-02-12 02:00")
    assert [event.slot.list_name for event in stage.events] == ["weekly-maths"]


def test_two_clocks_at_once_are_one(stage: ClockStage) -> None:
    stage.now = local("2026-02-12 08:00")
    with (
        hold_issue(stage.database, CLOCK),
        pytest.raises(ConflictError, match="another clock is at work"),
    ):
        stage.look()
    stage.now = local("2026-02-12 02:00")
    assert stage.look() != ()


def test_a_stale_clock_moves_no_slot(stage: ClockStage) -> None:
    """As one would whose lock the database took away while it was at work."""
    stage.until("2026-02-12 02:00")
    stale = stage.slot()
    stage.until("2026-02-12 04:00")
    with stage.database.write() as session:
        assert not slots.advance(session, stale, SlotState.REMINDED, stage.now)
        assert not slots.fail(session, stale, "late", stage.now)


# Review


@pytest.fixture
def reviewed(stage: ClockStage) -> ClockStage:
    stage.schedule(review=ReviewPolicy.REQUIRED)
    return stage


def test_an_approved_issue_goes_at_its_moment_and_not_before(reviewed: ClockStage) -> None:
    reviewed.until("2026-02-12 05:00")
    approve(reviewed)
    reviewed.until("2026-02-12 07:59")
    assert reviewed.steps() == READY[:2]
    reviewed.until("2026-02-12 08:00")
    assert reviewed.steps() == READY


def test_without_approval_it_waits_as_long_as_it_takes_and_says_so_once(
    reviewed: ClockStage,
) -> None:
    reviewed.until("2026-02-14 08:00")
    assert reviewed.steps() == [*READY[:2], "hold 2026-W06"]
    assert reviewed.slot().state is SlotState.HELD
    assert [subject for _, subject in reviewed.mails()][1:] == [
        "Waits for approval: ai-for-science/2026-W06"
    ]
    approve(reviewed)
    reviewed.look()
    assert reviewed.issue().state is IssueState.FROZEN


@pytest.mark.parametrize(
    ("policy", "step"), [(Unreviewed.SEND, "send 2026-W06"), (Unreviewed.SKIP, "skip 2026-W06")]
)
def test_at_the_deadline_the_list_decides(stage: ClockStage, policy: Unreviewed, step: str) -> None:
    stage.schedule(review=ReviewPolicy.REQUIRED, deadline=90, unreviewed=policy)
    stage.until("2026-02-12 09:29")
    assert stage.steps() == [*READY[:2], "hold 2026-W06"]
    stage.until("2026-02-12 09:30")
    assert stage.steps()[3:] == [step]


def test_an_approval_between_the_moment_and_the_deadline_sends_at_once(
    stage: ClockStage,
) -> None:
    stage.schedule(review=ReviewPolicy.REQUIRED, deadline=90, unreviewed=Unreviewed.SKIP)
    stage.until("2026-02-12 09:00")
    approve(stage)
    stage.look()
    assert stage.issue().state is IssueState.FROZEN


def reject(stage: ClockStage) -> None:
    with stage.database.write() as session:
        reviews.reject(
            session,
            stage.issue().id,
            "eva",
            stage.now,
            note="The second summary.",
            files=stage.hands.files,
        )


@pytest.mark.parametrize("policy", ReviewPolicy)
def test_a_draft_of_which_editors_want_changes_does_not_go_whatever_the_list_says(
    stage: ClockStage, policy: ReviewPolicy
) -> None:
    stage.schedule(review=policy, unreviewed=Unreviewed.SEND)
    stage.until("2026-02-12 05:00")
    reject(stage)
    stage.until("2026-02-12 18:00")
    assert stage.steps() == [*READY[:2], "hold 2026-W06"]
    assert stage.slot().note == "eva wants changes: The second summary."
    assert "goes all the same" not in stage.text_of_last_mail()
    approve(stage)
    stage.look()
    assert stage.issue().state is IssueState.FROZEN


@pytest.mark.parametrize("policy", ReviewPolicy)
@pytest.mark.parametrize("change", ["a note", "the template"])
def test_a_change_does_not_let_go_what_editors_want_changed(
    stage: ClockStage, policy: ReviewPolicy, change: str, tmp_path: Path
) -> None:
    stage.schedule(review=policy, unreviewed=Unreviewed.SEND)
    stage.until("2026-02-12 03:00")  # before the reminder, which asks
    reject(stage)
    if change == "a note":
        note(stage, "bo")
    else:
        change_template(stage, tmp_path)
    stage.until("2026-02-12 18:00")
    assert stage.issue().state is IssueState.DRAFT
    assert stage.slot().note == "eva wants changes: The second summary."
    approve(stage)
    stage.look()
    assert stage.issue().state is IssueState.FROZEN


def test_a_draft_that_changes_after_its_approval_wants_another(reviewed: ClockStage) -> None:
    reviewed.until("2026-02-12 05:00")
    approve(reviewed)
    note(reviewed, "eva")
    reviewed.until("2026-02-12 08:00")
    assert reviewed.steps()[2:] == ["hold 2026-W06"]
    approve(reviewed)
    reviewed.look()
    assert reviewed.issue().digest.notes == {"en": "One more thing."}
    assert reviewed.issue().state is IssueState.FROZEN


def test_a_template_that_changes_after_the_approval_wants_another(
    reviewed: ClockStage, tmp_path: Path
) -> None:
    reviewed.until("2026-02-12 05:00")
    approve(reviewed)
    change_template(reviewed, tmp_path)
    reviewed.until("2026-02-12 08:00")
    assert reviewed.slot().state is SlotState.HELD


def test_what_was_approved_goes_although_more_has_come_in(reviewed: ClockStage) -> None:
    reviewed.until("2026-02-12 05:00")
    approve(reviewed)
    reviewed.publish(LATE)
    reviewed.until("2026-02-12 08:00")
    assert len(reviewed.issue().digest.entries) == 7


def test_what_was_approved_goes_so_on_a_list_that_asks_for_no_approval_too(
    stage: ClockStage,
) -> None:
    stage.until("2026-02-12 05:00")
    approve(stage)
    stage.publish(LATE)
    stage.until("2026-02-12 08:00")
    assert len(stage.issue().digest.entries) == 7


def test_what_nobody_must_read_has_what_came_in_since_the_draft(stage: ClockStage) -> None:
    stage.until("2026-02-12 05:00")
    stage.publish(LATE)
    stage.until("2026-02-12 08:00")
    assert len(stage.issue().digest.entries) == 8


def test_editors_who_are_told_late_have_their_time_all_the_same(stage: ClockStage) -> None:
    stage.schedule(review=ReviewPolicy.REQUIRED, unreviewed=Unreviewed.SKIP)
    stage.until("2026-02-11 12:00")
    stage.off_until("2026-02-12 10:00")
    stage.until("2026-02-12 13:59")  # four hours lie between the reminder and the send
    assert stage.steps() == [*READY[:2], "hold 2026-W06"]
    stage.until("2026-02-12 14:00")
    assert stage.steps()[3:] == ["skip 2026-W06"]


# Holidays


def skip(stage: ClockStage, issue: str, *, carry: bool) -> None:
    with stage.database.write() as session:
        slots.settle(
            session, stage.slot(issue), SlotState.SKIPPED, stage.now, by="root", carry=carry
        )


def test_a_skipped_week_is_not_sent_and_the_next_one_is(stage: ClockStage) -> None:
    stage.until("2026-02-12 03:00")
    skip(stage, "2026-W06", carry=False)
    stage.until("2026-02-19 08:00", then=stage.sent)
    assert stage.steps()[1:4] == ["assemble 2026-W07", "remind 2026-W07", "send 2026-W07"]
    assert len(stage.issue("2026-W07").digest.entries) == 7


def test_two_skipped_weeks_are_carried_into_the_third(stage: ClockStage) -> None:
    stage.until("2026-02-12 01:00")
    skip(stage, "2026-W06", carry=True)
    stage.until("2026-02-19 01:00")
    skip(stage, "2026-W07", carry=True)
    stage.until("2026-02-26 08:00", then=stage.sent)
    assert len(stage.issue("2026-W08").digest.entries) == 21
    stage.until("2026-03-05 08:00", then=stage.sent)
    assert not stage.issue("2026-W09").digest.entries


def test_an_issue_that_is_passed_over_is_carried_into_the_next(stage: ClockStage) -> None:
    stage.schedule(review=ReviewPolicy.REQUIRED, unreviewed=Unreviewed.SKIP)
    stage.until("2026-02-19 05:00")
    assert stage.slot().carry
    assert len(stage.issue("2026-W07").digest.entries) == 14


# A schedule that changes


def test_a_changed_schedule_moves_what_has_not_gone(stage: ClockStage) -> None:
    stage.until("2026-02-12 03:00")
    stage.schedule(time=dt.time(18))
    stage.until("2026-02-12 17:59")
    assert stage.steps() == READY[:2]
    stage.until("2026-02-12 18:00", then=stage.sent)
    stage.schedule(weekday="friday")
    stage.until("2026-02-20 08:00", then=stage.sent)
    assert stage.slot("2026-W07").send_at == local("2026-02-20 08:00")
    assert stage.slot("2026-W07").state is SlotState.SENT


@pytest.mark.parametrize("late_days", [0, 28])
def test_a_changed_first_day_of_the_week_loses_no_days(stage: ClockStage, late_days: int) -> None:
    policies = Policies(late_days=late_days)
    stage.follow(make_list(week_starts="monday", schedule=thursday(), policies=policies))
    stage.until("2026-02-12 08:00")
    stage.sent()
    assert str(stage.issue().period.last) == "2026-02-08"
    stage.follow(make_list(week_starts="thursday", schedule=thursday(), policies=policies))
    stage.until("2026-02-19 08:00")
    days = {item.entry.period.last for item in stage.issue("2026-W07").digest.entries}
    assert days == {dt.date(2026, 2, 9) + dt.timedelta(days=n) for n in range(10)}
    stage.sent()
    stage.until("2026-02-26 08:00")
    assert len(stage.issue("2026-W08").digest.entries) == 7


@pytest.mark.parametrize("review", list(ReviewPolicy))
def test_a_draft_goes_as_its_editors_left_it_though_the_week_begins_on_another_day(
    stage: ClockStage, review: ReviewPolicy
) -> None:
    stage.schedule(review=review)
    stage.until("2026-02-12 05:00")
    out = stage.issue().digest.entries[0].entry.key
    with stage.database.write() as session:
        drop(session, stage.issue().id, out, who="eva", now=stage.now)
        set_note(session, stage.issue().id, "en", "note", "A word.", who="eva", now=stage.now)
    stage.follow(make_list(schedule=thursday(review=review), week_starts="sunday"))
    approve(stage)
    stage.until("2026-02-12 08:00")
    sent = stage.issue()
    assert sent.state is IssueState.FROZEN
    assert out not in {item.entry.key for item in sent.digest.entries}
    assert sent.digest.notes == {"en": "A word."}
    with stage.database.read() as session:
        assert [issue.name for issue in issues.list_issues(session)] == ["2026-W06"]


def test_a_schedule_that_has_no_moment_for_a_planned_week_takes_it_back(
    stage: ClockStage,
) -> None:
    stage.look()
    stage.follow(make_list(schedule=thursday(weekday="", cron="0 8 1 * *", zone=BERLIN)))
    stage.look()
    with stage.database.read() as session:
        assert [slot.issue for slot in slots.all_slots(session, LIST)] == ["2026-02-01..2026-02-28"]


# On its way


def test_an_issue_that_pauses_on_its_way_is_told_once(stage: ClockStage) -> None:
    stage.until("2026-02-12 08:00")
    with stage.database.write() as session:
        steering.pause(session, stage.issue().id, "too many refusals")
    stage.until("2026-02-12 10:00")
    assert [subject for _, subject in stage.mails()][1:] == [
        "Does not get on: ai-for-science/2026-W06"
    ]


def test_what_hinders_a_send_is_shown_told_once_and_forgotten_when_it_goes_on(
    stage: ClockStage,
) -> None:
    stage.until("2026-02-12 08:00")
    for _ in range(2):
        with stage.database.write() as session:
            slots.hindered(session, LIST, "2026-W06", "the relay cannot be reached")
        stage.look()
    assert len(stage.mails()) == 2
    assert stage.slot().error == "the relay cannot be reached"
    with stage.database.write() as session:
        slots.hindered(session, LIST, "2026-W06", "")
    assert stage.slot().error == ""


def test_a_cancelled_issue_ends_its_slot(stage: ClockStage) -> None:
    stage.until("2026-02-12 08:00")
    with stage.database.write() as session:
        steering.cancel(session, stage.issue().id, stage.now)
    stage.look()
    assert stage.slot().state is SlotState.SKIPPED


def test_who_looks_after_a_list_is_told_beside_its_editors(stage: ClockStage) -> None:
    stage.schedule(alarm="ops@news.example.org")
    stage.until("2026-02-11 12:00")
    stage.off_until("2026-02-13 12:00")
    stage.look()
    assert [address for address, _ in stage.mails()] == [EDITOR, "ops@news.example.org"]


@pytest.mark.parametrize("review", list(ReviewPolicy))
def test_a_week_of_too_few_entries_is_carried_where_the_list_says_so(
    stage: ClockStage, review: ReviewPolicy
) -> None:
    stage.follow(
        make_list(
            schedule=thursday(review=review),
            policies=Policies(fewest_entries=8, too_few=TooFew.SKIP),
        )
    )
    stage.until("2026-02-12 04:00")
    if review is ReviewPolicy.REQUIRED:
        approve(stage)
    stage.until("2026-02-12 08:00")
    with stage.database.read() as session:
        slot = slots.get_slot(session, LIST, "2026-W06")
    assert (slot.state, slot.carry) == (SlotState.SKIPPED, True)
    assert "has 7 entries; its list wants at least 8; what it holds goes into" in slot.note
    assert stage.mails()[-1] == (EDITOR, "Skipped: ai-for-science/2026-W06")
    stage.until("2026-02-19 04:00")
    with stage.database.read() as session:
        carried = issues.get_issue(session, LIST, "2026-W07").digest
    assert len(carried.entries) == 14


@pytest.mark.parametrize(
    ("policy", "state"), [(TooFew.SEND, IssueState.FROZEN), (TooFew.HOLD, IssueState.DRAFT)]
)
def test_too_few_entries_hold_an_issue_unless_the_list_sends_it(
    stage: ClockStage, policy: TooFew, state: IssueState
) -> None:
    stage.follow(make_list(policies=Policies(fewest_entries=8, too_few=policy)))
    stage.until("2026-02-12 08:30")
    assert stage.issue().state is state
    # More that comes in lets it go.
    stage.publish(LATE)
    stage.until("2026-02-12 12:00")
    assert stage.issue().state is IssueState.FROZEN


def test_a_list_that_cannot_be_planned_does_not_keep_the_others(stage: ClockStage) -> None:
    with stage.database.write() as session:
        session.connection().execute(
            text("UPDATE lists SET body = replace(body, 'Europe/Berlin', 'Gone/Atlantis')")
        )
    stage.follow(make_list(name="weekly-maths"))
    stage.until("2026-02-12 02:00")
    assert stage.slot(list_name="weekly-maths").state is SlotState.DRAFTED
