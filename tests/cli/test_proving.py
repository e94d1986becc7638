"""`send` does not begin before it has seen that readers could leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import ISSUE, Run


@pytest.mark.parametrize(
    ("public_url", "said"),
    [
        ("http://news.example.org", "is plain http"),
        ("https://localhost:8080", "is this machine's own"),
        ("https://no-such-name.invalid", "cannot be reached"),
    ],
)
def test_an_address_at_which_nobody_can_leave_stops_it_in_one_line(
    filled: Run, mail: Path, monkeypatch: pytest.MonkeyPatch, public_url: str, said: str
) -> None:
    monkeypatch.setenv("NEWSLETTER_PUBLIC_URL", public_url)
    filled("issues", "assemble", "ai-for-science", "--week", "2026-W06")
    refused = filled("send", ISSUE, "--yes", "--force")
    assert refused.code == 1
    assert refused.err.startswith(f"newsletter: the unsubscribe address {public_url}/u/… {said}")
    assert refused.err.count("\n") == 1
    assert not list(mail.iterdir())
    assert filled("send", ISSUE, "--yes", "--force", "--unchecked").code == 0
    assert len(list(mail.iterdir())) == 2


def test_an_issue_that_was_frozen_for_another_address_says_how_to_mend_it(
    filled: Run, gone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_PUBLIC_URL", "https://localhost:8080")
    filled("send", ISSUE, "--yes", "--force", "--unchecked", smtp=gone)
    monkeypatch.setenv("NEWSLETTER_SMTP_URL", "smtp://127.0.0.1:9")
    monkeypatch.setenv("NEWSLETTER_PUBLIC_URL", "https://no-such-name.invalid")
    refused = filled("send", ISSUE, "--yes", "--force")
    assert refused.code == 1
    assert "when public_url was https://localhost:8080" in refused.err
    words = refused.err.partition("`newsletter ")[2].partition("`")[0].split()
    assert filled(*words).code == 0
    assert "cannot be reached" in filled("send", ISSUE, "--yes", "--force").err


def test_with_wait_a_send_that_defers_nobody_ends_at_once(filled: Run, mail: Path) -> None:
    assert filled("send", ISSUE, "--yes", "--unchecked", "--wait").code == 0
    assert len(list(mail.iterdir())) == 2
