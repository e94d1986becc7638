"""The message around the parts: its header, and what no value can do to it."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.entry import EntryText
from newsletter.content.links import Links
from newsletter.content.mailinglist import Clicks, Policies, Sender
from newsletter.content.planning import Depth, plan
from newsletter.content.preferences import Preferences
from newsletter.errors import MessageError
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.compiling import compile_issue
from newsletter.rendering.dots import dotless
from newsletter.rendering.encoding import Encoding
from newsletter.rendering.headers import text
from newsletter.rendering.marks import Slot
from newsletter.rendering.mime import dot_stuff
from newsletter.rendering.program import Fragment, Gap, Part
from newsletter.rendering.templates import load_template
from tests.builders import make_breakthrough, make_digest, make_entry, make_values

LINKS = Links("https://news.example.org")
EVERYTHING = Preferences()


def compiled(languages: tuple[str, ...] = ("en",), **changes: Any) -> Compiled:
    return compile_issue(
        load_template([], "weekly"), make_digest(**changes), languages, links=LINKS
    )


def message(made: Compiled, wanted: Preferences = EVERYTHING, **values: str) -> EmailMessage:
    sent = made.assemble(plan(make_digest(), wanted), make_values(**values), Encoding.EIGHT_BIT)
    parsed = email.message_from_bytes(sent, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    assert all(not header.defects for header in parsed.values())
    return parsed


def test_the_header_says_what_bulk_mail_must_say() -> None:
    found = message(compiled())
    assert found["From"] == "AI for Science <digest@news.example.org>"
    assert found["To"] == "reader@example.net"
    assert found["Reply-To"] == "editors@news.example.org"
    assert found["Message-ID"] == "<1.2026-w06@news.example.org>"
    assert found["Date"] == "Thu, 12 Feb 2026 08:00:00 +0100"
    assert found["List-Id"] == "AI for Science <ai-for-science.news.example.org>"
    assert found["List-Unsubscribe"] == "<https://news.example.org/u/header2token>"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert found["List-Help"] == "<https://news.example.org/lists/ai-for-science>"
    assert found["List-Owner"] == "<mailto:editors@news.example.org>"
    assert found["List-Archive"] == "<https://news.example.org/archive/ai-for-science>"
    assert found["List-Post"] == "NO"
    assert found["Feedback-ID"] == "2026-W06:ai-for-science:newsletter:newsexampleorg"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["Precedence"] == "bulk"
    assert found["Content-Language"] == "en"
    assert len(found.keys()) == len(set(found.keys()))


def test_a_mailbox_for_leaving_stands_beside_the_one_click_address() -> None:
    found = message(compiled(unsubscribe_mailbox="leave@news.example.org"))
    assert found["List-Unsubscribe"] == (
        "<https://news.example.org/u/header2token>, "
        "<mailto:leave@news.example.org?subject=header2token>"
    )


@pytest.mark.parametrize("mailbox", ["", "leave@news.example.org"])
def test_an_issue_from_before_the_header_had_its_own_token_is_put_together_as_it_was_sent(
    mailbox: str,
) -> None:
    made = compiled(unsubscribe_mailbox=mailbox)
    older = {
        "leave": "https://news.example.org/u/{token}",
        "leave_mail": f"mailto:{mailbox}?subject={{token}}" if mailbox else "",
    }
    stored = replace(made, frame=replace(made.frame, **older)).dumps()
    chosen = plan(make_digest(), EVERYTHING)
    for encoding in Encoding:
        now = made.assemble(chosen, make_values(), encoding)
        assert b"/u/header2token>" in now
        assert Compiled.loads(stored).assemble(chosen, make_values(), encoding) == now.replace(
            b"header2token", b"leave2token"
        )


@pytest.mark.parametrize(
    "name",
    [
        "科学智能周报 · 每周一期，关于机器学习与自然科学的交汇处",
        "Smith, Jo <x>",
        'He said "hi"',
        "=?utf-8?q?a?=",
    ],
)
def test_names_in_any_script_come_back_as_they_are(name: str) -> None:
    made = compiled(sender=Sender(name=name, address="digest@news.example.org"))
    found = message(made)
    # email's own parser puts spaces between the encoded words of a name (RFC 2047 section 6.2
    # does not), so the field is decoded by itself.
    sent = made.assemble(plan(make_digest(), EVERYTHING), make_values(), Encoding.EIGHT_BIT)
    raw = email.message_from_bytes(sent, policy=email.policy.compat32)["From"]
    decoded = str(make_header(decode_header(raw.partition("\r\n <")[0])))
    assert decoded in (name, '"' + name.replace('"', '\\"') + '"')
    assert found["From"].addresses[0].addr_spec == "digest@news.example.org"


def test_a_chinese_subject_is_readable_and_within_its_lines() -> None:
    title = "用第一性原理人工智能预测莫尔半导体的磁性：神经网络量子态" * 2
    digest = make_digest([make_entry(title=title)])
    made = compile_issue(load_template([], "weekly"), digest, ("zh",), links=LINKS)
    chosen = plan(digest, Preferences(languages=("zh",)))
    sent = made.assemble(chosen, make_values(), Encoding.EIGHT_BIT)
    found = email.message_from_bytes(sent, policy=email.policy.default)
    assert found["Subject"] == made.subject(chosen, make_values())
    assert found["Subject"].startswith("2月5日至11日：用第一性原理")
    assert max(map(len, sent.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 76


def test_a_title_that_looks_like_an_encoded_word_is_shown_as_written() -> None:
    title = "=?utf-8?q?Bcc=3A_all=40example.org?="
    decoded = decode_header(text("Subject", f"1 Feb: {title}").partition(": ")[2])
    assert str(make_header(decoded)).strip() == f"1 Feb: {title}"


def test_line_breaks_in_a_title_add_no_header() -> None:
    digest = make_digest([make_entry(title="one\r\nBcc: all@example.org\r\n\r\nbody")])
    made = compile_issue(load_template([], "weekly"), digest, ("en",), links=LINKS)
    sent = made.assemble(plan(digest, EVERYTHING), make_values(), Encoding.EIGHT_BIT)
    found = email.message_from_bytes(sent, policy=email.policy.default)
    assert found["Bcc"] is None
    assert "one Bcc: all@example.org body" in found["Subject"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("to", "a@example.net\r\nBcc: b@example.net"),
        ("to", "a@example.net\0"),
        ("to", "gerät@example.net"),
        ("to", ""),
        ("message_id", "<a\nb>"),
        ("leave_token", "a b"),
        ("header_token", "a>\r\nBcc: b@example.net"),
        ("header_token", ""),
        ("view_token", '"><script>'),
        ("manage_token", "x" * 129),
    ],
)
def test_a_value_that_does_not_fit_its_slot_is_refused(name: str, value: str) -> None:
    with pytest.raises(MessageError, match=name):
        message(compiled(), EVERYTHING, **{name: value})


def test_a_list_with_a_line_break_in_its_address_is_refused() -> None:
    with pytest.raises(MessageError, match="Reply-To"):
        compiled(reply_to="a@example.org\r\nBcc: b@example.org")


def test_a_reader_of_text_gets_one_plain_part() -> None:
    found = message(compiled(), Preferences(html=False))
    assert found.get_content_type() == "text/plain"
    assert "Breakthroughs" in found.get_content()


def test_a_stored_issue_gives_the_same_bytes() -> None:
    made = compiled(("en", "zh"))
    again = Compiled.loads(made.dumps())
    assert again == made
    chosen = plan(make_digest(), Preferences(languages=("en", "zh")))
    for encoding in Encoding:
        sent = made.assemble(chosen, make_values(), encoding)
        assert again.assemble(chosen, make_values(), encoding) == sent


def test_sizes_are_those_of_the_page_with_its_slots_at_their_widest() -> None:
    made, digest = compiled(), make_digest()
    chosen = plan(digest, EVERYTHING)
    widest = dict.fromkeys(("leave_token", "manage_token", "view_token"), "x" * 128)
    page = made.html(chosen, make_values(**widest)).replace("\n", "\r\n").encode()
    assert len(page) <= made.html_octets(chosen) <= len(page) + 40
    for index in range(len(digest.entries)):
        full, title = made.entry_octets(index, Depth.FULL), made.entry_octets(index, Depth.TITLE)
        assert full > title > made.entry_octets(index, Depth.ABSENT) == 0


def test_what_fits_is_known_at_every_budget() -> None:
    made, digest = compiled(), make_digest()
    chosen = plan(digest, EVERYTHING)
    size = made.html_octets(chosen)
    assert [made.fits(chosen, size + more) for more in (-1, 0, 1, 50, 10**6)] == [
        False, True, True, True, True,
    ]  # fmt: skip


def test_a_week_over_budget_is_folded_below_it() -> None:
    digest = make_digest([make_entry(number) for number in range(1, 93)])
    made = compile_issue(load_template([], "weekly"), digest, ("en",), links=LINKS)
    folded = plan(digest, EVERYTHING, made)
    assert made.html_octets(folded) <= digest.list.policies.html_budget
    page = made.html(folded, make_values())
    assert "/u/leave2token" in page
    assert folded.shown.bit_count() == 92


@pytest.mark.parametrize("clicks", list(Clicks))
@pytest.mark.parametrize("name", ["weekly", "listing"])
def test_a_week_of_92_papers_with_bilingual_summaries_is_under_what_gmail_clips(
    name: str, clicks: Clicks
) -> None:
    texts = {
        "en": EntryText(summary="Forces are learned and checked on systems not seen. " * 8),
        "zh": EntryText(title="面向大分子的长程力场", summary="在七个体系上检验了力的精度。" * 12),
    }
    week = [make_breakthrough(number) for number in range(1, 4)]
    week += [make_entry(number, texts=texts) for number in range(4, 93)]
    digest = make_digest(week, policies=Policies(clicks=clicks))
    made = compile_issue(load_template([], name), digest, ("zh", "en"), links=LINKS)
    wanted = Preferences(languages=("zh", "en"))
    assert made.html_octets(plan(digest, wanted)) > 102_400
    folded = plan(digest, wanted, made)
    assert folded.shown.bit_count() == 92
    assert list(folded.depths) == sorted(folded.depths, reverse=True)  # the lowest are short
    assert folded.depths[2] is Depth.FULL
    for encoding in Encoding:
        values = make_values(click_token="c" * 26)
        sent = made.assemble(folded, values, encoding)
        page = email.message_from_bytes(sent, policy=email.policy.default).get_body(("html",))
        assert page is not None
        octets = page.get_payload(decode=True)
        assert isinstance(octets, bytes)
        assert 90_000 < len(octets) <= 100_000
        assert b"/u/leave2token" in octets
        assert max(map(len, sent.split(b"\r\n"))) <= 998


def test_a_week_without_leading_dots_need_not_be_searched_for_them() -> None:
    made = compiled()
    assert made.dotless(Encoding.EIGHT_BIT)
    sent = made.assemble(plan(make_digest(), EVERYTHING), make_values(), Encoding.EIGHT_BIT)
    assert dot_stuff(sent) == sent


@pytest.mark.parametrize(
    "parts",
    [
        (".a",),
        ("a\n.b",),
        ("a\n", Fragment(("full:0",), ("b",)), ".c"),
        ("a", Fragment(("full:0",), ("\n",)), ".c"),
        ("a\n", Gap(0), ".c\n", Gap(1), "d"),
        ("a\n", Gap(2)),
    ],
    ids=["first", "after a break", "a piece left out", "a piece shown", "a phrase", "an address"],
)
def test_a_dot_that_may_begin_a_line_is_found(parts: tuple[Part, ...]) -> None:
    slots = (Slot("leave_token", 9), Slot("shown", 2, ("none", ".1")), Slot("to", 9))
    assert not dotless(parts, slots, Encoding.EIGHT_BIT)


def test_dots_within_lines_and_tokens_at_their_beginning_are_harmless() -> None:
    slots = (Slot("leave_token", 9), Slot("shown", 2, ("", ".1")))
    parts = ("a.b\n", Gap(0), ".", Fragment(("full:0",), ("c.\n",)), "d", Gap(1))
    assert dotless(parts, slots, Encoding.EIGHT_BIT)
    assert not dotless(parts, slots, Encoding.QUOTED_PRINTABLE)  # each piece begins a line there


def test_dots_are_stuffed_at_the_beginning_of_lines_only() -> None:
    assert dot_stuff(b".a\r\n.b.\r\n..\r\nc.\r\n") == b"..a\r\n..b.\r\n...\r\nc.\r\n"


@given(st.lists(st.sampled_from([b".", b"\r\n", b"\r", b"\n", b"a"])))
def test_dot_stuffing_doubles_the_first_dot_of_each_line(parts: list[bytes]) -> None:
    lines = b"".join(parts).split(b"\r\n")
    doubled = [b"." + line if line.startswith(b".") else line for line in lines]
    assert dot_stuff(b"\r\n".join(lines)) == b"\r\n".join(doubled)
