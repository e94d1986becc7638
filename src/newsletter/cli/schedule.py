"""`newsletter schedule`: what is to come, what is late, and what an admin decides about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from newsletter.cli import slots
from newsletter.cli.edge import (
    JsonOption,
    database,
    now,
    out,
    settings,
    show_json,
)
from newsletter.cli.listing import DEFAULT, ListsByDefault
from newsletter.cli.simulating import show_simulation
from newsletter.cli.timetable import days, here, show
from newsletter.cli.vanished import warn_of_vanished
from newsletter.content.mailinglist import MailingList
from newsletter.content.serial import plain
from newsletter.content.timing import Waves
from newsletter.errors import NotFoundError
from newsletter.schedule.outlook import Coming, coming
from newsletter.store import lists
from newsletter.store.database import Database
from newsletter.store.endings import ending, going_lists, refuse_ended

app = typer.Typer(
    cls=ListsByDefault,
    help="When each list goes out: what is to come, and what is late.",
    rich_markup_mode=None,
)
for command in (slots.skip, slots.keep, slots.run):
    app.command()(command)


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
    """The coming moments, in the list's zone and yours.

    `list` may be left out. --simulate 2026-10-01..2027-04-01 shows what would go out when, and
    writes nothing.
    """
    with database() as db:
        with db.read() as session:
            names = (
                [lists.get_list(session, list_name).name]
                if list_name
                else (going_lists(session) if span else lists.list_names(session))
            )
            if span and list_name:
                refuse_ended(session, list_name)
            found = [lists.get_list(session, name) for name in names]
        if span and not found:
            raise NotFoundError("there is no list that goes on: `newsletter lists show` names them")
        if span:
            show_simulation(db, found, span, approve=approve, json=json)
        else:
            _coming(db, found, number, json=json)
        with db.read() as session:
            warn_of_vanished(session, settings().lists_folder)


def _coming(db: Database, found: Sequence[MailingList], number: int, *, json: bool) -> None:
    at = now()
    with db.read() as session:
        rows = {one.name: coming(session, one, at, number) for one in found}
        ends = {one.name: ending(session, one.name) for one in found}
    if json:
        show_json([{**plain(row), "issue": row.ref} for name in rows for row in rows[name]])
        return
    for index, one in enumerate(found):
        if index:
            out.print()
        if ended := ends[one.name]:
            on = ended.at.astimezone(ZoneInfo(one.schedule.zone))
            out.print(
                f"{one.name}: it ended on {on:%Y-%m-%d}, and nothing is to come: "
                f"`newsletter lists reopen {one.name}` lets it go on"
            )
            continue
        out.print(f"{one.name}: {in_words(one)}")
        zone = ZoneInfo(one.schedule.zone)
        show(
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
        here(row.send, zone),
        row.state,
        days(row.window),
        f"{row.assemble.astimezone(zone):%a %H:%M}",
        f"{row.remind.astimezone(zone):%a %H:%M}",
        row.note,
    )
