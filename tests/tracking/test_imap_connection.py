"""IMAP servers that take their time, or say what they should not."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.errors import MailboxError
from newsletter.tracking import imap_connection
from newsletter.tracking.imap import unread_on
from newsletter.tracking.mailbox import MOST_OCTETS
from newsletter.tracking.mailbox_url import parse_imap
from tests.tracking.imap_server import CAPABLE, LOGGED_IN, OPENED, talking

FOUND = b"* SEARCH 7 8\r\nTAG OK found\r\n"


def read(port: int) -> list[bytes]:
    place = parse_imap(f"imap://bounces:x@127.0.0.1:{port}/")
    return [message for batch in unread_on(place) for message in batch]


def refused(*lines: bytes, then: str = "hang up") -> str:
    with talking(*lines, then=then) as port, pytest.raises(MailboxError) as error:
        read(port)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("before", [(b"",), LOGGED_IN])
def test_an_answer_that_trickles_is_not_waited_for_for_ever(
    before: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_connection, "MOST_SECONDS", 0.3)
    assert "takes more than" in refused(*before, then="trickle")


def test_octets_that_are_only_announced_take_no_memory() -> None:
    tracemalloc.start()
    try:
        told = refused(*OPENED, FOUND, b"* 1 FETCH (UID 7 BODY[]<0> {9000000000}\r\n")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "more than 25165824 octets" in told
    assert most < 8 << 20


def test_an_answer_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_connection, "MOST_ANSWERED", 10_000)
    assert "more than 10000 octets" in refused(*OPENED, b"* OK still here\r\n" * 1_000)


def test_a_message_is_cut_though_its_server_gives_all_of_it() -> None:
    octets = b"x" * (MOST_OCTETS + 1)
    given = b"* 1 FETCH (UID 7 BODY[]<0> {%d}\r\n%s)\r\nTAG OK given\r\n" % (len(octets), octets)
    with talking(*OPENED, FOUND, given, b"TAG OK marked\r\n", then="hang up") as port:
        assert [len(message) for message in read(port)] == [MOST_OCTETS]


def test_mail_that_comes_while_a_folder_is_opened_is_no_fault() -> None:
    exists = b"* 1 EXISTS\r\n* 2 EXISTS\r\nTAG OK it is\r\n"
    with talking(
        *LOGGED_IN, exists, CAPABLE, b"* SEARCH\r\nTAG OK none\r\n", then="hang up"
    ) as port:
        assert read(port) == []


WORDS = st.sampled_from(
    (
        *(b"*", b"TAG", b"+", b"OK", b"NO", b"BAD", b"BYE", b"CAPABILITY", b"IMAP4rev1", b"MOVE"),
        *(b"EXISTS", b"SEARCH", b"FETCH", b"(UID 7", b"BODY[]", b"{3}\r\nabc", b"{9}\r\n", b")"),
        *(b"7", b"1:*", b"9" * 5_000, b"\xff", b"", b"[READ-ONLY]", b"[TRYCREATE]", b"\0", b'"'),
    )
)
LINES = st.lists(st.lists(WORDS, max_size=5).map(b" ".join), min_size=1, max_size=3)
ANSWERS = st.lists(
    LINES.map(lambda lines: b"".join(b"%s\r\n" % line for line in lines) + b"TAG OK done\r\n"),
    max_size=4,
)


def outcome(port: int) -> str:
    """Why a mailbox cannot be read; nothing when it can."""
    try:
        read(port)
    except MailboxError as error:
        return str(error)
    return ""


@given(st.integers(0, len(OPENED)), ANSWERS)
@settings(max_examples=150, deadline=None)
def test_whatever_a_server_says_is_read_or_refused_in_one_line(
    orderly: int, answers: list[bytes]
) -> None:
    with talking(*OPENED[:orderly], *answers, then="hang up") as port:
        assert "\n" not in outcome(port)
