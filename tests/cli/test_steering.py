"""Pausing, resuming and cancelling by hand."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import ISSUE, Run


def test_nothing_can_be_paused_before_it_is_sent(filled: Run) -> None:
    shown = filled("issues", "pause", ISSUE)
    assert shown.code == 1
    assert shown.err == f"newsletter: {ISSUE} is draft: nothing is going out that could pause\n"


def test_what_was_sent_cannot_be_cancelled(filled: Run, mail: Path) -> None:
    filled("send", ISSUE, "--unchecked", "--yes")
    assert filled("issues", "cancel", ISSUE, "--yes").code == 1
    assert len(list(mail.iterdir())) == 2


def test_cancelling_asks_first(filled: Run) -> None:
    shown = filled("issues", "cancel", ISSUE)
    assert shown.code == 1
    assert "--yes" in shown.err


def test_a_paused_issue_is_not_sent_until_it_is_resumed(filled: Run, gone: str, mail: Path) -> None:
    # The relay goes away: the issue is frozen, and everything is still to be sent.
    caught = mail
    assert "cannot be reached" in filled("send", ISSUE, "--unchecked", "--yes", smtp=gone).err
    assert "paused" in filled("issues", "pause", ISSUE).out
    refused = filled("send", ISSUE, "--unchecked", "--yes")
    assert refused.code == 1
    assert f"`newsletter issues resume {ISSUE}`" in refused.err
    assert not list(caught.iterdir())
    assert filled("issues", "resume", ISSUE).code == 0
    assert filled("send", ISSUE, "--unchecked", "--yes").code == 0
    assert len(list(caught.iterdir())) == 2


@pytest.mark.usefixtures("mail")
def test_an_issue_paused_over_its_last_message_ends_when_it_resumes(
    filled: Run, tmp_path: Path
) -> None:
    filled("send", ISSUE, "--unchecked", "--yes")
    with closing(sqlite3.connect(tmp_path / "newsletter.db")) as connection, connection:
        connection.execute("UPDATE issues SET state = 'paused'")
    assert filled("issues", "resume", ISSUE).code == 0
    assert json.loads(filled("status", ISSUE, "--json").out)["state"] == "sent"


def test_a_cancelled_issue_is_told_by_status(filled: Run, gone: str, mail: Path) -> None:
    filled("send", ISSUE, "--unchecked", "--yes", smtp=gone)
    shown = filled("issues", "cancel", ISSUE, "--yes")
    assert (shown.code, shown.out) == (0, f"{ISSUE}: cancelled; 3 skipped\n")
    found = json.loads(filled("status", ISSUE, "--json").out)
    assert found["state"] == "cancelled"
    assert found["skipped_because"] == {"cancelled": 2, "no topics chosen": 1}
    assert "nothing is left to send" in filled("send", ISSUE, "--unchecked", "--yes").out
    assert not list(mail.iterdir())


@pytest.mark.usefixtures("mail")
def test_a_send_that_finds_nothing_due_says_when_something_is(filled: Run, tmp_path: Path) -> None:
    filled("send", ISSUE, "--unchecked", "--yes")
    with closing(sqlite3.connect(tmp_path / "newsletter.db")) as connection, connection:
        connection.execute("UPDATE issues SET state = 'sending'")
        connection.execute(
            "UPDATE deliveries SET state = 'deferred', due_at = 4102444800 WHERE id = "
            "(SELECT max(id) FROM deliveries WHERE state = 'sent')"
        )
    shown = filled("send", ISSUE, "--unchecked", "--yes")
    assert shown.code == 0
    assert "deferred ones may be tried again from " in shown.out
