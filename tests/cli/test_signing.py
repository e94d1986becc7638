"""`newsletter dkim` prints what to publish, and says which setting is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.cli.conftest import Run


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    key = rsa.generate_private_key(65537, 2048)
    path = tmp_path / "dkim.pem"
    path.touch(0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    monkeypatch.setenv("NEWSLETTER_DKIM_KEY_FILE", str(path))
    monkeypatch.setenv("NEWSLETTER_DKIM_SELECTOR", "2026a")
    monkeypatch.setenv("NEWSLETTER_DKIM_DOMAIN", "example.org")
    return monkeypatch


@pytest.mark.usefixtures("settings")
def test_it_prints_the_record_as_a_zone_line_or_as_json(ready: Run) -> None:
    line = ready("dkim").out
    assert line.startswith('2026a._domainkey.example.org. IN TXT ( "v=DKIM1; k=rsa; p=')
    assert line.count("\n") == 1
    told = json.loads(ready("dkim", "--json").out)
    assert told["name"] == "2026a._domainkey.example.org"
    assert told["value"] in line.replace('" "', "")


def test_a_missing_part_is_named(ready: Run, settings: pytest.MonkeyPatch) -> None:
    settings.delenv("NEWSLETTER_DKIM_SELECTOR")
    assert ready("dkim").err.startswith("newsletter: dkim_selector is not set")


def test_without_a_key_it_says_that_nothing_is_signed(ready: Run) -> None:
    shown = ready("dkim")
    assert (shown.code, shown.err.count("\n")) == (1, 1)
    assert "nothing is signed here" in shown.err


def test_a_selector_that_is_no_name_is_refused(ready: Run, settings: pytest.MonkeyPatch) -> None:
    settings.setenv("NEWSLETTER_DKIM_SELECTOR", "a b; d=example.com")
    assert "must be a name in DNS" in ready("dkim").err
