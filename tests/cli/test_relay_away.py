"""A relay that is away when an issue is to be sent."""

import json
import os

import pytest

from tests.cli.conftest import ISSUE, Run

AWAY = "smtp://127.0.0.1:9"


def state(run: Run) -> str:
    return str(json.loads(run("status", ISSUE, "--json").out)["state"])


def test_a_draft_stays_a_draft_and_can_still_be_edited(filled: Run) -> None:
    shown = filled("send", ISSUE, "--unchecked", "--yes", smtp=AWAY)
    assert (shown.code, shown.err.count("\n")) == (1, 1)
    assert "127.0.0.1:9 cannot be reached" in shown.err
    assert state(filled) == "draft"
    assert filled("issues", "assemble", "ai-for-science", "--week", "2026-W06").code == 0


@pytest.mark.usefixtures("mail")
def test_with_another_that_is_there_it_goes_out(
    filled: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_SMTP_FALLBACK_URL", os.environ["NEWSLETTER_SMTP_URL"])
    assert filled("send", ISSUE, "--unchecked", "--yes", smtp=AWAY).code == 0
    assert state(filled) == "sent"


def test_when_neither_is_there_both_are_told(filled: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_SMTP_FALLBACK_URL", "smtp://127.0.0.1:10")
    shown = filled("send", ISSUE, "--unchecked", "--yes", smtp=AWAY)
    assert "127.0.0.1:9 cannot be reached" in shown.err
    assert "127.0.0.1:10 cannot be reached" in shown.err
    assert state(filled) == "draft"


def test_a_test_that_cannot_be_handed_over_says_that_it_waits(filled: Run) -> None:
    refused = filled("send", ISSUE, "--test", "me@elsewhere.example", smtp=AWAY)
    assert refused.code == 1
    assert "the test waits in the outbox: `newsletter outbox send` sends it" in refused.err
    assert "me@elsewhere.example" in filled("outbox").out
