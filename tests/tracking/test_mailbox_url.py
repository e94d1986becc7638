from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import MailboxError
from newsletter.tracking.imap import _quoted
from newsletter.tracking.mailbox_url import ImapPlace, Then, asked_for, is_imap, parse_imap

STORED = "imaps://bounces%40example.org:p%40ss@imap.example.org/Returned?then=move:Read"


def test_a_url_says_all() -> None:
    place = parse_imap(STORED)
    assert place == ImapPlace(
        host="imap.example.org",
        port=993,
        tls=True,
        user="bounces@example.org",
        password="p@ss",
        folder="Returned",
        then=Then.MOVE,
        into="Read",
    )


def test_the_inbox_and_marking_are_what_is_usual() -> None:
    place = parse_imap("imap://u:p@127.0.0.1:1143")
    assert (place.port, place.tls, place.folder, place.then) == (1143, False, "INBOX", Then.SEEN)
    assert place.here
    assert not parse_imap("imap://u:p@imap.example.org").here


def test_what_it_is_called_has_no_user_and_no_password() -> None:
    for shown in (str(parse_imap(STORED)), str(parse_imap("imap://u:p@h:7/A"))):
        assert "bounces" not in shown
        assert "p@ss" not in shown
    assert "p@ss" not in repr(parse_imap(STORED))
    assert str(parse_imap("imap://u:p@h:7/A")) == "imap://h:7/A"
    assert str(parse_imap("imaps://u:p@[::1]/A")) == "imaps://[::1]/A"


@pytest.mark.parametrize(
    "url",
    [
        "imaps://u:secret@",
        "imaps://u:secret@host:notaport/",
        "imaps://u:sec%00ret@host/",
        "imaps://u:secret@host/?then=burn",
        "imaps://u:secret@host/?then=move",
        "imaps://u:secret@host/?then=seen:x",
        "imaps://u:secret@host/?other=1",
        "imaps://u:secret@host/#x",
        "pop3://u:secret@host/",
    ],
)
def test_a_wrong_url_is_told_in_a_line_without_its_password(url: str) -> None:
    with pytest.raises(MailboxError) as told:
        parse_imap(url)
    assert "secret" not in str(told.value)
    assert "\n" not in str(told.value)


@given(st.text(max_size=40))
def test_any_text_is_a_place_or_is_refused(text: str) -> None:
    for url in (text, f"imaps://{text}"):
        try:
            assert parse_imap(url).host
        except MailboxError:
            continue


def test_a_place_on_the_command_line_takes_its_password_from_the_settings() -> None:
    place = asked_for("imaps://imap.example.org/Other?then=delete", STORED)
    assert (place.user, place.password) == ("bounces@example.org", "p@ss")
    assert (place.folder, place.then) == ("Other", Then.DELETE)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("imaps://u:typed@imap.example.org/INBOX", "does not belong on a command line"),
        ("imaps://elsewhere.example.org/INBOX", "there is no password for it"),
        ("imaps://somebody@imap.example.org/INBOX", "there is no password for it"),
    ],
)
def test_no_password_is_typed_or_sent_to_another_server(url: str, reason: str) -> None:
    with pytest.raises(MailboxError, match=reason) as told:
        asked_for(url, STORED)
    assert "typed" not in str(told.value)
    with pytest.raises(MailboxError):
        asked_for(url, "/var/mail/Maildir")


def test_a_file_is_no_server() -> None:
    assert is_imap("IMAPS://host")
    assert not is_imap("/var/mail/imaps")
    assert not is_imap("-")


@pytest.mark.parametrize(
    ("folder", "written"),
    [
        ("INBOX", '"INBOX"'),
        ('a "b\\c', '"a \\"b\\\\c"'),
        ("R&D", '"R&-D"'),
        ("退信", '"&kABP4Q-"'),
        ("Entwürfe", '"Entw&APw-rfe"'),
    ],
)
def test_folders_are_written_as_imap_writes_them(folder: str, written: str) -> None:
    assert _quoted(folder) == written
