"""`newsletter schedule`: what is to come, what is late, and what an admin decides about it."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from newsletter.cli import slots
from newsletter.cli.edge import (
    JsonOption,
    counted,
    database,
    err,
    now,
    out,
    show_json,
    show_table,
)
from newsletter.cli.listing import DEFAULT, ListsByDefault
from newsletter.cli.logs import configure_logs
from newsletter.content.entry import Period
from newsletter.content.mailinglist import MailingList
from newsletter.content.serial import plain
from newsletter.content.timing import Waves
from newsletter.errors import ScheduleError
from newsletter.schedule.deciding import Step
from newsletter.schedule.outlook import Coming, coming
from newsletter.schedule.simulating import SHOWN, simulate
from newsletter.schedule.ticking import Event
from newsletter.store import lists
from newsletter.store import slots as slots_store
from newsletter.store.database import Database

app = typer.Typer(
    cls=ListsByDefault,
    help="When each list goes out: what is to come, and what is late.",
    rich_markup_mode=None,
)
for command in (slots.skip, slots.keep, slots.run):
    app.command()(command)


_WIDE, _FIRST_LOOK = 104, 4  # columns of a terminal, and of a table on a narrower one


@app.command(DEFAULT)
def list_(
    list_name: Annotated[str | None, typer.Argument(metavar="[LIST]")] = None,
    number: Annotated[int, typer.Option("--next", min=1, max=500, help="How many.")] = 5,
    span: Annotated[
        str, typer.Option("--simulate", metavar="FROM..TO", help="Run the clock over these days.")
    ] = "",
    approve: Annotated[
        bool,
        typer.Option("--approve/--no-approve", help="Simulate editors who approve, or do not."),
    ] = True,
    json: JsonOption = False,
) -> None:
    """The coming moments, in the list's zone and yours; `list` may be left out.

    --simulate 2026-10-01..2027-04-01 shows what would go out when, and writes nothing."""
    with database() as db:
        with db.read() as session:
            names = (
                [lists.get_list(session, list_name).name]
                if list_name
                else (lists.list_names(session))
            )
            found = [lists.get_list(session, name) for name in names]
        if span:
            _simulate(db, found, span, approve=approve, json=json)
        else:
            _coming(db, found, number, json=json)


def _coming(db: Database, found: Sequence[MailingList], number: int, *, json: bool) -> None:
    at = now()
    with db.read() as session:
        rows = {one.name: coming(session, one, at, number) for one in found}
    if json:
        show_json([{**plain(row), "issue": row.ref} for name in rows for row in rows[name]])
        return
    for index, one in enumerate(found):
        if index:
            out.print()
        out.print(f"{one.name}: {in_words(one)}")
        zone = ZoneInfo(one.schedule.zone)
        _show(
            ("issue", "goes out", "here", "state", "days", "draft", "reminder", "note"),
            [_moments(row, zone) for row in rows[one.name]],
        )
        if out.is_terminal:  # where a column is cut, what is wrong is said in full
            for row in rows[one.name]:
                if row.late:
                    out.print(f"{row.issue} {row.note}")


def in_words(mailing_list: MailingList) -> str:
    """A schedule as people say it."""
    schedule = mailing_list.schedule
    said = [schedule.words]
    if schedule.waves is Waves.READER:
        said.append("by each reader's clock")
    if schedule.review == "required":
        said.append(f"reviewed (else {schedule.unreviewed})")
    return ", ".join(said)


def _moments(row: Coming, zone: ZoneInfo) -> tuple[str, ...]:
    send = row.send.astimezone(zone)
    return (
        row.issue,
        f"{send:%a %Y-%m-%d %H:%M %Z}",
        _here(row.send, zone),
        row.state,
        _days(row.window),
        f"{row.assemble.astimezone(zone):%a %H:%M}",
        f"{row.remind.astimezone(zone):%a %H:%M}",
        row.note,
    )


def _show(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table; on a narrow terminal only the columns that a first look needs."""
    narrow = out.is_terminal and out.width < _WIDE
    kept = _FIRST_LOOK if narrow else len(headings)
    show_table(headings[:kept], [row[:kept] for row in rows], cut=0 if narrow else 1)


def _here(at: dt.datetime, zone: ZoneInfo) -> str:
    """An instant by this machine's clock; empty where it says what the list's zone says."""
    here = at.astimezone()
    same = here.replace(tzinfo=None) == at.astimezone(zone).replace(tzinfo=None)
    return "" if same else f"{here:%a %H:%M %Z}"


def _simulate(
    db: Database, found: Sequence[MailingList], span: str, *, approve: bool, json: bool
) -> None:
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
            event.slot.ref: slots_store.carried_windows(
                session, event.slot.list_name, event.slot.window
            )
            for _, event in events
        }
    _show(
        ("issue", "when", "here", "what", "days", "note"),
        [
            _event(at, event, by_name[event.slot.list_name], taken[event.slot.ref])
            for at, event in events
        ],
    )
    went = [event.slot.list_name for _, event in events if event.step is Step.SEND]
    said = ", ".join(f"{counted(went.count(name), 'issue')} of {name}" for name in by_name)
    err.print(f"{said}, in {time.monotonic() - begun:.1f} s; nothing was written or sent")


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


_WHAT = {
    Step.SEND: "goes out",
    Step.SKIP: "is skipped",
    Step.HOLD: "waits for approval",
    Step.MISS: "is missed",
}


def _event(
    at: dt.datetime, event: Event, mailing_list: MailingList, taken: Sequence[Period]
) -> tuple[str, ...]:
    slot, zone = event.slot, ZoneInfo(mailing_list.schedule.zone)
    notes = [event.error, *(f"takes in {_days(days)}" for days in taken), _clock_changes(at, zone)]
    return (
        slot.ref,
        f"{at.astimezone(zone):%a %Y-%m-%d %H:%M %Z}",
        _here(at, zone),
        _WHAT[event.step],
        _days(slot.window),
        "; ".join(filter(None, notes)),
    )


def _days(window: Period) -> str:
    return f"{window.first:%d %b}–{window.last:%d %b}"


def _clock_changes(at: dt.datetime, zone: ZoneInfo) -> str:
    """That a zone has another time than a week before."""
    before = (at - dt.timedelta(days=7)).astimezone(zone)
    after = at.astimezone(zone)
    return "" if before.utcoffset() == after.utcoffset() else f"the clock changed: {after:%Z}"


def _event_json(at: dt.datetime, event: Event) -> dict[str, object]:
    return {"issue": event.slot.ref, "at": at, "step": event.step, "error": event.error}
