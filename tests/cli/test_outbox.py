"""Tests and other mails for one person, from the command line."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import ISSUE, Run

ME = "me@elsewhere.example"


def found(run: Run, *options: str) -> list[tuple[str, str, str]]:
    rows = json.loads(run("outbox", *options, "--json").out)
    return [(row["kind"], row["to"], row["state"]) for row in rows]


@pytest.mark.usefixtures("mail")
def test_a_test_goes_through_the_outbox(filled: Run) -> None:
    assert filled("outbox", "send").out == "nothing is due\n"
    assert filled("send", ISSUE, "--test", ME).out == f"test sent to {ME}\n"
    assert found(filled) == [("test", ME, "sent")]
    assert ME in filled("outbox").out
    assert found(filled, "--state", "queued") == []


def test_a_test_that_cannot_go_waits_in_the_outbox(filled: Run, mail: Path) -> None:
    shown = filled("send", ISSUE, "--test", ME, smtp="smtp://127.0.0.1:9")
    assert shown.code == 1
    assert "cannot be reached" in shown.err
    assert found(filled) == [("test", ME, "queued")]
    assert filled("outbox", "send").out == "sent  1\n"
    assert len(list(mail.iterdir())) == 1


def test_the_outbox_goes_out_with_an_issue(filled: Run, mail: Path) -> None:
    filled("send", ISSUE, "--test", ME, smtp="smtp://127.0.0.1:9")
    filled("send", ISSUE, "--unchecked", "--yes")
    assert found(filled) == [("test", ME, "sent")]
    assert len(list(mail.iterdir())) == 3


@pytest.mark.usefixtures("mail")
def test_what_is_no_address_is_told_and_nothing_is_queued(filled: Run) -> None:
    shown = filled("send", ISSUE, "--test", ME, "--test", "not an address")
    assert shown.code == 1
    assert found(filled) == []


def test_what_a_dead_sender_left_is_shown_in_doubt_and_settled_by_hand(
    filled: Run, mail: Path, tmp_path: Path
) -> None:
    filled("send", ISSUE, "--test", ME)
    with closing(sqlite3.connect(tmp_path / "newsletter.db")) as connection, connection:
        connection.execute("UPDATE outbox SET state = 'sending', sender = '0-000000aa'")
    assert found(filled, "--state", "in doubt") == [("test", ME, "in doubt")]
    assert found(filled, "--state", "sending") == []
    (row,) = json.loads(filled("outbox", "--json").out)
    number = str(row["id"])
    assert filled("outbox", "resolve", number).code == 2, "which way must be said"
    shown = filled("outbox", "resolve", number, "--resend")
    assert shown.out.startswith(f"{ME}: queued; `newsletter outbox send`")
    assert filled("outbox", "resolve", number, "--sent").code == 1, "there is no doubt any more"
    assert filled("outbox", "send").out == "sent  1\n"
    assert len(list(mail.iterdir())) == 2
