from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from newsletter.cli import beside
from tests.cli.conftest import ISSUE, Run


def test_a_report_names_what_was_measured_and_no_more(filled: Run, mail: Path) -> None:
    assert filled("send", ISSUE, "--unchecked", "--yes").code == 0
    assert list(mail.iterdir())
    shown = filled("report", ISSUE).out
    assert "accepted by the relay" in shown
    assert "delivered" not in shown
    assert "opened" not in shown
    found = json.loads(filled("report", ISSUE, "--json").out)
    assert found["accepted"] == len(list(mail.iterdir()))
    assert found["skipped"] == {"no topics chosen": 1}
    assert found["rates"]["leaves"] == 0
    assert found["beside"] == []
    assert "joined until this issue" in shown  # who came after it is not of it


def test_a_list_is_told_with_its_growth_and_issues(filled: Run, mail: Path) -> None:
    assert filled("send", ISSUE, "--unchecked", "--yes").code == 0
    assert list(mail.iterdir())
    filled("subscribers", "unsubscribe", "ann@reader.example", "--reason", "moved")
    found = json.loads(filled("report", "ai-for-science", "--json").out)
    assert found["people"] == {"active": 2, "pending": 0, "left": 1}
    assert (found["growth"]["joined"], found["growth"]["left"]) == (3, {"admin": 1})
    assert [one["issue"] for one in found["issues"]] == [ISSUE]
    assert ISSUE in filled("report", "ai-for-science").out


def test_what_cannot_be_reported_is_one_line(filled: Run) -> None:
    for words, named in (((ISSUE,), "draft"), (("nope",), "nope"), (("a/b",), "a/b")):
        told = filled("report", *words)
        assert (told.code, told.err.count("\n")) == (1, 1)
        assert named in told.err


def test_leaves_are_told_as_rates_by_way(filled: Run, mail: Path, tmp_path: Path) -> None:
    assert filled("send", ISSUE, "--unchecked", "--yes").code == 0
    assert list(mail.iterdir())
    connection = sqlite3.connect(tmp_path / "newsletter.db")
    with connection:
        connection.execute(
            "INSERT INTO departures (list_name, subscriber_id, delivery_id, way, topic, reason, at)"
            " SELECT 'ai-for-science', subscriber_id, id, 'one-click', '', '', last_at + 7200"
            " FROM deliveries WHERE state = 'sent' LIMIT 1"
        )
    connection.close()
    shown = filled("report", ISSUE).out
    facts = dict(line.strip().split("  ", 1) for line in shown.splitlines() if "  " in line.strip())
    assert facts["by one-click"].strip() == "1 (50.00%)"
    assert facts["half of them within"].strip() == "2 hours"
    for words in ((ISSUE,), ("ai-for-science",)):
        told = json.loads(filled("report", *words, "--json").out)["leaving"]
        assert told["ways"] == {"one-click": {"number": 1, "of": 2, "rate": 0.5}}
        assert told["median_seconds"] == 7200


def test_the_same_reason_of_what_failed_and_what_came_back_is_told_of_each(
    filled: Run, mail: Path, tmp_path: Path
) -> None:
    assert filled("send", ISSUE, "--unchecked", "--yes").code == 0
    assert list(mail.iterdir())
    with closing(sqlite3.connect(tmp_path / "newsletter.db")) as connection, connection:
        for address, state in (("ann@reader.example", "bounced"), ("bo@reader.example", "failed")):
            connection.execute(
                "UPDATE deliveries SET state = ?, reason = 'bad address: no such mailbox' WHERE "
                "subscriber_id = (SELECT id FROM subscribers WHERE address = ?)",
                (state, address),
            )
    lines = [line.split() for line in filled("report", ISSUE).out.splitlines()]
    assert lines.count(["bad", "address", "1"]) == 2
    told = [" ".join(line) for line in lines]
    assert told.index("failed 1") < len(told) - 1 - told[::-1].index("bad address 1")


@pytest.mark.parametrize(
    ("width", "last"), [(44, "complaints"), (80, "left"), (100, "skipped"), (20, "accepted")]
)
def test_a_terminal_shows_whole_columns_only(width: int, last: str) -> None:
    row = ("2026-W06", "1290", "12 (4.14%)", "2 (0.16%)", "14 (1.09%)", "310+", "21", "19", "10")
    shown = beside._fitting([row], width)
    assert beside._BESIDE[shown - 1] == last
