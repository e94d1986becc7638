"""A year of three lists in three zones, by a clock that is set by hand; all else is real.

Two clocks keep it by turns, begun anew each month. What went out is told by the ledger and by an
SMTP server that counts.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path

import pytest
import structlog
import uvloop
from pydantic import SecretStr
from sqlalchemy import text
from sqlmodel import Session

from newsletter.cli.clockwork import Sends
from newsletter.cli.logs import configure_logs
from newsletter.content.entry import Period
from newsletter.content.mailinglist import MailingList
from newsletter.content.moments import at_local
from newsletter.content.preferences import Preferences
from newsletter.content.sources.document import Document
from newsletter.content.timing import Schedule, Waves
from newsletter.settings import Settings
from newsletter.store import entries, issues, lists, slots, subscribers
from newsletter.store.database import Database
from newsletter.store.instants import instant
from newsletter.store.slots import SlotState
from newsletter.store.values import IssueState
from tests.builders import make_entry, make_list
from tests.integration.senders import KEY
from tests.integration.sink import Sink, sink

FIRST, LAST = dt.date(2026, 1, 1), dt.date(2027, 1, 20)
READERS = 500

BERLIN = make_list(
    name="thursdays",
    languages=("en",),
    week_starts="thursday",
    schedule=Schedule(weekday="thursday", time=dt.time(8), zone="Europe/Berlin"),
)
NEW_YORK = make_list(
    name="mondays",
    languages=("en",),
    week_starts="monday",
    schedule=Schedule(zone="America/New_York", cron="30 2 * * mon"),
)
LORD_HOWE = make_list(
    name="waves",
    languages=("en",),
    week_starts="saturday",
    schedule=Schedule(
        weekday="sunday", time=dt.time(2, 15), zone="Australia/Lord_Howe", waves=Waves.READER
    ),
)
LISTS = (BERLIN, NEW_YORK, LORD_HOWE)
ZONES = ("", "Pacific/Kiritimati", "Asia/Kathmandu", "Europe/Berlin", "America/Los_Angeles",
         "Pacific/Pago_Pago")  # fmt: skip


@dataclass
class Year:
    """The database, the relay, and what time it is."""

    database: Database
    settings: Settings
    now: dt.datetime
    clocks: list[Sends] = field(default_factory=list)

    def begin_anew(self) -> None:
        """Two clocks that know nothing of each other, or of what was before."""
        self.clocks = [
            Sends(self.database, self.settings, prove=lambda _issue: None, clock=lambda: self.now)
            for _ in range(2)
        ]

    async def pass_by(self) -> None:
        end = dt.datetime.combine(LAST, dt.time(), dt.UTC)
        month = 0
        for turn in count():
            if self.now.month != month:
                month = self.now.month
                self.begin_anew()
            clock = self.clocks[turn % 2]
            await clock.look()
            await clock.settled()
            due = await clock.look()  # now its rows are there, and say when they are due
            assert due is not None
            if due >= end:
                return
            self.now = due


def fill(database: Database) -> None:
    """A paper a day; a third of the readers on each list, and every tenth on all of them."""
    days = [FIRST + dt.timedelta(days=n - 14) for n in range((LAST - FIRST).days + 14)]
    papers = tuple(make_entry(n, period=Period(day, day)) for n, day in enumerate(days, 1))
    document = Document(
        key="a year", name="year.md", format="listing", entries=papers, brief=None, remarks=()
    )
    at = dt.datetime.combine(FIRST, dt.time(), dt.UTC) - dt.timedelta(days=1)
    with database.write() as session:
        entries.import_document(session, document, "0" * 64, at)
        for mailing_list in LISTS:
            lists.sync_list(session, mailing_list, {}, now=at)
        for number in range(READERS):
            theirs = LISTS if number % 10 == 0 else (LISTS[number % 3],)
            for mailing_list in theirs:
                join(session, mailing_list, number, at)


def join(session: Session, to: MailingList, number: int, at: dt.datetime) -> None:
    address, zone = f"reader{number}@mail.example", ZONES[number // 3 % len(ZONES)]
    subscribers.add(session, to.name, address, Preferences(), consent_source="a test", now=at)
    subscribers.set_zone(session, to.name, subscribers.show(session, address).id, zone)


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Sink]:
    with sink(tmp_path) as running:
        yield running


@pytest.fixture
def few_words() -> Iterator[None]:
    """A line for each of 33 000 messages is an eighth of the work."""
    configure_logs("warning")
    yield
    structlog.reset_defaults()


@pytest.mark.long
@pytest.mark.usefixtures("few_words")
def test_a_year_of_three_lists(sqlite_database: Database, relay: Sink) -> None:
    fill(sqlite_database)
    settings = Settings(smtp_url=SecretStr(relay.url(2)), secret_keys=(SecretStr(KEY),))
    year = Year(sqlite_database, settings, dt.datetime.combine(FIRST, dt.time(), dt.UTC))
    uvloop.run(year.pass_by())  # as `serve` does
    for mailing_list in LISTS:
        covers_each_day_once(sqlite_database, mailing_list)
        reaches_everybody_at_the_right_hour(sqlite_database, mailing_list)
    agrees_with_the_relay(sqlite_database, relay)


def covers_each_day_once(database: Database, mailing_list: MailingList) -> None:
    with database.read() as session:
        found = [
            issue
            for issue in reversed(issues.list_issues(session, mailing_list.name))
            if issue.state is not IssueState.DRAFT
        ]
        states = {s.issue: s.state for s in slots.all_slots(session, mailing_list.name)}
    assert len(found) in (54, 55)
    assert all(issue.state is IssueState.SENT for issue in found[:-1])
    assert {states[issue.name] for issue in found[:-1]} == {SlotState.SENT}
    for before, after in pairwise(found):
        assert after.period.first == before.period.last + dt.timedelta(days=1)
    dated = [item.entry.period.last for issue in found for item in issue.digest.entries]
    whole = (found[-1].period.last - found[0].period.first).days + 1
    assert dated == sorted(set(dated)), "no paper is lost between two weeks, or in both"
    assert len(dated) == whole
    names = [issue.name for issue in found]
    assert "2026-W53" in names
    assert names == sorted(names)


SENT = text("""
SELECT i.name, d.subscriber_id, d.first_at, s.zone FROM deliveries d
JOIN issues i ON i.id = d.issue_id
JOIN subscriptions s ON s.list_name = i.list_name AND s.subscriber_id = d.subscriber_id
WHERE i.list_name = :list AND d.state = 'sent' AND i.state = 'sent'
""")


def reaches_everybody_at_the_right_hour(database: Database, mailing_list: MailingList) -> None:
    schedule = mailing_list.schedule
    with database.read() as session:
        rows = session.connection().execute(SENT, {"list": mailing_list.name}).all()
        days = {slot.issue: slot.day for slot in slots.all_slots(session, mailing_list.name)}
    audience = {subscriber for _, subscriber, _, _ in rows}
    assert Counter(name for name, *_ in rows) == dict.fromkeys(
        {name for name, *_ in rows}, len(audience)
    )
    waves = schedule.waves is Waves.READER
    for name, _, at, zone in rows:
        # A time that a zone skips is told by the offset before: see RFC 5545 §3.3.5.
        own = (zone if waves else "") or schedule.zone
        assert instant(at) == at_local(days[name], schedule.rule.time, own)
    if waves:
        assert len({zone for *_, zone in rows}) == len(ZONES)


def agrees_with_the_relay(database: Database, relay: Sink) -> None:
    with database.read() as session:
        sent = session.connection().execute(
            text("SELECT address, count(*) FROM deliveries WHERE state = 'sent' GROUP BY address")
        )
        ledger = dict(map(tuple, sent))
        issues_reminded_of = session.connection().scalar(
            text("SELECT count(*) FROM outbox WHERE state = 'sent'")
        )
    counted = Counter(message.recipient for message in relay.accepted())
    reminders = counted.pop("editors@news.example.org")
    assert counted == ledger
    assert len(counted) == READERS
    assert reminders == issues_reminded_of
