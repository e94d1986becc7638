"""Slots ahead: one is always there whose moments have not begun, and none is left out before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from sqlmodel import Session

from newsletter.content.mailinglist import MailingList
from newsletter.content.moments import Moment, days, local_day, moment_on, moments, window_on
from newsletter.content.serial import dump
from newsletter.content.timing import Waves
from newsletter.content.window import issue_name
from newsletter.store import slots
from newsletter.store.endings import reopening
from newsletter.store.slots import Slot, SlotState
from newsletter.store.waves import reader_zones

_DAY = dt.timedelta(days=1)


def plan(session: Session, mailing_list: MailingList, now: dt.datetime) -> None:
    """Makes the slots of every moment since the last that was planned, and of the next one: what
    nobody kept is asked about, however long ago that was, or its days would be in no issue.

    The slots of a list that is new, or was opened again, begin with its next moment. A changed
    schedule moves what has not gone yet, and takes back what nothing was done for and what it has
    no moment for.
    """
    zones = zones_of(session, mailing_list)
    by = basis(mailing_list, zones)
    found = slots.all_slots(session, mailing_list.name)
    changed = [slot for slot in found if slot.schedule != by and slot.state in _MOVABLE]
    for slot in changed:
        _follow(session, mailing_list, slot, zones, by)
    if changed:
        found = slots.all_slots(session, mailing_list.name)
    reopened = reopening(session, mailing_list.name)
    since = reopened.at if reopened else None
    for moment in _missing(mailing_list, found, zones, now, since):
        name = issue_name(moment.window, mailing_list.week_starts)
        slots.plan(session, mailing_list.name, name, moment, by)


_MOVABLE = (SlotState.PLANNED, SlotState.DRAFTED, SlotState.REMINDED, SlotState.HELD)


def zones_of(session: Session, mailing_list: MailingList) -> tuple[str, ...]:
    """The zones by which the list's moments are told, "" for its own; () where none matters."""
    if mailing_list.schedule.waves is not Waves.READER:
        return ()
    return reader_zones(session, mailing_list.name)


def basis(mailing_list: MailingList, zones: tuple[str, ...]) -> str:
    """What a slot was planned by, as text to compare."""
    return "\n".join((dump(mailing_list.schedule), mailing_list.week_starts, *zones))


def ahead(mailing_list: MailingList, zones: tuple[str, ...], now: dt.datetime) -> Iterator[Moment]:
    """The list's moments that are still to come, without end."""
    today = local_day(mailing_list, now)
    # A wave may come two days before or after the day that names it.
    return (m for m in moments(mailing_list, today - 3 * _DAY, zones) if m.send > now)


def _missing(
    mailing_list: MailingList,
    found: tuple[Slot, ...],
    zones: tuple[str, ...],
    now: dt.datetime,
    since: dt.datetime | None,
) -> Iterator[Moment]:
    """The moments that want a slot, since the last that the clock itself began and up to one that
    has not begun; what somebody skipped long before its time ends nothing. What was begun before
    `since`, when the list was opened again, has nothing to do with what wants one now."""
    skipped = {slot.issue for slot in found if slot.state is SlotState.SKIPPED}
    begun = [
        slot.day
        for slot in found
        if slot.assemble_at <= now and not slot.by and not (since and slot.send_at < since)
    ]
    coming = moments(mailing_list, max(begun), zones) if begun else ahead(mailing_list, zones, now)
    names = {slot.issue for slot in found}
    for moment in coming:
        name = issue_name(moment.window, mailing_list.week_starts)
        if name not in names:
            yield moment
        if moment.assemble > now and name not in skipped:
            return


def _follow(
    session: Session, mailing_list: MailingList, slot: Slot, zones: tuple[str, ...], by: str
) -> None:
    """Moves a slot to the moment that the schedule has for its days now."""
    for day in days(mailing_list.schedule, slot.window.last):
        if window_on(mailing_list, day) == slot.window:
            slots.plan_anew(session, slot, moment_on(mailing_list, day, zones), by)
            return
        if window_on(mailing_list, day).first > slot.window.first:
            break
    if slot.state is SlotState.PLANNED:
        slots.withdraw(session, slot)
    else:
        slots.keep(session, slot, by)
