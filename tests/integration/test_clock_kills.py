"""`serve` killed at each moment of a slot and begun again, alone and as two on one PostgreSQL: one
issue, one reminder, all deliveries."""

from __future__ import annotations

import datetime as dt
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from newsletter.content.moments import moment_on
from newsletter.content.preferences import Preferences
from newsletter.content.sources.document import Document
from newsletter.content.window import issue_name
from newsletter.schedule.planning import basis
from newsletter.store import entries, issues, lists, slots, subscribers
from newsletter.store.database import Database
from newsletter.store.slots import Slot, SlotState
from newsletter.store.values import DeliveryState, IssueState
from tests.builders import make_entry, make_list
from tests.integration.senders import Launcher, Process
from tests.integration.sink import Sink, sink

LIST = "ai-for-science"
READERS = 40
EDITOR = "editors@news.example.org"
PATIENCE = 180.0  # seconds

LEDGER = "newsletter.delivery.engine:StoreLedger.commit"
CONNECTIONS = 4

MOMENTS = {
    "before the draft": "newsletter.schedule.doing:Doing.assemble,before,1",
    "the draft is there": "newsletter.schedule.doing:Doing.assemble,after,1",
    "while it is noted": "newsletter.store.slots:advance,after,1",
    "the reminder is written": "newsletter.schedule.doing:Doing.reminder,after,1",
    "while it is put into the outbox": "newsletter.store.outbox:put,after,1",
    "while it is noted that editors know": "newsletter.store.slots:advance,after,2",
    "before the freezing": "newsletter.workflow:freeze,before,1",
    "it is frozen": "newsletter.workflow:freeze,after,1",
    "while that is noted": "newsletter.store.slots:advance,after,3",
    "rows are being written": "newsletter.store.issues:fan_out,after,1",
    "the first is about to go": "newsletter.store.issues:begin_sending,after,1",
    "some have it": f"{LEDGER},after,6",
    "while the slot is closed": "newsletter.store.slots:settle,after,1",
}


def fill(database: Database) -> None:
    """Readers, two papers of the week that is over, and its slot: drafted and told of at once."""
    now = dt.datetime.now(dt.UTC)
    mailing_list = make_list(languages=("en",))
    day = now.date()
    while not mailing_list.schedule.rule.matches(day):
        day -= dt.timedelta(days=1)
    moment = replace(
        moment_on(mailing_list, day),
        assemble=now - dt.timedelta(seconds=2),
        remind=now - dt.timedelta(seconds=1),
        send=now + dt.timedelta(hours=1),
    )
    papers = tuple(make_entry(n, period=moment.window) for n in (1, 2))
    document = Document(
        key="papers", name="papers.md", format="listing", entries=papers, brief=None, remarks=()
    )
    with database.write() as session:
        lists.sync_list(session, mailing_list, {}, now=now)
        entries.import_document(session, document, "0" * 64, now)
        for number in range(READERS):
            address = f"reader{number}@example.org"
            subscribers.add(session, LIST, address, Preferences(), consent_source="", now=now)
        slots.plan(
            session, LIST, issue_name(moment.window, "thursday"), moment, basis(mailing_list, ())
        )


def slot_of(database: Database) -> Slot:
    with database.read() as session:
        return slots.all_slots(session, LIST)[0]


def send_now(database: Database) -> None:
    """Lets the moment of the send come, once editors were told."""
    if slot_of(database).state is SlotState.REMINDED:
        at = int(time.time())
        with database.write() as session:
            session.connection().execute(
                text(
                    "UPDATE slots SET send_at = :at, due_at = :at "
                    "WHERE state = 'reminded' AND send_at > :at"
                ),
                {"at": at},
            )


def is_sent(database: Database) -> bool:
    send_now(database)
    return slot_of(database).state is SlotState.SENT


def is_dead(process: Process, database: Database) -> bool:
    send_now(database)
    return not process.runs


def wait_for(what: Callable[[], bool], of: list[Process]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > deadline:
            pytest.fail("\n".join(process.said for process in of))
        time.sleep(0.05)


def account(database: Database, accepted: Counter[str], repeats: int) -> None:
    """One issue, one reminder, and each reader's message once."""
    with database.read() as session:
        found = issues.list_issues(session, LIST)
        counts = issues.counts(session, found[0].id)
        mails = session.connection().execute(text("SELECT kind, attempts FROM outbox")).all()
    assert len(found) == 1
    assert found[0].state is IssueState.SENT
    [(kind, attempts)] = mails
    assert kind == "reminder"
    # It may have been on the wire, too, when its sender died: then it was tried again, once.
    assert 1 <= accepted.pop(EDITOR) <= attempts <= 2
    assert len(accepted) == counts[DeliveryState.SENT] == READERS
    # What was on the wire when its sender died is in doubt, and sent again.
    assert accepted.total() - READERS <= repeats


def went(sink: Sink) -> Counter[str]:
    return Counter(message.recipient for message in sink.accepted())


@pytest.fixture
def quick_sink(tmp_path: Path) -> Iterator[Sink]:
    with sink(tmp_path) as running:
        yield running


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_clock_that_is_killed_and_begun_again_sends_one_issue(
    sqlite_database: Database, senders: Launcher, quick_sink: Sink, moment: str
) -> None:
    _run(sqlite_database, senders, quick_sink, moment, beside=0)


@pytest.mark.parametrize("moment", MOMENTS)
def test_of_two_clocks_on_one_database_the_other_goes_on(
    postgresql_database: Database, senders: Launcher, quick_sink: Sink, moment: str
) -> None:
    _run(postgresql_database, senders, quick_sink, moment, beside=1)


def _run(database: Database, launcher: Launcher, sink: Sink, moment: str, *, beside: int) -> None:
    fill(database)
    url = database.engine.url.render_as_string(hide_password=False)

    def serve(sabotage: str) -> Process:
        return launcher.start(
            url.replace("+psycopg", ""),
            sink.url(CONNECTIONS),
            "serve",
            "--port",
            "0",
            sabotage=sabotage,
        )

    running = [serve(f"dies:{MOMENTS[moment]}"), *(serve("trusting") for _ in range(beside))]
    if not beside:
        # Nobody else does its work, so it must have come to where it dies.
        wait_for(lambda: is_dead(running[0], database), running)
        running.append(serve("trusting"))
    wait_for(lambda: is_sent(database), running)
    wait_for(lambda: went(sink)[EDITOR] > 0, running)
    for process in running:
        process.signal(signal.SIGTERM)
    for process in running:
        process.ended()
    account(database, went(sink), CONNECTIONS if LEDGER in MOMENTS[moment] else 0)
