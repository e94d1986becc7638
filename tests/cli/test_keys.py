"""A start with keys that would break the links of sent mail is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter import settings
from newsletter.tokens import Keyring
from tests.cli.conftest import ISSUE, Run
from tests.cli.test_amending import ANN, become

NEW = settings.new_secret()


@pytest.mark.parametrize("words", [("serve", "--port", "0"), ("send", ISSUE, "--unchecked")])
def test_without_the_key_of_sent_mail_nothing_starts(
    filled: Run,
    mail: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
) -> None:
    assert filled("send", ISSUE, "--unchecked", "--yes").code == 0
    sent = len(list(mail.iterdir()))
    become(tmp_path, ANN, "queued")
    (old,) = settings.load(tmp_path, {}).secrets
    monkeypatch.setenv("NEWSLETTER_SECRET_KEYS", NEW)
    refused = filled(*words, *(("--yes",) if words[0] == "send" else ()))
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert f"lacks the key {Keyring.of([old]).current.id}" in refused.err
    assert old not in refused.err
    assert NEW not in refused.err
    assert len(list(mail.iterdir())) == sent
    monkeypatch.setenv("NEWSLETTER_SECRET_KEYS", f"{NEW} {old}")
    assert filled("send", ISSUE, "--unchecked", "--yes").code == 0
