"""DKIM: what we sign, two programs of others verify, and what they refuse is what they should."""

from __future__ import annotations

import asyncio
import datetime as dt
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from dkim.canonicalization import Relaxed
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.dkim import Signer, load_signer, relaxed_body, relaxed_field
from newsletter.delivery.engine import deliver
from newsletter.delivery.messages import Messages
from newsletter.delivery.relay import parse_relay
from newsletter.delivery.sender import Surroundings
from newsletter.errors import SettingsError
from newsletter.rendering.mime import dot_stuff
from newsletter.store import ledger
from newsletter.store.database import Database
from tests.delivery.scripted_server import ScriptedServer
from tests.delivery.sending import run
from tests.delivery.test_engine import KEYRING, going_out
from tests.store.stage import NOW

AUTHOR = "news.example.org"
HEADER = (
    b"From: =?utf-8?b?56eR5a2m?=\r\n <digest@news.example.org>\r\nTo: ada@example.org\r\n"
    b"Subject:  two  spaces\r\n\tand a tab \r\nDate: Thu, 12 Feb 2026 08:00:00 +0100\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"List-Unsubscribe: <https://news.example.org/u/abc>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"X-Ours: is not covered\r\n\r\n"
)
MESSAGE = HEADER + ".一行以点开头。\r\n..two dots  \r\n\tdone\t \r\n\r\n\r\n".encode()


@cache
def key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def signer(domain: str = "example.org") -> Signer:
    return Signer(key(), domain, "2026a")


def verified(message: bytes, by: Signer) -> bool:
    def lookup(name: bytes, **_: object) -> bytes | None:
        return by.record.encode() if name.decode().rstrip(".") == by.record_name else None

    found: bool = dkim.verify(message, dnsfunc=lookup)
    return found


def test_a_signature_is_verified_by_another_implementation() -> None:
    assert verified(signer().signed(MESSAGE, NOW, AUTHOR), signer())


def test_the_same_message_at_the_same_instant_has_the_same_signature() -> None:
    first = signer().signed(MESSAGE, NOW, AUTHOR)
    assert signer().signed(MESSAGE, NOW, AUTHOR) == first
    assert signer().signed(MESSAGE, NOW + dt.timedelta(seconds=1), AUTHOR) != first


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/u/abc", b"/u/abd"),
        (b"One-Click", b"Two-Click"),
        (b"To: ada@", b"To: bob@"),
        (b"\r\nMIME", b"\r\nFrom: another@example.com\r\nMIME"),
        (b"\r\nMIME", b"\r\nSubject: another\r\nMIME"),
        (b"\r\nMIME", b"\r\nCc: another@example.com\r\nMIME"),
        (b"\r\nMIME", b"\r\nList-Unsubscribe: <https://example.com/>\r\nMIME"),
        (b"done", b"gone"),
    ],
)
def test_what_is_changed_or_added_on_the_way_is_found(old: bytes, new: bytes) -> None:
    sent = signer().signed(MESSAGE, NOW, AUTHOR)
    assert old in sent
    assert not verified(sent.replace(old, new, 1), signer())


def test_what_relays_do_to_white_space_and_other_fields_does_no_harm() -> None:
    sent = signer().signed(MESSAGE, NOW, AUTHOR)
    refolded = sent.replace(b"Subject:  two  spaces\r\n\tand", b"Subject: two\r\n spaces and")
    assert refolded != sent
    assert verified(refolded.replace(b"not covered", b"changed"), signer())


def test_the_signature_stands_within_78_columns() -> None:
    field = signer().signed(MESSAGE, NOW, AUTHOR).removesuffix(MESSAGE)
    assert max(map(len, field.split(b"\r\n"))) <= 78


pieces = st.lists(st.sampled_from([b"\r\n", b" ", b"\t", b"a", b".", "磁".encode()]), max_size=30)


@given(pieces.map(lambda found: b"".join([*found, b"\r\n"])))
def test_bodies_are_put_in_canonical_form_as_others_do(body: bytes) -> None:
    # dkimpy keeps one CRLF of a body of empty lines; RFC 6376 §3.4.4 wants nothing there.
    theirs = Relaxed.canonicalize_body(body) if body.strip() else b""
    assert relaxed_body(body) == theirs


def test_a_last_line_that_has_no_end_is_given_one() -> None:
    assert relaxed_body(b"one\r\ntwo \t") == b"one\r\ntwo\r\n"


@given(pieces.map(lambda found: b"".join(found).replace(b"\r\n", b"\r\n ")))
def test_fields_are_put_in_canonical_form_as_others_do(value: bytes) -> None:
    [(name, theirs)] = Relaxed.canonicalize_headers([(b"Subject", value + b"\r\n")])
    assert relaxed_field(b"Subject:" + value) + b"\r\n" == name + b":" + theirs


