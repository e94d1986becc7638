"""What is to come of a list and what is late, from stored facts and its schedule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from zoneinfo import ZoneInfo

from sqlmodel import Session

from newsletter.content.entry import Period
from newsletter.content.mailinglist import MailingList
from newsletter.content.timing import Schedule, Unreviewed
from newsletter.content.window import issue_name
from newsletter.schedule.deciding import deadline
from newsletter.schedule.planning import ahead, zones_of
from newsletter.store import issues, slots
from newsletter.store.endings import Ending, ending
from newsletter.store.outgoing import Gone, last_gone
from newsletter.store.slots import Slot, SlotState
from newsletter.store.values import IssueState

SLACK = dt.timedelta(minutes=10)
"""How late a step may be before it is said that nobody keeps the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """An issue's moments, in UTC. `state` is planned where no clock has made its slot yet; `note`
    says what is wrong or was decided, or is empty."""

    list_name: str
    issue: str
    window: Period
    assemble: dt.datetime
    remind: dt.datetime
    send: dt.datetime
    state: SlotState
    note: str = ""
    late: bool = False

    @property
    def ref(self) -> str:
        """Its issue as people write it: `ai-for-science/2026-W02`."""
        return f"{self.list_name}/{self.issue}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a list is: what went last, what is next, and what is late, a line each. Nothing is next
    or late of one that has `ended`."""

    list_name: str
    last: Gone | None
    next: Coming | None
    late: tuple[str, ...]
    ended: Ending | None = None


def coming(
    session: Session, mailing_list: MailingList, now: dt.datetime, number: int
) -> tuple[Coming, ...]:
    """What is not settled yet, and then so many moments in all that are ahead, skipped ones
    among them; none of a list that has ended."""
    if ending(session, mailing_list.name) is not None:
        return ()
    stored = slots.all_slots(session, mailing_list.name)
    kept = [s for s in stored if not s.state.settled or s.send_at > now]
    found = [_of_slot(slot, mailing_list, now, begun=_is_begun(session, slot)) for slot in kept]
    names = {slot.issue for slot in stored}
    zones = zones_of(session, mailing_list)
    moments = islice(ahead(mailing_list, zones, now), number + len(names))
    for moment in moments:
        name = issue_name(moment.window, mailing_list.week_starts)
        if name not in names:
            found.append(
                Coming(
                    list_name=mailing_list.name,
                    issue=name,
                    window=moment.window,
                    assemble=moment.assemble,
                    remind=moment.remind,
                    send=moment.send,
                    state=SlotState.PLANNED,
                )
            )
    past = [one for one in found if one.send <= now]
    future = sorted((one for one in found if one.send > now), key=lambda one: one.send)
    return (*past, *future[:number])


def standing(session: Session, mailing_list: MailingList, now: dt.datetime) -> Standing:
    """What went last of a list, what goes next, and what is late."""
    ended, last = ending(session, mailing_list.name), last_gone(session, mailing_list.name)
    if ended is not None:
        return Standing(list_name=mailing_list.name, last=last, next=None, late=(), ended=ended)
    found = coming(session, mailing_list, now, 3)
    going = [one for one in found if one.send > now and one.state is not SlotState.SKIPPED]
    if not going:  # three holidays in a row
        going = [
            one
            for one in coming(session, mailing_list, now, 60)
            if one.send > now and one.state is not SlotState.SKIPPED
        ]
    return Standing(
        list_name=mailing_list.name,
        last=last,
        next=going[0],
        late=tuple(f"{one.ref} {one.note}" for one in found if one.late),
    )


def waiting(session: Session, mailing_list: MailingList, now: dt.datetime) -> Mapping[str, str]:
    """What waits of a list, by issue, and until when and why: for the next try of a step that
    failed, for an approval, for somebody's word. Nothing of what only waits for its moment."""
    if ending(session, mailing_list.name) is not None:
        return {}
    found = [
        _of_slot(slot, mailing_list, now, begun=_is_begun(session, slot))
        for slot in slots.open_slots(session, mailing_list.name)
    ]
    return {one.ref: one.note for one in found if one.late or one.state is SlotState.HELD}


def _is_begun(session: Session, slot: Slot) -> bool:
    """Whether somebody sends, or has sent, an issue that the clock has not begun itself."""
    head = issues.issue_head(session, slot.list_name, slot.issue)
    by_clock = slot.state is SlotState.SENDING
    return head is not None and head.state is not IssueState.DRAFT and not by_clock


def _of_slot(
    slot: Slot, mailing_list: MailingList, now: dt.datetime, *, begun: bool = False
) -> Coming:
    late = "" if begun else lateness(slot, mailing_list.schedule, now)
    return Coming(
        list_name=slot.list_name,
        issue=slot.issue,
        window=slot.window,
        assemble=slot.assemble_at,
        remind=slot.remind_at,
        send=slot.send_at,
        state=slot.state,
        note=late or ("sent by hand" if begun else _said(slot, mailing_list)),
        late=bool(late),
    )


def lateness(slot: Slot, schedule: Schedule, now: dt.datetime) -> str:
    """What is wrong with a slot; empty where it only waits for its time, or for an approval that
    the list still gives time for."""
    if slot.state is SlotState.MISSED:
        return f"was missed ({_bare(slot.note, slot)}): run, send or skip it"
    if slot.error:
        tries = (
            ""
            if slot.state is SlotState.SENDING
            else f", tried again {_at(slot.due_at, schedule.zone)}"
        )
        return f"does not get on{tries}: {_bare(slot.error, slot)}"
    step = {
        SlotState.PLANNED: slot.assemble_at,
        SlotState.DRAFTED: slot.remind_at,
        SlotState.REMINDED: slot.send_at,
    }.get(slot.state)
    if step is not None and now - step > SLACK:
        return "is late: no clock runs; start `newsletter serve`"
    if slot.state is SlotState.HELD and now - deadline(slot, schedule) > SLACK:
        return f"is late ({_bare(slot.note, slot)}): approve it or skip it"
    return ""


def _said(slot: Slot, mailing_list: MailingList) -> str:
    if slot.state is SlotState.HELD:
        schedule = mailing_list.schedule
        if schedule.unreviewed is Unreviewed.WAIT:
            return f"{slot.note}: it waits"
        until = _at(deadline(slot, schedule), schedule.zone)
        return f"{slot.note}: {schedule.unreviewed} {until}"
    if slot.state is SlotState.SKIPPED and slot.carry:
        return "the next issue takes in its days"
    return slot.note


def _bare(reason: str, slot: Slot) -> str:
    """A reason without the issue's name, which stands beside it."""
    return reason.removeprefix(slot.ref).lstrip(": ")


def _at(moment: dt.datetime, zone: str) -> str:
    return f"at {moment.astimezone(ZoneInfo(zone)):%H:%M %Z}"
