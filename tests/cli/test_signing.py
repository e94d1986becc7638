"""`newsletter dkim` prints what to publish, and says which setting is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.cli.conftest import ISSUE, Run


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


def _another_key(path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@pytest.fixture
def signed(filled: Run, mail: Path, settings: pytest.MonkeyPatch) -> bytes:
    """What was sent to ann@, signed with the key of `settings`, whose domain is the sender's."""
    del settings
    assert filled("send", ISSUE, "--unchecked", "--yes").code == 0
    [content] = [c for c in (f.read_bytes() for f in mail.iterdir()) if b"To: ann@" in c]
    assert content.startswith(b"DKIM-Signature: ")
    return content


def rendered(run: Run, folder: Path) -> tuple[bytes, str]:
    """The message to ann@ as `render` writes it, octet for octet, and what it says beside."""
    shown = run("render", ISSUE, "--to", "ann@reader.example", "--out", folder / "ann.eml")
    assert shown.code == 0
    return (folder / "ann.eml").read_bytes(), shown.err


def test_after_a_new_key_render_shows_no_signature_rather_than_another(
    filled: Run, signed: bytes, tmp_path: Path
) -> None:
    assert rendered(filled, tmp_path) == (signed, "")
    _another_key(tmp_path / "dkim.pem")
    shown, said = rendered(filled, tmp_path)
    assert b"DKIM-Signature" not in shown
    assert signed.endswith(shown), "all else is what was sent"
    assert said.count("\n") == 1
    assert "was signed (DKIM) by a key that is configured no more, 2026a._domainkey." in said


@pytest.mark.parametrize("part", ["SELECTOR", "DOMAIN"])
def test_the_same_key_under_another_name_makes_another_signature(
    filled: Run, signed: bytes, settings: pytest.MonkeyPatch, tmp_path: Path, part: str
) -> None:
    settings.setenv(f"NEWSLETTER_DKIM_{part}", "newsletter.example.org")
    shown, said = rendered(filled, tmp_path)
    assert b"DKIM-Signature" not in shown
    assert signed.endswith(shown)
    assert "2026a._domainkey.example.org" in said


def test_what_was_sent_unsigned_stays_so_when_a_key_is_set(
    filled: Run, mail: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    assert filled("send", ISSUE, "--unchecked", "--yes").code == 0
    request.getfixturevalue("settings")
    shown, said = rendered(filled, tmp_path)
    assert said == ""
    assert shown in [file.read_bytes() for file in mail.iterdir()]


@pytest.mark.usefixtures("settings")
def test_what_is_not_sent_yet_is_shown_signed_with_the_key_of_now(
    filled: Run, tmp_path: Path
) -> None:
    shown, said = rendered(filled, tmp_path)
    assert said == ""
    assert shown.startswith(b"DKIM-Signature: ")
