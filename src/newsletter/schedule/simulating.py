"""The clock over months in seconds: the very same ticks, over a database of their own.

Lists, reader zones and holidays are copied into it, time is made up, and a frozen issue has reached
everybody at once. The real database is read and never written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text
from sqlmodel import Session

from newsletter import workflow
from newsletter.content.mailinglist import MailingList
from newsletter.content.moments import Moment, moment_on
from newsletter.content.preferences import Preferences
from newsletter.schedule.deciding import Step
from newsletter.schedule.hands import News
from newsletter.schedule.planning import basis
from newsletter.schedule.stepping import Event
from newsletter.schedule.ticking import next_due, tick
from newsletter.store import issues, lists, reviews, slots, subscribers
from newsletter.store.database import Database
from newsletter.store.outbox import Mail
from newsletter.store.reviews import no_files
from newsletter.store.slots import Slot, SlotState
from newsletter.store.waves import reader_zones

_ALL_SENT = text("UPDATE issues SET state = 'sent', finished_at = frozen_at WHERE state = 'frozen'")


def simulate(
    db: Database,
    names: Iterable[str],
    first: dt.datetime,
    last: dt.datetime,
    *,
    approved: bool = True,
) -> Iterator[tuple[dt.datetime, Event]]:
    """What the clock would do from `first` to `last`, each with its time, if it ran throughout.

    With `approved`, editors approve what they are asked to; without, the lists' policies decide.
    """
    with _scratch(db, tuple(names), first) as made:
        now = first
        while now <= last:
            for event in tick(made, Imagined(made, approved), now):
                yield now, event
            due = next_due(made, now)
            if due is None:
                return
            now = due


class Imagined:
    """Hands that move nothing outside the database they are given."""

    def __init__(self, db: Database, approved: bool) -> None:
        self._db, self._approved = db, approved

    def assemble(self, slot: Slot, now: dt.datetime) -> None:
        """A draft without entries: they are not written yet."""
        issue = workflow.assemble_issue(self._db, slot.list_name, slot.window, now)
        if self._approved:
            with self._db.write() as session:
                reviews.approve(session, issue.id, "an editor", now)

    def reminder(self, slot: Slot, until: dt.datetime | None, now: dt.datetime) -> Sequence[Mail]:
        """Nobody is told."""
        del slot, until, now
        return ()

    def release(self, slot: Slot, now: dt.datetime, *, approved: bool) -> None:
        """Everybody has it at once."""
        del approved
        with self._db.write() as session:
            issue = issues.get_issue(session, slot.list_name, slot.issue)
            issues.freeze(session, issue.id, {}, now)
            session.connection().execute(_ALL_SENT)

    def files(self, template: str) -> str:
        """None is read: what is imagined does not change."""
        return no_files(template)

    def alarm(
        self, slot: Slot, news: News, reason: str, until: dt.datetime | None, now: dt.datetime
    ) -> Sequence[Mail]:
        """Nobody is told."""
        del slot, news, reason, until, now
        return ()


@contextmanager
def _scratch(db: Database, names: Sequence[str], now: dt.datetime) -> Iterator[Database]:
    with TemporaryDirectory(prefix="newsletter-") as folder:
        made = Database.open(f"sqlite:///{Path(folder) / 'imagined.db'}")
        try:
            made.upgrade()
            with db.read() as source, made.write() as target:
                for name in names:
                    _copy(source, target, lists.get_list(source, name), now)
            yield made
        finally:
            made.close()


def _copy(source: Session, target: Session, mailing_list: MailingList, now: dt.datetime) -> None:
    """What a list's moments depend on: its schedule, its readers' zones, and its holidays."""
    name = mailing_list.name
    lists.sync_list(target, mailing_list, {}, now=now)
    zones = reader_zones(source, name)
    for number, zone in enumerate(zones):
        address = f"{number}@{name}.invalid"
        subscribers.add(target, name, address, Preferences(), consent_source="", now=now)
        subscribers.set_zone(target, name, subscribers.show(target, address).id, zone)
    for slot in slots.all_slots(source, name):
        if slot.state is SlotState.SKIPPED and slot.send_at > now:
            moment = _moment(mailing_list, slot, zones)
            slots.plan(target, name, slot.issue, moment, basis(mailing_list, zones))
            made = slots.get_slot(target, name, slot.issue)
            slots.settle(target, made, SlotState.SKIPPED, now, note=slot.note, carry=slot.carry)


def _moment(mailing_list: MailingList, slot: Slot, zones: Iterable[str]) -> Moment:
    return moment_on(mailing_list, slot.day, zones)


SHOWN = (Step.SEND, Step.SKIP, Step.HOLD, Step.MISS)
"""The steps that readers notice, or that they miss."""
