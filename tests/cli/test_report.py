from __future__ import annotations

import json
from pathlib import Path

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
