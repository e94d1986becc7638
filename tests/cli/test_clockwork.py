"""What serve does by the clock: it goes on with what waits, and lets be what it must."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, chdir
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from pydantic import SecretStr

from newsletter import settings
from newsletter.cli.clockwork import Sends
from newsletter.store import issues
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
