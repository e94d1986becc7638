"""`newsletter schedule --simulate`: what would go out when."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from newsletter.cli.edge import err, show_json
from newsletter.cli.logs import configure_logs
from newsletter.cli.timetable import days, here, show
from newsletter.content.entry import Period
from newsletter.content.mailinglist import MailingList
from newsletter.content.numbers import counted
from newsletter.content.timing import ReviewPolicy
from newsletter.errors import ScheduleError
from newsletter.schedule.deciding import Step
from newsletter.schedule.simulating import SHOWN, simulate
from newsletter.schedule.stepping import Event
from newsletter.store.database import Database
from newsletter.store.taking_in import carried_windows

_WHAT = {
    Step.SEND: "goes out",
    Step.SKIP: "is skipped",
    Step.HOLD: "waits for approval",
    Step.MISS: "is missed",
}


_ASSUMED = {
    True: "as if editors approved each in time; --no-approve shows what happens otherwise",
    False: "as if nobody approved any; without --no-approve editors approve each in time",
}


def show_simulation(
    db: Database, found: Sequence[MailingList], span: str, *, approve: bool, json: bool
) -> None:
    """Prints what the clock would do over `span`, two days as `FROM..TO`.

    Raises:
        ScheduleError: they are no such days.
    """
    first, last = _span(span, found)
    configure_logs("error")  # what is imagined is no news
    begun = time.monotonic()
    by_name = {one.name: one for one in found}
    events = [
        (at, event)
        for at, event in simulate(db, by_name, first, last, approved=approve)
        if event.step in SHOWN
    ]
    if json:
        show_json([_event_json(at, event) for at, event in events])
        return
    with db.read() as session:
        taken = {
            event.slot.ref: carried_windows(session, event.slot.list_name, event.slot.window)
            for _, event in events
        }
    show(
        ("issue", "when", "here", "what", "days", "note"),
        [
            _event(at, event, by_name[event.slot.list_name], taken[event.slot.ref])
            for at, event in events
        ],
    )
    went = [event.slot.list_name for _, event in events if event.step is Step.SEND]
    said = ", ".join(f"{counted(went.count(name), 'issue')} of {name}" for name in by_name)
    err.print(f"{said}, in {time.monotonic() - begun:.1f} s; nothing was written or sent")
    if any(one.schedule.review is ReviewPolicy.REQUIRED for one in found):
        err.print(_ASSUMED[approve])


def _span(text: str, found: Sequence[MailingList]) -> tuple[dt.datetime, dt.datetime]:
    """From the first moment of the first day to the last of the last, in the first list's zone."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)", text)
    if match is None:
        raise ScheduleError(f"{text!r} is not two days: write 2026-10-01..2027-04-01")
    zone = ZoneInfo(found[0].schedule.zone) if found else dt.UTC
    try:
        first, last = (dt.date.fromisoformat(day) for day in match.groups())
    except ValueError as error:
        raise ScheduleError(f"{text!r}: {error}: write 2026-10-01..2027-04-01") from None
    if last < first or last - first > dt.timedelta(days=3660):
        raise ScheduleError(f"{text!r}: the last day must follow the first, within ten years")
    return (
        dt.datetime.combine(first, dt.time(), zone).astimezone(dt.UTC),
        dt.datetime.combine(last, dt.time(23, 59), zone).astimezone(dt.UTC),
    )


def _event(
    at: dt.datetime, event: Event, mailing_list: MailingList, taken: Sequence[Period]
) -> tuple[str, ...]:
    slot, zone = event.slot, ZoneInfo(mailing_list.schedule.zone)
    notes = [event.error, *(f"takes in {days(span)}" for span in taken), _clock_changes(at, zone)]
    return (
        slot.ref,
        f"{at.astimezone(zone):%a %Y-%m-%d %H:%M %Z}",
        here(at, zone),
        _WHAT[event.step],
        days(slot.window),
        "; ".join(filter(None, notes)),
    )


def _clock_changes(at: dt.datetime, zone: ZoneInfo) -> str:
    """That a zone has another time than at that hour a week before."""
    after = at.astimezone(zone)
    hour = (after - dt.timedelta(days=7)).replace(fold=0)
    before = hour.astimezone(dt.UTC).astimezone(zone)  # what a gap makes of it
    return "" if before.utcoffset() == after.utcoffset() else f"the clock changed: {after:%Z}"


def _event_json(at: dt.datetime, event: Event) -> dict[str, object]:
    return {"issue": event.slot.ref, "at": at, "step": event.step, "error": event.error}
