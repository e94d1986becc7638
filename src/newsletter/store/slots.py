"""Slots: the moments of each issue as stored facts, one slot an issue, whoever keeps the clock.

| state | what is done | what comes next |
| --- | --- | --- |
| planned | its moments are known | the draft is made, at `assemble_at` |
| drafted | the draft is there | editors are told of it, at `remind_at` |
| reminded | they know of it | it goes, at `send_at`, once it is approved where that is required |
| held | its moment came, and approval did not | approval, or the deadline and the list's policy |
| sending | it is frozen and going out | its last delivery |
| sent | | nothing |
| missed | nobody could send it within the list's grace | somebody's word: run, send or skip |
| skipped | it is let be; with `carry` the next issue takes in its days | nothing |

`due_at` is when the next step is due, and moves on only with the step or, after a failure, by the
time until it is tried again. Every change says which state it expects, so of two clocks one acts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, delete, select, update

from newsletter.content.entry import Period
from newsletter.content.moments import Moment
from newsletter.errors import NotFoundError
from newsletter.store.clock_tables import SlotRow
from newsletter.store.ignoring import insert_new
from newsletter.store.instants import instant, maybe_instant, seconds


class SlotState(StrEnum):
    """Where a slot is; see above."""

    PLANNED = "planned"
    DRAFTED = "drafted"
    REMINDED = "reminded"
    HELD = "held"
    SENDING = "sending"
    SENT = "sent"
    MISSED = "missed"
    SKIPPED = "skipped"

    @property
    def settled(self) -> bool:
        """Whether nothing is left to be done."""
        return self in (SlotState.SENT, SlotState.SKIPPED)


_SETTLED = (SlotState.SENT, SlotState.SKIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """The moments of one issue; instants in UTC. `note` says why it waits or was let be, `by` who
    decided about it, `error` what hindered its next step the last `attempts` times."""

    id: int
    list_name: str
    issue: str
    window: Period
    day: dt.date
    state: SlotState
    assemble_at: dt.datetime
    remind_at: dt.datetime
    send_at: dt.datetime
    due_at: dt.datetime
    reminded_at: dt.datetime | None
    settled_at: dt.datetime | None
    carry: bool
    note: str
    by: str
    schedule: str
    attempts: int
    error: str
    told: str

    @property
    def ref(self) -> str:
        """Its issue as people write it: `ai-for-science/2026-W02`."""
        return f"{self.list_name}/{self.issue}"


def plan(
    session: Session,
    list_name: str,
    issue: str,
    moment: Moment,
    schedule: str,
    *,
    by: str = "",
) -> None:
    """Makes the slot of an issue, unless it has one. `schedule` is what it was planned by, `by` who
    did so by hand."""
    row = _moments(moment) | {
        "list_name": list_name,
        "issue": issue,
        "first_day": moment.window.first,
        "last_day": moment.window.last,
        "state": SlotState.PLANNED,
        "carry": False,
        "note": "",
        "by": by,
        "schedule": schedule,
        "due_at": seconds(moment.assemble),
        "attempts": 0,
        "error": "",
        "told": "",
    }
    insert_new(session, SlotRow, [row])


def plan_anew(session: Session, slot: Slot, moment: Moment, schedule: str) -> bool:
    """Gives a slot the moments that a changed schedule has for it; whether it was as expected."""
    due = {SlotState.PLANNED: moment.assemble, SlotState.DRAFTED: moment.remind}
    at = seconds(due.get(slot.state, moment.send))
    return _change(session, slot, schedule=schedule, due_at=at, **_moments(moment))


def keep(session: Session, slot: Slot, schedule: str) -> bool:
    """Leaves a slot as it is, although the schedule has become another."""
    return _change(session, slot, schedule=schedule)


def withdraw(session: Session, slot: Slot) -> None:
    """Takes back a slot for which nothing was done yet."""
    gone = delete(SlotRow).where(
        col(SlotRow.id) == slot.id, col(SlotRow.state) == SlotState.PLANNED
    )
    session.connection().execute(gone)


def advance(
    session: Session,
    slot: Slot,
    state: SlotState,
    due: dt.datetime,
    *,
    note: str = "",
    told: str = "",
    reminded: dt.datetime | None = None,
) -> bool:
    """Takes a slot to its next state; whether it was this one that did."""
    return _change(
        session,
        slot,
        state=state,
        due_at=seconds(due),
        attempts=0,
        error="",
        note=note,
        told=told,
        **({"reminded_at": seconds(reminded)} if reminded else {}),
    )


def settle(
    session: Session,
    slot: Slot,
    state: SlotState,
    now: dt.datetime,
    *,
    by: str = "",
    note: str = "",
    carry: bool = False,
) -> bool:
    """Ends a slot, sent or skipped; whether it was this one that did."""
    return _change(
        session,
        slot,
        state=state,
        settled_at=seconds(now),
        error="",
        by=by,
        note=note,
        carry=carry,
    )


def reopen(session: Session, slot: Slot, state: SlotState, now: dt.datetime, *, by: str) -> bool:
    """Lets a slot that was missed, held, skipped or is still to come go on now."""
    at = seconds(now)
    return _change(
        session,
        slot,
        state=state,
        assemble_at=min(seconds(slot.assemble_at), at),
        remind_at=at,
        send_at=at,
        due_at=at,
        reminded_at=None,
        settled_at=None,
        carry=False,
        attempts=0,
        error="",
        told="",
        note="",
        by=by,
    )


def restore(session: Session, slot: Slot, moment: Moment, schedule: str, *, by: str) -> bool:
    """Takes the skipping of a slot back: it has its moments again."""
    return _change(
        session,
        slot,
        state=SlotState.PLANNED,
        carry=False,
        note="",
        by=by,
        settled_at=None,
        due_at=seconds(moment.assemble),
        schedule=schedule,
        **_moments(moment),
    )


def fail(session: Session, slot: Slot, error: str, due: dt.datetime, *, told: str = "") -> bool:
    """Notes what hindered a slot's next step, which is due again at `due`. With `told`, that its
    editors were told of it, too."""
    values = {"told": told} if told else {}
    return _change(
        session,
        slot,
        error=error,
        attempts=slot.attempts + 1,
        due_at=seconds(due),
        **values,
    )


def hindered(session: Session, list_name: str, issue: str, error: str) -> None:
    """Notes what hinders an issue on its way, if it has a slot; empty: nothing any more."""
    row = _find(session, list_name, issue)
    if row is not None and row.state == SlotState.SENDING and row.error != error:
        row.error, row.told = error, row.told if error else ""
        session.add(row)
        session.flush()


def tell(session: Session, slot: Slot, told: str) -> bool:
    """Notes what editors are told of a slot; False if they were told the same before."""
    if slot.told == told:
        return False
    which = update(SlotRow).where(col(SlotRow.id) == slot.id, col(SlotRow.told) == slot.told)
    return session.connection().execute(which.values(told=told)).rowcount == 1


def get_slot(session: Session, list_name: str, issue: str) -> Slot:
    """The slot of an issue.

    Raises:
        NotFoundError: it has none.
    """
    found = find_slot(session, list_name, issue)
    if found is None:
        raise NotFoundError(
            f"{list_name}/{issue} has no moment: `newsletter schedule {list_name}` shows those "
            "there are"
        )
    return found


def find_slot(session: Session, list_name: str, issue: str) -> Slot | None:
    """The slot of an issue, or None where nobody planned one."""
    row = _find(session, list_name, issue)
    return None if row is None else _slot(row)


def open_slots(session: Session, list_name: str) -> tuple[Slot, ...]:
    """The list's slots of which something is left to be done, in order."""
    return _slots(session, list_name, col(SlotRow.state).not_in(_SETTLED))


