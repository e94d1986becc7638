"""What a slot's next step is: a function of stored facts, the list's schedule and the time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from newsletter.content.timing import ReviewPolicy, Schedule, Unreviewed
from newsletter.store.reviews import Review, ReviewState
from newsletter.store.slots import Slot, SlotState
from newsletter.store.values import IssueState

_MINUTE = dt.timedelta(minutes=1)

BACKOFF = (1, 2, 5, 10, 15)
"""Minutes until a step that failed is tried again, after the first failure, the second, and so on;
the last of them from then on."""


class Step(StrEnum):
    """What the clock does next."""

    ASSEMBLE = "assemble"
    REMIND = "remind"
    SEND = "send"
    HOLD = "hold"  # its moment came, and nobody approved, or somebody wants changes
    SKIP = "skip"  # nobody approved until the deadline, and the list skips such an issue
    MISS = "miss"  # too late to send without asking
    FOLLOW = "follow"  # it is on its way, by whosever hand
    CLOSE = "close"  # it has gone
    CANCELLED = "cancelled"  # somebody ended the issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What else is stored of a slot's issue; None and no review before there is a draft."""

    issue: IssueState | None = None
    review: Review | None = None

    @property
    def approved(self) -> bool:
        """Whether editors let the draft go as it is."""
        return self.review is not None and self.review.state is ReviewState.APPROVED

    @property
    def refused(self) -> bool:
        """Whether editors want changes of the draft, and nobody has approved it since."""
        return self.review is not None and self.review.state is ReviewState.CHANGES_WANTED


def next_step(slot: Slot, facts: Facts, schedule: Schedule, now: dt.datetime) -> Step | None:
    """The step that is due at `now`; None: there is none."""
    if slot.state.settled:
        return None
    if facts.issue not in (None, IssueState.DRAFT):
        return _on_its_way(slot, facts.issue)
    if slot.state is SlotState.MISSED:
        return None
    latest = last_chance(slot, facts, schedule)
    if latest is not None and now > latest:
        return Step.MISS
    if slot.attempts and now < slot.due_at:
        return None
    match slot.state:
        case SlotState.PLANNED:
            return Step.ASSEMBLE if now >= slot.assemble_at else None
        case SlotState.DRAFTED if now < slot.remind_at:
            return None
        case SlotState.DRAFTED if now < slot.send_at or _must_be_read(schedule):
            return Step.REMIND
        case _:
            return _at_its_moment(slot, facts, schedule, now)


def deadline(slot: Slot, schedule: Schedule) -> dt.datetime:
    """Until when an approval is waited for before the list's policy decides."""
    return _expected(slot, schedule) + schedule.deadline * _MINUTE


def last_chance(slot: Slot, facts: Facts, schedule: Schedule) -> dt.datetime | None:
    """Until when it may be sent without asking; None: it waits for somebody's word anyway."""
    begins = _expected(slot, schedule)
    if slot.state is SlotState.HELD:
        if not slot.attempts:
            return None
        begins = deadline(slot, schedule)
        if facts.approved and facts.review is not None and facts.review.at is not None:
            begins = max(slot.send_at, facts.review.at)
    return begins + schedule.grace * _MINUTE


def retry_at(failures: int, now: dt.datetime) -> dt.datetime:
    """When a step is tried again that failed so many times in a row."""
    return now + BACKOFF[min(failures, len(BACKOFF)) - 1] * _MINUTE


def _on_its_way(slot: Slot, issue: IssueState | None) -> Step | None:
    if issue is IssueState.SENT:
        return Step.CLOSE
    if issue is IssueState.CANCELLED:
        return Step.CANCELLED
    return None if slot.state is SlotState.SENDING else Step.FOLLOW


def _expected(slot: Slot, schedule: Schedule) -> dt.datetime:
    """When it should go. Editors who were told late, because nobody kept the clock, have the time
    all the same that the list gives them between the reminder and the send."""
    if slot.reminded_at is None or not _must_be_read(schedule):
        return slot.send_at
    return max(slot.send_at, slot.reminded_at + (slot.send_at - slot.remind_at))


def _must_be_read(schedule: Schedule) -> bool:
    return schedule.review is ReviewPolicy.REQUIRED


def _at_its_moment(slot: Slot, facts: Facts, schedule: Schedule, now: dt.datetime) -> Step | None:
    if now < slot.send_at:
        return None
    if facts.approved or not (_must_be_read(schedule) or facts.refused):
        return Step.SEND
    if _must_be_read(schedule) and now >= deadline(slot, schedule):
        if schedule.unreviewed is Unreviewed.SEND and not facts.refused:
            return Step.SEND
        if schedule.unreviewed is Unreviewed.SKIP:
            return Step.SKIP
    return None if slot.state is SlotState.HELD else Step.HOLD
