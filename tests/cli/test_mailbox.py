"""Returned mail from the settings' mailbox: by hand and by `serve`, and what is said when it fails;
reports that no rule understood, and how long they are kept."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sqlite3
from pathlib import Path

import pytest
from fastapi import FastAPI
from prometheus_client import generate_latest
from pydantic import SecretStr

from newsletter.cli import returning
from newsletter.cli.unread import forget_unread
from newsletter.errors import SettingsError
from newsletter.settings import Settings, load
from newsletter.store import feedback
from newsletter.store.database import Database
from newsletter.store.readings import readings
from newsletter.tracking import imap_connection
from newsletter.web.metrics import Metrics
from tests.cli.conftest import Run
from tests.tracking.imap_server import talking

RIDDLE = (
    b"From: MAILER-DAEMON@mx.example.net\nContent-Type: multipart/report; "
    b'report-type=delivery-status; boundary="x"\nSubject: a riddle\n\nnothing in it\n'
)


@pytest.fixture
def mailbox(tmp_path: Path) -> Path:
    folder = tmp_path / "Maildir"
    (folder / "new").mkdir(parents=True)
    (folder / "new" / "1").write_bytes(RIDDLE)
    return folder


def set_mailbox(folder: Path, line: str) -> None:
    with (folder / "newsletter.toml").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def test_without_a_path_the_settings_mailbox_is_read_once(
    ready: Run, tmp_path: Path, mailbox: Path
) -> None:
    assert "set mailbox_url" in ready("bounces", "read").err
    set_mailbox(tmp_path, f'mailbox_url = "{mailbox}"')
    assert json.loads(ready("bounces", "read", "--json").out)["messages"] == {"unread": 1}
    assert json.loads(ready("bounces", "read", "--json").out)["messages"] == {}


def test_a_mailbox_that_cannot_be_read_is_told_until_it_can(ready: Run, tmp_path: Path) -> None:
    set_mailbox(tmp_path, 'mailbox_url = "imaps://bounces:secret@127.0.0.1:9/INBOX"')
    for _ in range(2):
        failed = ready("bounces", "read")
        assert failed.code == 1
        assert failed.err.count("\n") == 1
    for words in (("status",), ("bounces", "list")):
        said = ready(*words).err
        assert "returned mail: not read ever, tried 2 times: imaps://127.0.0.1:9/INBOX" in said
        assert "secret" not in said


def test_a_password_on_the_command_line_is_refused(ready: Run) -> None:
    refused = ready("bounces", "read", "imaps://bounces:secret@127.0.0.1:9/INBOX")
    assert "does not belong on a command line" in refused.err
    assert "secret" not in refused.err


@pytest.mark.parametrize("url", ["imaps://host/INBOX", "pop3://u:secret@host/", "imaps://"])
def test_a_setting_that_is_no_mailbox_is_refused(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_MAILBOX_URL", url)
    with pytest.raises(SettingsError, match="NEWSLETTER_MAILBOX_URL") as told:
        load(tmp_path)
    assert "secret" not in str(told.value)


def test_how_much_of_an_unread_report_is_kept_and_until_when_is_shown(
    ready: Run, tmp_path: Path
) -> None:
    (tmp_path / "large.eml").write_bytes(RIDDLE + b"line of text\n" * 10_000)
    begun = dt.datetime.now(dt.UTC).date()
    ready("bounces", "read", "large.eml")
    days = {begun, dt.datetime.now(dt.UTC).date()}  # two, if it was midnight
    size = len(RIDDLE) + 130_000
    (item,) = json.loads(ready("bounces", "list", "--unread", "--json").out)
    assert (item["size"], item["kept"]) == (size, feedback.MOST_KEPT)
    heading, row = ready("bounces", "list", "--unread").out.splitlines()
    assert heading.split("\t")[2:5] == ["octets", "of them kept", "until"]
    assert row.split("\t")[2:4] == [str(size), str(feedback.MOST_KEPT)]
    assert row.split("\t")[4] in {str(day + dt.timedelta(days=180)) for day in days}


def test_an_unread_report_is_forgotten_in_time_and_stays_known(ready: Run, tmp_path: Path) -> None:
    (tmp_path / "riddle.eml").write_bytes(RIDDLE)
    ready("bounces", "read", "riddle.eml")
    connection = sqlite3.connect(tmp_path / "newsletter.db")
    with connection:
        connection.execute("UPDATE feedback SET at = at - 181 * 86400")
    assert "known before: 1" in ready("bounces", "read", "riddle.eml").out
    assert "what was kept of it is dropped" in ready("bounces", "list", "--unread").out
    assert "no unread report is kept" in ready("bounces", "list", "--show", "1").err
    kept = connection.execute("SELECT message, text FROM feedback").fetchall()
    connection.close()
    assert kept == [(None, "")]


def serving(
    database: Database, mailbox: str, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> tuple[Metrics, list[float]]:
    """What `serve` counts while it reads a mailbox so many times; and how long it slept between."""
    slept: list[float] = []
    enough = asyncio.Event()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) >= rounds:
            enough.set()
            await asyncio.Event().wait()

    monkeypatch.setattr("asyncio.sleep", sleep)
    metrics = Metrics()
    found = Settings(
        mailbox_url=SecretStr(mailbox),
        mailbox_minutes=7,
        secret_keys=(SecretStr("a made-up key of more than 32 characters"),),
    )

    async def run() -> None:
        lifespan = returning.with_returned_mail(database, found, metrics, None)
        async with lifespan(FastAPI()):
            await asyncio.wait_for(enough.wait(), 60)

    asyncio.run(run())
    return metrics, slept


def test_serve_reads_at_the_start_and_by_the_clock(
    sqlite_database: Database, mailbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics, slept = serving(sqlite_database, str(mailbox), monkeypatch, 2)
    figures = generate_latest(metrics.registry).decode()
    assert slept == [420, 420]
    assert 'newsletter_mailbox_readings_total{outcome="read"} 2.0' in figures
    assert 'newsletter_returned_messages_total{kind="unread"} 1.0' in figures
    with sqlite_database.read() as session:
        assert [one.messages for one in readings(session)] == [1]


def test_serve_tries_again_after_a_failure_and_counts_it(
    sqlite_database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    metrics, _ = serving(sqlite_database, str(tmp_path / "gone"), monkeypatch, 3)
    figures = generate_latest(metrics.registry).decode()
    assert 'newsletter_mailbox_readings_total{outcome="failed"} 3.0' in figures
    assert capsys.readouterr().out.count("returned mail not read") == 3
    with sqlite_database.read() as session:
        assert [one.failures for one in readings(session)] == [3]


def test_a_fault_of_ours_does_not_end_all_later_reading(
    sqlite_database: Database, mailbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object, **__: object) -> None:
        raise ZeroDivisionError("ann@reader.example")

    monkeypatch.setattr(returning, "read_mailbox", fault)
    metrics, slept = serving(sqlite_database, str(mailbox), monkeypatch, 2)
    assert len(slept) == 2
    figures = generate_latest(metrics.registry).decode()
    assert 'newsletter_mailbox_readings_total{outcome="failed"} 2.0' in figures


def test_serve_ends_while_it_reads(
    sqlite_database: Database, mailbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, slept = serving(sqlite_database, str(mailbox), monkeypatch, 1)
    assert slept == [420], "it ended in the middle of a sleep that never ends"


def test_serve_ends_though_the_mailboxs_server_never_answers(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returning, "LAST_SECONDS", 0.1)
    monkeypatch.setattr(imap_connection, "PATIENCE", 600.0)
    heard: list[bytes] = []
    metrics = Metrics()

    async def run(port: int) -> None:
        found = Settings(
            mailbox_url=SecretStr(f"imap://bounces:x@127.0.0.1:{port}/"),
            secret_keys=(SecretStr("a made-up key of more than 32 characters"),),
        )
        async with returning.with_returned_mail(sqlite_database, found, metrics, None)(FastAPI()):
            for _ in range(6000):
                if heard:
                    return
                await asyncio.sleep(0.01)

    with talking(b"", told=heard) as port:
        asyncio.run(run(port))
        figures = generate_latest(metrics.registry).decode()
        assert heard
        assert "newsletter_mailbox_readings_total{" not in figures, "the reading is still at it"


def test_forgetting_leaves_what_is_younger(sqlite_database: Database) -> None:
    now = dt.datetime(2026, 2, 12, 7, 0, tzinfo=dt.UTC)
    with sqlite_database.write() as session:
        for days in (181, 179):
            at = now - dt.timedelta(days=days)
            feedback.record_unread(session, str(days), RIDDLE, at, why="a riddle")
    forget_unread(sqlite_database, Settings(), now)
    with sqlite_database.read() as session:
        assert [item.kept for item in feedback.feedback(session)] == [len(RIDDLE), 0]


def test_a_mailbox_that_is_no_longer_set_is_not_complained_of(ready: Run, tmp_path: Path) -> None:
    settings = tmp_path / "newsletter.toml"
    before = settings.read_text("utf-8")
    set_mailbox(tmp_path, 'mailbox_url = "gone"')
    assert ready("bounces", "read").code == 1
    assert "not read ever" in ready("status").err
    settings.write_text(before, "utf-8")
    assert ready("status").err == ""
