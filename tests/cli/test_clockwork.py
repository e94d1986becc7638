"""What serve does by the clock: it goes on with what waits, and lets be what it must."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, chdir
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from pydantic import SecretStr
from sqlalchemy import text

from newsletter import settings
from newsletter.cli.clockwork import Sends
from newsletter.content.moments import moment_on
from newsletter.store import issues, slots
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.senders import hold_issue
from newsletter.store.values import DeliveryState, IssueState
from newsletter.web.metrics import Metrics
from tests.cli.conftest import ISSUE, Run

NOWHERE = "smtp://127.0.0.1:9"


@asynccontextmanager
async def sends(
    folder: Path, smtp: str, metrics: Metrics | None = None
) -> AsyncIterator[tuple[Sends, Database]]:
    found = settings.load(folder, {}).model_copy(update={"smtp_url": SecretStr(smtp)})
    database = Database.open(found.database_url.get_secret_value())
    made = Sends(database, found, metrics=metrics)
    try:
        yield made, database
    finally:
        await made.drain()
        database.close()


def issue_of(database: Database) -> Issue:
    with database.read() as session:
        return issues.get_issue(session, *ISSUE.split("/"))


def goes_on(folder: Path, smtp: str) -> Issue:
    """Looks once what waits, as serve does each minute."""

    async def look() -> Issue:
        async with sends(folder, smtp) as (made, database):
            await made.waiting()
            await made.settled()
            return issue_of(database)

    with chdir(folder):
        return asyncio.run(look())


@pytest.fixture
def begun(filled: Run, gone: str, tmp_path: Path) -> Path:
    """A folder with an issue that was begun, and whose relay went away."""
    assert "cannot be reached" in filled("send", ISSUE, "--unchecked", "--yes", smtp=gone).err
    return tmp_path


def test_an_issue_that_was_interrupted_is_finished(begun: Path, mail: Path) -> None:
    assert goes_on(begun, os.environ["NEWSLETTER_SMTP_URL"]).state is IssueState.SENT
    assert len(list(mail.iterdir())) == 2


def test_what_serve_sends_is_counted_for_its_metrics(begun: Path, mail: Path) -> None:
    async def look() -> bytes:
        metrics = Metrics()
        async with sends(begun, os.environ["NEWSLETTER_SMTP_URL"], metrics) as (made, _):
            await made.waiting()
            await made.settled()
        return generate_latest(metrics.registry)

    with chdir(begun):
        shown = asyncio.run(look()).decode()
    assert 'newsletter_attempts_total{of="issue",stage="body",state="sent"} 2.0' in shown
    assert "newsletter_send_seconds_count 1.0" in shown
    assert len(list(mail.iterdir())) == 2


def test_a_paused_issue_is_let_be(begun: Path, filled: Run, mail: Path) -> None:
    filled("issues", "pause", ISSUE)
    assert goes_on(begun, os.environ["NEWSLETTER_SMTP_URL"]).state is IssueState.PAUSED
    assert not list(mail.iterdir())


def test_what_another_process_sends_is_left_to_it(begun: Path, mail: Path) -> None:
    with chdir(begun):
        database = Database.open("sqlite:///newsletter.db")
        with hold_issue(database, issue_of(database).id):
            found = goes_on(begun, os.environ["NEWSLETTER_SMTP_URL"])
        database.close()
    assert found.state is IssueState.SENDING
    assert not list(mail.iterdir())


def test_a_relay_that_is_still_away_loses_nothing(begun: Path) -> None:
    assert goes_on(begun, NOWHERE).state is IssueState.SENDING
    with chdir(begun):
        database = Database.open("sqlite:///newsletter.db")
        with database.read() as session:
            assert issues.counts(session, issue_of(database).id)[DeliveryState.QUEUED] == 2
        database.close()


def looks_wanted(folder: Path, smtp: str) -> int:
    """How often a look at once is asked for, when serve goes on with what waits."""
    wanted = []

    async def look() -> None:
        async with sends(folder, smtp) as (made, _):
            made.ended = lambda: wanted.append(1)
            await made.waiting()
            await made.settled()

    with chdir(folder):
        asyncio.run(look())
    return len(wanted)


def test_an_issue_that_has_gone_is_looked_at_again_at_once(begun: Path, mail: Path) -> None:
    assert looks_wanted(begun, os.environ["NEWSLETTER_SMTP_URL"]) == 1
    assert len(list(mail.iterdir())) == 2


def test_one_that_another_sends_or_whose_relay_is_away_waits_for_its_turn(
    begun: Path, mail: Path
) -> None:
    assert looks_wanted(begun, NOWHERE) == 0
    with chdir(begun):
        database = Database.open("sqlite:///newsletter.db")
        with hold_issue(database, issue_of(database).id):
            assert looks_wanted(begun, os.environ["NEWSLETTER_SMTP_URL"]) == 0
        database.close()
    assert not list(mail.iterdir())


def test_a_fault_while_sending_is_on_record_with_the_issues_slot(
    begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def faulty(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("newsletter.workflow.send", faulty)
    assert goes_on(begun, NOWHERE).state is IssueState.SENDING
    with chdir(begun):
        database = Database.open("sqlite:///newsletter.db")
        mailing_list = issue_of(database).digest.list
        moment = moment_on(mailing_list, dt.date(2026, 2, 12))
        with database.write() as session:
            slots.plan(session, mailing_list.name, "2026-W06", moment, "")
            session.connection().execute(text("UPDATE slots SET state = 'sending'"))
        goes_on(begun, NOWHERE)
        with database.read() as session:
            slot = slots.get_slot(session, mailing_list.name, "2026-W06")
        database.close()
    assert slot.error.startswith("a fault of the program (ZeroDivisionError: by zero)")