def all_slots(session: Session, list_name: str) -> tuple[Slot, ...]:
    """Every slot of the list, in order."""
    return _slots(session, list_name)


def _moments(moment: Moment) -> dict[str, Any]:
    return {
        "day": moment.day,
        "assemble_at": seconds(moment.assemble),
        "remind_at": seconds(moment.remind),
        "send_at": seconds(moment.send),
    }


def _change(session: Session, slot: Slot, **values: object) -> bool:
    """Changes a slot that is still as it was read."""
    which = update(SlotRow).where(
        col(SlotRow.id) == slot.id,
        col(SlotRow.state) == slot.state,
        col(SlotRow.attempts) == slot.attempts,
        col(SlotRow.due_at) == seconds(slot.due_at),
    )
    return session.connection().execute(which.values(**values)).rowcount == 1


def _find(session: Session, list_name: str, issue: str) -> SlotRow | None:
    query = select(SlotRow).where(SlotRow.list_name == list_name, SlotRow.issue == issue)
    return session.exec(query.execution_options(populate_existing=True)).first()


def _slots(session: Session, list_name: str, *which: Any) -> tuple[Slot, ...]:
    query = select(SlotRow).where(SlotRow.list_name == list_name, *which)
    rows: Sequence[SlotRow] = session.exec(
        query.order_by(col(SlotRow.first_day)).execution_options(populate_existing=True)
    ).all()
    return tuple(map(_slot, rows))


def _slot(row: SlotRow) -> Slot:
    return Slot(
        id=row.id or 0,
        list_name=row.list_name,
        issue=row.issue,
        window=Period(row.first_day, row.last_day),
        day=row.day,
        state=SlotState(row.state),
        assemble_at=instant(row.assemble_at),
        remind_at=instant(row.remind_at),
        send_at=instant(row.send_at),
        due_at=instant(row.due_at),
        reminded_at=maybe_instant(row.reminded_at),
        settled_at=maybe_instant(row.settled_at),
        carry=row.carry,
        note=row.note,
        by=row.by,
        schedule=row.schedule,
        attempts=row.attempts,
        error=row.error,
        told=row.told,
    )
