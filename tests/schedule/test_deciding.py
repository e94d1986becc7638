"""Laws of the next step, over every state, time and policy."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.entry import Period
from newsletter.content.timing import ReviewPolicy, Schedule, Unreviewed
from newsletter.schedule.deciding import Facts, Step, deadline, next_step, retry_at
from newsletter.store.reviews import Review, ReviewState
from newsletter.store.slots import Slot, SlotState
from newsletter.store.values import IssueState

SEND = dt.datetime(2026, 2, 12, 7, tzinfo=dt.UTC)
MINUTES = st.integers(-2000, 4000).map(lambda number: dt.timedelta(minutes=number))
SPANS = st.integers(0, 2000)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    assemble = draw(SPANS)
    return Schedule(
        zone="UTC",
        weekday="thursday",
        assemble=assemble,
        remind=draw(st.integers(0, assemble)),
        grace=draw(SPANS),
        review=draw(st.sampled_from(ReviewPolicy)),
        deadline=draw(SPANS),
        unreviewed=draw(st.sampled_from(Unreviewed)),
    )


def slot_of(schedule: Schedule, **changes: Any) -> Slot:
    lead = dt.timedelta(minutes=1)
    values: dict[str, Any] = {
        "id": 1,
        "list_name": "a-list",
        "issue": "2026-W06",
        "window": Period(dt.date(2026, 2, 5), dt.date(2026, 2, 11)),
        "day": SEND.date(),
        "state": SlotState.PLANNED,
        "assemble_at": SEND - schedule.assemble * lead,
        "remind_at": SEND - schedule.remind * lead,
        "send_at": SEND,
        "due_at": SEND,
        "reminded_at": None,
        "settled_at": None,
        "carry": False,
        "note": "",
        "by": "",
        "schedule": "",
        "attempts": 0,
        "error": "",
        "told": "",
    }
    return Slot(**(values | changes))


@st.composite
def situations(draw: st.DrawFn) -> tuple[Slot, Facts, Schedule, dt.datetime]:
    schedule, now = draw(schedules()), SEND + draw(MINUTES)
    attempts = draw(st.integers(0, 3))
    state = draw(st.sampled_from(SlotState))
    later = (SlotState.REMINDED, SlotState.HELD)
    slot = slot_of(
        schedule,
        state=state,
        attempts=attempts,
        due_at=now + draw(MINUTES),
        reminded_at=SEND + draw(MINUTES) if state in later else None,
    )
    review = draw(
        st.none() | st.builds(Review, state=st.sampled_from(ReviewState), at=st.just(SEND))
    )
    issue = draw(st.sampled_from([None, *IssueState]))
    return slot, Facts(issue=issue, review=review), schedule, now


@given(situations())
def test_nothing_goes_before_its_moment(case: tuple[Slot, Facts, Schedule, dt.datetime]) -> None:
    slot, _, _, now = case
    step = next_step(*case)
    if step is Step.ASSEMBLE:
        assert now >= slot.assemble_at
    if step is Step.REMIND:
        assert now >= slot.remind_at
    if step in (Step.SEND, Step.HOLD, Step.SKIP, Step.MISS):
        assert now >= slot.send_at


@given(situations())
def test_what_must_be_approved_goes_approved_or_at_the_deadline_where_the_list_says_so(
    case: tuple[Slot, Facts, Schedule, dt.datetime],
) -> None:
    slot, facts, schedule, now = case
    if next_step(*case) is Step.SEND and schedule.review is ReviewPolicy.REQUIRED:
        approved = facts.approved
        assert approved or (
            schedule.unreviewed is Unreviewed.SEND and now >= deadline(slot, schedule)
        )


@given(schedules(), st.sampled_from((SlotState.REMINDED, SlotState.HELD)))
def test_what_editors_want_changed_does_not_go(schedule: Schedule, state: SlotState) -> None:
    slot, late = slot_of(schedule, state=state), dt.timedelta(days=4)
    refused = Facts(issue=IssueState.DRAFT, review=Review(state=ReviewState.CHANGES_WANTED))
    for now in (SEND, deadline(slot, schedule), SEND + late):
        assert next_step(slot, refused, schedule, now) is not Step.SEND


@given(situations())
def test_nothing_goes_unasked_after_the_grace(
    case: tuple[Slot, Facts, Schedule, dt.datetime],
) -> None:
    slot, _, schedule, now = case
    late = now - slot.send_at > dt.timedelta(minutes=schedule.grace)
    if late and schedule.review is ReviewPolicy.NONE and slot.state is not SlotState.HELD:
        assert next_step(*case) not in (Step.SEND, Step.ASSEMBLE, Step.REMIND)


@given(situations())
def test_what_is_settled_or_missed_has_no_step_of_its_own(
    case: tuple[Slot, Facts, Schedule, dt.datetime],
) -> None:
    slot, facts, _, _ = case
    if slot.state.settled:
        assert next_step(*case) is None
    if slot.state is SlotState.MISSED and facts.issue in (None, IssueState.DRAFT):
        assert next_step(*case) is None


@given(situations())
def test_what_failed_is_not_tried_before_it_is_due(
    case: tuple[Slot, Facts, Schedule, dt.datetime],
) -> None:
    slot, facts, _, now = case
    if slot.attempts and now < slot.due_at and facts.issue in (None, IssueState.DRAFT):
        assert next_step(*case) in (None, Step.MISS)


@given(situations())
def test_an_issue_that_somebody_sent_is_followed_and_never_sent_again(
    case: tuple[Slot, Facts, Schedule, dt.datetime],
) -> None:
    _, facts, _, _ = case
    if facts.issue not in (None, IssueState.DRAFT):
        assert next_step(*case) in (None, Step.FOLLOW, Step.CLOSE, Step.CANCELLED)


def test_failures_are_tried_again_ever_later_up_to_a_quarter_of_an_hour() -> None:
    waits = [(retry_at(n, SEND) - SEND).total_seconds() / 60 for n in (1, 2, 3, 4, 5, 6, 50)]
    assert waits == [1, 2, 5, 10, 15, 15, 15]
