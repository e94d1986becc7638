"""SMTP replies: read within bounds whatever comes, and judged by what they say of whom."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import ReplyError
from newsletter.replies import (
    LONGEST_LINE,
    LONGEST_TEXT,
    MOST_LINES,
    Judgement,
    Reply,
    ReplyReader,
    Stage,
    classify,
    parse_reply,
)


def read(octets: bytes) -> list[Reply]:
    return list(ReplyReader().feed(octets))


@pytest.mark.parametrize(
    ("octets", "reply"),
    [
        (b"250 2.1.0 Ok\r\n", Reply(250, "2.1.0", "Ok")),
        (b"250\r\n", Reply(250, "", "")),
        (b"250-\r\n250 \r\n", Reply(250, "", "")),
        (b"354 go on\n", Reply(354, "", "go on")),
        (b"550-5.1.1 no such\r\n550 5.1.1 user\r\n", Reply(550, "5.1.1", "no such user")),
        (b"550 #5.1.0 Address rejected.\r\n", Reply(550, "5.1.0", "Address rejected.")),
        (b"550 5.7.1: not here\r\n", Reply(550, "5.7.1", "not here")),
        (b"550 4.2.2 class and code differ\r\n", Reply(550, "", "4.2.2 class and code differ")),
        (b"550 5.1.1x is no code\r\n", Reply(550, "", "5.1.1x is no code")),
        ("550 邮箱不存在\r\n".encode(), Reply(550, "", "邮箱不存在")),
        (b"550 a\x00b\x1b[31mc\r\n", Reply(550, "", "a b [31mc")),
        ("550 evil\u202etxt\r\n".encode(), Reply(550, "", "evil txt")),
    ],
)
def test_replies_as_servers_write_them(octets: bytes, reply: Reply) -> None:
    assert read(octets) == [reply]


@pytest.mark.parametrize(
    "octets",
    [
        b"\r\n",
        b"hello\r\n",
        b"25 ok\r\n",
        b"2500 ok\r\n",
        b"250_ok\r\n",
        b"199 too low\r\n",
        b"650 too high\r\n",
        b"290 no such kind\r\n",
        b"250-one\r\n251 two\r\n",
        b"250-one\r\ntwo\r\n",
        b"2" * (LONGEST_LINE + 1),
        b"250 " + b"x" * LONGEST_LINE + b"\r\n",
        b"250-more\r\n" * (MOST_LINES + 1),
    ],
)
def test_what_is_not_smtp_is_refused(octets: bytes) -> None:
    with pytest.raises(ReplyError):
        read(octets)


def test_replies_before_nonsense_count() -> None:
    reader = ReplyReader()
    replies = reader.feed(b"250 2.0.0 taken\r\nnonsense\r\n")
    assert next(replies) == Reply(250, "2.0.0", "taken")
    with pytest.raises(ReplyError):
        next(replies)


line = st.builds(
    lambda code, text: b"%d %s\r\n" % (code, text),
    st.sampled_from([220, 250, 354, 421, 450, 550, 554]),
    st.binary(max_size=60).map(lambda found: found.replace(b"\n", b"")),
)


@given(st.lists(line, max_size=8), st.lists(st.integers(0, 400), max_size=12))
def test_how_the_stream_is_cut_does_not_matter(lines: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(lines)
    reader, found, last = ReplyReader(), [], 0
    for cut in [*sorted(min(cut, len(stream)) for cut in cuts), len(stream)]:
        found += list(reader.feed(stream[last:cut]))
        last = cut
    assert found == read(stream)
    assert len(found) == len(lines)


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_no_octets_do_more_than_raise_a_reply_error(chunks: list[bytes]) -> None:
    reader = ReplyReader()
    with suppress(ReplyError):
        for chunk in chunks:
            for reply in reader.feed(chunk):
                assert 200 <= reply.code < 600
                assert len(reply.text) <= LONGEST_TEXT
                assert reply.text.isprintable()


@given(
    st.sampled_from(Stage),
    st.integers(200, 599),
    st.text(max_size=80),
    st.sampled_from(["", "gmail.com", "qq.com", "163.com", "outlook.com", "example.org"]),
)
def test_any_reply_is_judged(stage: Stage, code: int, text: str, domain: str) -> None:
    verdict = classify(stage, parse_reply(code, text), domain)
    assert verdict.reason or verdict.judgement is Judgement.ACCEPTED
    if verdict.suppresses:
        assert stage in (Stage.RCPT, Stage.DSN)
        assert code >= 500
    assert (verdict.judgement is Judgement.ACCEPTED) == (code < 300)


BAD, LATER = Judgement.BAD_ADDRESS, Judgement.TRY_LATER
REFUSED, OURS = Judgement.REFUSED, Judgement.OUR_FAULT
UNSURE, BUSY, FULL = Judgement.UNCLASSIFIED, Judgement.RELAY_BUSY, Judgement.MAILBOX_FULL


@pytest.mark.parametrize(
    ("stage", "code", "text", "domain", "expected"),
    [
        # What says that the address is bad, and where it may say so.
        (Stage.RCPT, 550, "5.1.1 no such user", "example.org", BAD),
        (Stage.RCPT, 553, "5.1.3 bad syntax", "example.org", BAD),
        (Stage.RCPT, 551, "5.1.6 moved", "example.org", BAD),
        (Stage.RCPT, 556, "5.1.10 null MX", "example.org", BAD),
        (Stage.DSN, 550, "5.2.1 disabled", "example.org", BAD),
        (Stage.DSN, 550, "5.1.10 RESOLVER.ADR.RecipientNotFound; not found", "corp.example", BAD),
        (Stage.RCPT, 550, "5.4.1 Recipient address rejected: Access denied.", "corp.example", BAD),
        (Stage.RCPT, 550, "Mailbox not found. http://service.exmail.qq.com", "qq.com", BAD),
        (Stage.RCPT, 550, "User not found: reader@163.com", "163.com", BAD),
        (Stage.BODY, 550, "5.1.1 no such user", "example.org", UNSURE),
        (Stage.BODY, 550, "Mailbox not found", "qq.com", UNSURE),
        (Stage.RCPT, 450, "4.1.1 unverified yet", "example.org", LATER),
        # What looks like it and is not.
        (Stage.RCPT, 550, "5.1.7 bad sender", "example.org", REFUSED),
        (Stage.RCPT, 550, "5.1.8 sender domain", "example.org", REFUSED),
        (Stage.RCPT, 550, "5.1.2 no such domain", "example.org", UNSURE),
        (Stage.RCPT, 550, "5.4.1 no answer from host", "example.org", UNSURE),
        (Stage.RCPT, 550, "unknown user", "example.org", UNSURE),
        (Stage.RCPT, 550, "Mailbox not found", "example.org", UNSURE),
        (Stage.BODY, 550, "Domain frequency limited", "qq.com", LATER),
        (Stage.BODY, 550, "Domain frequency limited", "foxmail.com", LATER),
        (Stage.BODY, 550, "Mail content denied", "qq.com", REFUSED),
        (
            Stage.RCPT,
            550,
            "5.5.0 Requested action not taken: mailbox unavailable",
            "live.com",
            UNSURE,
        ),
        (Stage.RCPT, 550, "5.7.1 gateway policy", "example.org", REFUSED),
        (Stage.RCPT, 552, "5.2.2 over quota", "example.org", FULL),
        # What is said of us.
        (Stage.CONNECT, 554, "go away", "", OURS),
        (Stage.AUTH, 535, "5.7.8 bad password", "", OURS),
        (Stage.MAIL, 550, "5.7.1 not you", "example.org", OURS),
        (Stage.MAIL, 553, "5.1.8 sender", "example.org", OURS),
        (Stage.BODY, 550, "5.7.26 unauthenticated", "gmail.com", OURS),
        (Stage.BODY, 421, "4.7.29 TLS required", "gmail.com", OURS),
        (Stage.DSN, 550, "5.7.32 From: alignment - gsmtp", "hosted.example", OURS),
        (Stage.DSN, 550, "5.7.515 Access denied", "outlook.com", OURS),
        (Stage.BODY, 550, "DMARC check failed", "qq.com", OURS),
        (Stage.BODY, 550, "5.7.23 SPF says no", "odd.example", REFUSED),
        # Not now.
        (Stage.CONNECT, 421, "too many", "", BUSY),
        (Stage.MAIL, 452, "4.3.1 disk full", "example.org", BUSY),
        (Stage.RCPT, 421, "4.3.2 closing", "example.org", BUSY),
        (Stage.BODY, 421, "4.3.2 closing", "example.org", LATER),
        (Stage.BODY, 451, "4.7.500 busy", "outlook.com", LATER),
        # The message.
        (Stage.MAIL, 552, "5.3.4 too big", "example.org", REFUSED),
        (Stage.BODY, 552, "too big", "example.org", REFUSED),
        (Stage.MAIL, 555, "5.6.7 no SMTPUTF8", "example.org", REFUSED),
        (Stage.BODY, 554, "5.6.0 content", "example.org", REFUSED),
        (Stage.BODY, 554, "transaction failed", "example.org", UNSURE),
        (Stage.BODY, 250, "2.0.0 queued", "example.org", Judgement.ACCEPTED),
    ],
)
def test_verdicts(stage: Stage, code: int, text: str, domain: str, expected: Judgement) -> None:
    assert classify(stage, parse_reply(code, text), domain).judgement is expected
