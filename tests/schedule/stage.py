"""A clock that a test sets by hand, over a real database, with the real hands of `serve`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from newsletter.content.entry import Entry, Period
from newsletter.content.mailinglist import MailingList
from newsletter.content.preferences import Preferences
from newsletter.content.sources.document import Document
from newsletter.content.timing import Schedule
from newsletter.delivery.letters import Letters
from newsletter.errors import OneClickError
from newsletter.packaged import packaged
from newsletter.schedule.doing import Doing
from newsletter.schedule.stepping import Event
from newsletter.schedule.ticking import next_due, tick
from newsletter.store import entries, issues, lists, slots, subscribers
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.slots import Slot
from newsletter.tokens import Keyring
from tests.builders import make_entry, make_list

LIST = "ai-for-science"
BERLIN = "Europe/Berlin"
MONDAY = dt.datetime(2026, 2, 9, 12, tzinfo=dt.UTC)
"""Three days before a Thursday on which 2026-W06 goes out at 07:00 UTC."""

KEY = "a key of sufficient length for a test"


def local(written: str, zone: str = BERLIN) -> dt.datetime:
    """`2026-02-12 08:00` in a zone."""
    return dt.datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


def thursday(**changes: Any) -> Schedule:
    values: dict[str, Any] = {"weekday": "thursday", "time": dt.time(8), "zone": BERLIN}
    return Schedule(**(values | changes))


@dataclass
class ClockStage:
    """A list, its clock, and what the clock has done so far."""

    database: Database
    now: dt.datetime = MONDAY
    events: list[Event] = field(default_factory=list)
    unreachable: bool = False
    folders: tuple[Path, ...] = (packaged("templates"),)

    @property
    def hands(self) -> Doing:
        ring = Keyring.of([KEY])
        return Doing(self.database, Letters(ring, self.folders), self.folders, "", self._prove)

    def _prove(self, issue: Issue) -> None:
        if self.unreachable:
            raise OneClickError(f"{issue.ref}: nobody could leave")

    def follow(self, *found: MailingList) -> None:
        """Makes the database follow lists' files."""
        with self.database.write() as session:
            for mailing_list in found or (make_list(),):
                lists.sync_list(session, mailing_list, {}, now=self.now)

    def schedule(self, **changes: Any) -> None:
        """The list with another schedule."""
        self.follow(make_list(schedule=thursday(**changes)))

    def join(self, address: str, list_name: str = LIST, zone: str = "") -> None:
        with self.database.write() as session:
            subscribers.add(
                session, list_name, address, Preferences(), consent_source="a test", now=self.now
            )
            if zone:
                person = subscribers.show(session, address)
                subscribers.set_zone(session, list_name, person.id, zone)

    def publish(self, *found: Entry) -> None:
        document = Document(
            key=f"papers {found[0].key}",
            name="papers.md",
            format="listing",
            entries=found,
            brief=None,
            remarks=(),
        )
        with self.database.write() as session:
            entries.import_document(session, document, "0" * 64, self.now)

    def look(self) -> tuple[Event, ...]:
        """One tick at the time that it is."""
        found = tick(self.database, self.hands, self.now)
        self.events += found
        return found

    def until(self, written: str | dt.datetime, then: Callable[[], None] | None = None) -> None:
        """Lets the clock run to a local time of Berlin, as `serve` would; `then` is called after
        each tick."""
        end = local(written) if isinstance(written, str) else written
        while self.now <= end:
            self.look()
            if then is not None:
                then()
            due = next_due(self.database, self.now)
            if due is None or due > end:
                break
            self.now = due
        self.now = end
        self.look()

    def off_until(self, written: str) -> None:
        """Nobody keeps the clock until then."""
        self.now = local(written)

    def steps(self) -> list[str]:
        """What was done, each with its issue."""
        return [f"{event.step.value} {event.slot.issue}" for event in self.events]

    def slot(self, issue: str = "2026-W06", list_name: str = LIST) -> Slot:
        with self.database.read() as session:
            return slots.get_slot(session, list_name, issue)

    def issue(self, issue: str = "2026-W06", list_name: str = LIST) -> Issue:
        with self.database.read() as session:
            return issues.get_issue(session, list_name, issue)

    def mails(self) -> list[tuple[str, str]]:
        """What the outbox holds: to whom, and the subject."""
        with self.database.read() as session:
            rows = session.connection().execute(
                text("SELECT address, subject FROM outbox ORDER BY id")
            )
            return [(address, subject) for address, subject in rows]

    def text_of_last_mail(self, before: int = 0) -> str:
        """What the newest mail of the outbox says, or the one so many before it."""
        with self.database.read() as session:
            row = session.connection().execute(
                text("SELECT content FROM outbox ORDER BY id DESC LIMIT 1 OFFSET :before"),
                {"before": before},
            )
            parsed = message_from_bytes(row.scalar_one(), policy=default)
        body = parsed.get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    def sent(self) -> None:
        """What is frozen has reached everybody, as far as the clock can tell."""
        with self.database.write() as session:
            session.connection().execute(
                text("UPDATE issues SET state = 'sent', finished_at = 1 WHERE state = 'frozen'")
            )


def papers(first: dt.date, number: int) -> list[Entry]:
    """A paper for each of `number` days from `first` on."""
    days = [first + dt.timedelta(days=n) for n in range(number)]
    return [
        make_entry(day.toordinal() % 100_000, period=Period(day, day), position=1) for day in days
    ]