def received(database: Database, extensions: tuple[bytes, ...]) -> dict[str, bytes]:
    """What a relay that offers this is sent for an issue, by recipient, dots undone."""
    issue = going_out(database)
    server = ScriptedServer(extensions=extensions)
    around = Surroundings(clock=lambda: NOW, chance=lambda: 0.5, stop=asyncio.Event())

    async def go() -> None:
        async with server.running():
            there = parse_relay(f"smtp://127.0.0.1:{server.port}?connections=2")
            await deliver(database, issue, there, KEYRING, around, signer=signer())

    run(go())
    shown = Messages(database, issue, KEYRING, lambda: NOW, signer())
    found: dict[str, bytes] = {}
    for message in server.accepted:
        with database.read() as session:
            view = ledger.delivery_for(session, issue.id, message.recipient)
        if view is not None:
            found[message.recipient] = shown.render(view, 0)
            assert message.octets == dot_stuff(found[message.recipient])
    return found


ENCODINGS = [(b"PIPELINING", b"8BITMIME"), (b"PIPELINING",)]


@pytest.mark.parametrize("extensions", ENCODINGS)
def test_what_a_relay_is_sent_is_signed_and_is_what_render_shows(
    sqlite_database: Database, extensions: tuple[bytes, ...]
) -> None:
    found = received(sqlite_database, extensions)
    assert "ada@example.org" in found
    for message in found.values():
        assert message.startswith(b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n")
        assert verified(message, signer())


@pytest.mark.system("opendkim")
@pytest.mark.parametrize("extensions", ENCODINGS)
def test_opendkim_verifies_what_a_relay_is_sent(
    sqlite_database: Database, extensions: tuple[bytes, ...], tmp_path: Path
) -> None:
    check = opendkim(tmp_path)
    for message in received(sqlite_database, extensions).values():
        assert "succeeded" in check(message)


@pytest.mark.system("opendkim")
def test_opendkim_agrees_about_hand_made_messages(tmp_path: Path) -> None:
    check = opendkim(tmp_path)
    sent = signer().signed(MESSAGE, NOW, AUTHOR)
    assert "succeeded" in check(sent)
    assert "failed" in check(sent.replace(b"two dots", b"two dogs"))


def opendkim(folder: Path) -> Callable[[bytes], str]:
    """Debian's opendkim with our record for DNS; its exit code is 0 whatever it finds."""
    (folder / "names").write_text(f"{signer().record_name} {signer().record}\n")
    (folder / "conf").write_text(f"Mode v\nTestDNSData file:{folder / 'names'}\n")

    def check(message: bytes) -> str:
        (folder / "message.eml").write_bytes(message)
        told = subprocess.run(
            ["opendkim", "-x", folder / "conf", "-t", folder / "message.eml"],
            capture_output=True,
            text=True,
            check=False,
        )
        return told.stdout + told.stderr

    return check


def stored(
    folder: Path,
    made: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey,
    locked: KeySerializationEncryption | None = None,
) -> Path:
    path = folder / "dkim.pem"
    path.write_bytes(
        made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked or NoEncryption())
    )
    path.chmod(0o600)
    return path


def test_a_key_file_signs_and_tells_its_record(tmp_path: Path) -> None:
    loaded = load_signer(stored(tmp_path, key()), "Example.org", "2026a")
    assert loaded.signed(MESSAGE, NOW, AUTHOR) == signer().signed(MESSAGE, NOW, AUTHOR)
    assert loaded.record_name == "2026a._domainkey.example.org"
    assert loaded.record.startswith("v=DKIM1; k=rsa; p=MIIB")


def test_the_record_is_a_zone_line_of_strings_that_dns_can_hold() -> None:
    name, _, rest = signer().zone_line.partition(" IN TXT ( ")
    strings = rest.removesuffix(" )")[1:-1].split('" "')
    assert name == "2026a._domainkey.example.org."
    assert "".join(strings) == signer().record
    assert max(map(len, strings)) <= 255


def test_a_key_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    refused(tmp_path / "no.pem", "no.pem cannot be read: no such file")


def test_a_key_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    path = stored(tmp_path, key())
    path.chmod(0o644)
    refused(path, "may be read by everybody: chmod 600")


def test_a_key_that_is_too_short_is_refused(tmp_path: Path) -> None:
    refused(stored(tmp_path, key(1024)), "a key of 1024 bits; it needs 2048 to 4096: make one with")


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    refused(stored(tmp_path, ed25519.Ed25519PrivateKey.generate()), "not RSA")


def test_a_key_under_a_password_is_refused(tmp_path: Path) -> None:
    refused(stored(tmp_path, key(), BestAvailableEncryption(b"secret")), "locked with a password")


def test_a_file_without_a_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dkim.pem"
    path.write_text("not a key")
    path.chmod(0o600)
    refused(path, "holds no private key in PEM")


def refused(path: Path, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_signer(path, "example.org", "2026a")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_domain_that_is_not_the_authors_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"dkim_domain example\.com cannot vouch"):
        signer("example.com").signed(MESSAGE, NOW, AUTHOR)
