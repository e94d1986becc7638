"""A canary from the command line."""

import json
from pathlib import Path

import pytest

from newsletter.cli.canary import parse_hold
from tests.cli.conftest import ISSUE, Run


def test_the_rest_follows_when_the_few_fared_well(filled: Run, mail: Path) -> None:
    shown = filled("send", ISSUE, "--unchecked", "--yes", "--canary", "1", "--hold", "0s")
    assert shown.code == 0, shown.err
    assert len(list(mail.iterdir())) == 2
    found = json.loads(filled("status", ISSUE, "--json").out)
    assert (found["state"], found["canary"]["state"]) == ("sent", "passed")
    assert "1 first, passed" in filled("status", ISSUE).out


@pytest.mark.usefixtures("mail")
def test_the_wait_is_said_in_words(filled: Run) -> None:
    shown = filled("send", ISSUE, "--unchecked", "--yes", "--canary", "1", "--hold", "2s")
    assert shown.code == 0
    assert "the first few have it; the rest waits until " in shown.err
    assert "{" not in shown.err


@pytest.mark.usefixtures("mail")
def test_what_is_no_time_is_told(filled: Run) -> None:
    shown = filled("send", ISSUE, "--unchecked", "--yes", "--canary", "1", "--hold", "soon")
    assert shown.code == 2


def test_a_hold_without_a_canary_is_wrong_usage_and_sends_nothing(filled: Run, mail: Path) -> None:
    shown = filled("send", ISSUE, "--unchecked", "--yes", "--hold", "30m")
    assert shown.code == 2
    assert "--canary" in shown.err
    assert not list(mail.iterdir())


@pytest.mark.parametrize(("text", "seconds"), [("30m", 1800), ("2h", 7200), ("1h30m5s", 5405)])
def test_time_spans_are_read(text: str, seconds: int) -> None:
    assert parse_hold(text).total_seconds() == seconds
