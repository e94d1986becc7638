"""`newsletter schedule skip|keep|run`: what an admin decides about an issue's moments."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from sqlmodel import Session

from newsletter.cli.approving import unapproved
from newsletter.cli.clockwork import Sends
from newsletter.cli.edge import database, now, out, settings, split_issue
from newsletter.cli.identity import who
from newsletter.cli.logs import configure_logs
from newsletter.cli.outbox import flushed
from newsletter.content.moments import moment_on, window_on
from newsletter.content.timing import ReviewPolicy
from newsletter.content.window import parse_issue_name
from newsletter.delivery.relay import parse_relays
from newsletter.errors import ConflictError, NotFoundError
from newsletter.schedule.outlook import waiting
from newsletter.schedule.planning import basis, zones_of
from newsletter.schedule.stepping import Event
from newsletter.store import issues, lists, outbox, slots
from newsletter.store.database import Database
from newsletter.store.drafting import redraw_all
from newsletter.store.endings import refuse_ended
from newsletter.store.slots import Slot, SlotState
from newsletter.store.values import IssueState

TRIES, BETWEEN = 100, 0.2
"""How often another clock is waited for, and the seconds between two tries."""

IssuesArgument = Annotated[
    list[str], typer.Argument(metavar="ISSUE…", help="LIST/WEEK, ai-for-science/2026-W06")
]


def skip(
    issue: IssuesArgument,
    carry: Annotated[
        bool, typer.Option("--carry", help="The next issue takes in what this one holds.")
    ] = False,
    missed: Annotated[
        bool, typer.Option("--missed", help="All that a list has missed; name it as ISSUE.")
    ] = False,
) -> None:
    """Let issues be, for a holiday or because they were missed.

    Their entries stay stored.
    """
    with database() as db:
        for reference in _missed(db, issue) if missed else issue:
            slot = _slot(db, reference)
            with db.write() as session:
                _refuse_begun(session, slot)
                note = "skipped by hand"
                if not slots.settle(
                    session, slot, SlotState.SKIPPED, now(), by=who(), note=note, carry=carry
                ):
                    raise _changed(slot)
                redraw_all(session)
            rest = "the next issue takes in its days" if carry else "its entries stay stored"
            out.print(f"{slot.ref} is skipped; {rest}")


def _missed(db: Database, list_names: Sequence[str]) -> list[str]:
    """The issues that lists have missed and nobody has settled."""
    with db.read() as session:
        found = [
            slot.ref
            for name in list_names
            for slot in slots.open_slots(session, lists.get_list(session, name).name)
            if slot.state is SlotState.MISSED
        ]
    if not found:
        raise NotFoundError(f"nothing of {', '.join(list_names)} waits because it was missed")
    return found


def keep(issue: IssuesArgument) -> None:
    """Take a skip back: the issue has its moments again."""
    with database() as db:
        for reference in issue:
            slot = _slot(db, reference)
            if slot.state is not SlotState.SKIPPED:
                raise ConflictError(f"{slot.ref} is {slot.state}: only a skipped issue comes back")
            with db.write() as session:
                found = lists.get_list(session, slot.list_name)
                zones = zones_of(session, found)
                moment = moment_on(found, slot.day, zones)
                if not slots.restore(session, slot, moment, basis(found, zones), by=who()):
                    raise _changed(slot)
                redraw_all(session)
            zone = ZoneInfo(found.schedule.zone)
            out.print(f"{slot.ref} goes out {moment.send.astimezone(zone):%a %Y-%m-%d %H:%M %Z}")


def run(
    issue: Annotated[
        str | None, typer.Argument(metavar="[ISSUE]", help="One that shall go now.")
    ] = None,
) -> None:
    """Do once what the clock would do now.

    It stays until that is done. For a machine without `serve`, or for an issue that was missed.
    """
    found = settings()
    configure_logs(found.log_level)
    relay = parse_relays(found.relay_url, found.fallback_relay_url)
    with database(found) as db:
        if issue is not None:
            _go_now(db, _slot(db, issue))
        done = asyncio.run(_run(Sends(db, found)))
        for event in done:
            said = f"failed: {event.error}" if event.error else "done"
            out.print(f"{event.slot.ref}: {event.step}: {said}")
        _tell_what_waits(db, done)
        with db.read() as session:
            told = outbox.is_waiting(session, now())
        if told:  # what editors are told of this; where no `serve` runs, nobody else sends it
            asyncio.run(flushed(db, relay))
    if any(event.error for event in done):
        raise typer.Exit(1)


def _tell_what_waits(db: Database, done: Sequence[Event]) -> None:
    """That nothing was due, and what waits beside what was done, until when and why."""
    at, told = now(), {event.slot.ref for event in done}
    with db.read() as session:
        waits = [
            line
            for name in lists.list_names(session)
            for line in waiting(session, lists.get_list(session, name), at).items()
            if line[0] not in told
        ]
    if not done:
        out.print("nothing was due now" if waits else "nothing was due")
    for reference, why in waits:
        out.print(f"{reference}: {why}")


async def _run(sends: Sends) -> tuple[Event, ...]:
    done = await _tick(sends)
    await sends.waiting()
    await sends.settled()
    return done + await _tick(sends)


async def _tick(sends: Sends) -> tuple[Event, ...]:
    """One look, after whichever clock is at it, which takes seconds."""
    for _ in range(TRIES):
        with suppress(ConflictError):
            return await asyncio.to_thread(sends.tick)
        await asyncio.sleep(BETWEEN)
    return await asyncio.to_thread(sends.tick)


def _go_now(db: Database, slot: Slot) -> None:
    _refuse_unapproved(db, slot)
    with db.write() as session:
        _refuse_begun(session, slot)
        head = issues.issue_head(session, slot.list_name, slot.issue)
        state = SlotState.DRAFTED if head is not None else SlotState.PLANNED
        if not slots.reopen(session, slot, state, now(), by=who()):
            raise _changed(slot)


def _refuse_unapproved(db: Database, slot: Slot) -> None:
    """Its time for approval has gone by: the list's policy would decide at once, or it would only
    wait, and neither is what `run` is asked for."""
    with db.read() as session:
        review = lists.get_list(session, slot.list_name).schedule.review
        drafted = issues.issue_head(session, slot.list_name, slot.issue) is not None
        wanted = issues.get_issue(session, slot.list_name, slot.issue) if drafted else None
    if wanted is not None and (reason := unapproved(db, wanted)):
        raise ConflictError(f"{reason}: `newsletter issues approve {slot.ref}` first")
    if wanted is None and review is ReviewPolicy.REQUIRED:
        raise ConflictError(
            f"{slot.ref} has no draft that anybody could approve: `newsletter issues assemble "
            f"{slot.list_name} --week {slot.issue}`, then `newsletter issues approve {slot.ref}`"
        )


def _slot(db: Database, reference: str) -> Slot:
    """The slot of an issue; made if the list's schedule has a moment for it.

    Raises:
        NotFoundError: it has none.
        EndedError: its list has ended.
    """
    list_name, name = split_issue(reference)
    with db.write() as session:
        found = lists.get_list(session, list_name)
        refuse_ended(session, list_name)
        slot = slots.find_slot(session, list_name, name)
        if slot is not None:
            return slot
        window = parse_issue_name(name, found.week_starts)
        zones = zones_of(session, found)
        for after in range(1, 15 if found.schedule.rule.weekly else 2):
            day = window.last + dt.timedelta(days=after)
            if found.schedule.rule.matches(day) and window_on(found, day) == window:
                moment, by = moment_on(found, day, zones), basis(found, zones)
                slots.plan(session, list_name, name, moment, by, by=who())
                return slots.get_slot(session, list_name, name)
    raise NotFoundError(
        f"{reference} is no issue of this schedule ({found.schedule.words}): "
        f"`newsletter schedule {list_name}` shows those there are"
    )


def _refuse_begun(session: Session, slot: Slot) -> None:
    head = issues.issue_head(session, slot.list_name, slot.issue)
    if head is not None and head.state is not IssueState.DRAFT:
        raise ConflictError(
            f"{slot.ref} is {head.state}: `newsletter issues pause` or `cancel` stop what goes out"
        )


def _changed(slot: Slot) -> ConflictError:
    return ConflictError(f"{slot.ref} was changed just now: look at `newsletter schedule` again")
