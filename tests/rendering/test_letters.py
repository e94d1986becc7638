from __future__ import annotations

import datetime as dt
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from newsletter.content.mailinglist import Sender
from newsletter.errors import MessageError, TemplateError
from newsletter.packaged import packaged
from newsletter.rendering.letters import Address, letter_message, load_letters, write_letter
from tests.builders import make_list

KINDS = ("confirm", "known", "welcome", "links", "move", "remind", "alarm")
LINK = "https://news.example.org/confirm/abc"
VALUES = {
    "link": LINK,
    "days": 7,
    "with_issue": True,
    "leave": LINK,
    "links": [("AI for Science", LINK)],
    "before": "a•••@m•••.net",
    "issue": "ai-for-science/2026-W06",
    "entries": 92,
    "readers": 300,
    "goes": "Thu 2026-02-12 08:00 CET",
    "until": "Thu 2026-02-12 12:00 CET",
    "unreviewed": "skip",
    "findings": [],
    "errors": 0,
    "more": 0,
    "news": "missed",
    "reason": "no clock ran when it should have gone",
}
HEAD = Address(
    to="ada@mail.example.net",
    date=dt.datetime(2026, 2, 12, 9, 0, tzinfo=dt.UTC),
    message_id="<confirm.1@news.example.org>",
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_mail_says_the_same_in_text_and_html(kind: str, language: str) -> None:
    made = write_letter(load_letters(()), kind, make_list(), language, VALUES)
    assert made.subject
    assert LINK in made.text
    assert LINK in made.html
    parsed = message_from_bytes(letter_message(make_list(), made, HEAD), policy=default)
    assert parsed["Subject"] == made.subject
    assert parsed["Content-Language"] == language
    text, html = (parsed.get_body((form,)) for form in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert text.get_content().splitlines() == made.text.splitlines()
    assert html.get_content().splitlines() == made.html.splitlines()


def test_every_word_of_these_mails_is_translated() -> None:
    folder = packaged("templates") / "mail"
    methods = [("**.mjml", "jinja2.ext.babel_extract"), ("**.txt", "jinja2.ext.babel_extract")]
    found = {message for _, _, message, _, _ in extract_from_dir(folder, methods)}
    with (folder / "zh.po").open("rb") as file:
        translated = read_po(file, locale="zh")
    assert len(found) > 20
    for message in found:
        same = translated.get(message)
        assert same is not None, message
        assert same.string, message
    assert {message.id for message in translated if message.id} == found, "none is left over"


def test_what_a_list_is_called_stays_text() -> None:
    title = "<script>alert(1)</script> {{ 7*7 }} %(days)s"
    made = write_letter(load_letters(()), "confirm", make_list(titles={"en": title}), "en", VALUES)
    assert "<script" not in made.html
    assert title in made.text


def test_no_value_gets_a_line_of_its_own_into_the_header() -> None:
    made = write_letter(load_letters(()), "confirm", make_list(), "en", VALUES)
    mailing_list = make_list(sender=Sender(name="x", address="a@b.example\r\nBcc: c@d.example"))
    with pytest.raises(MessageError):
        letter_message(mailing_list, made, HEAD)


def test_your_own_template_comes_before_the_packaged_one(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "confirm.subject.txt").write_text("Hello from {{ list_title }}")
    made = write_letter(load_letters((tmp_path,)), "confirm", make_list(), "en", VALUES)
    assert made.subject == "Hello from AI for Science"
    (tmp_path / "mail" / "confirm.txt").write_text("\n{{ nonsense }}")
    with pytest.raises(TemplateError, match=r"mail/confirm.txt:2"):
        write_letter(load_letters((tmp_path,)), "confirm", make_list(), "en", VALUES)


@pytest.mark.parametrize("news", ["failed", "missed", "held", "passed over", "stopped"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_alarm_says_in_its_subject_what_did_not_happen_and_then_why(
    news: str, language: str
) -> None:
    values = VALUES | {"news": news, "reason": "the relay <relay.example> is away"}
    made = write_letter(load_letters(()), "alarm", make_list(), language, values)
    assert "ai-for-science/2026-W06" in made.subject
    assert "the relay <relay.example> is away" in made.text
    assert "the relay &lt;relay.example&gt; is away" in made.html
    assert ("newsletter " in made.text) == (news != "passed over")
    assert "\n\n\n" not in made.text


@pytest.mark.parametrize("unreviewed", ["wait", "skip", "send"])
@pytest.mark.parametrize("until", ["", "Thu 2026-02-12 12:00 CET"])
def test_a_reminder_says_what_follows_and_what_was_found(unreviewed: str, until: str) -> None:
    finding = {"severity": "error", "where": "proof", "what": "<b> is text", "mend": "mend it"}
    values = VALUES | {
        "unreviewed": unreviewed,
        "until": until,
        "findings": [finding],
        "errors": 1,
        "more": 3,
    }
    made = write_letter(load_letters(()), "remind", make_list(), "en", values)
    assert "* error: proof: <b> is text\n  mend it\n" in made.text
    assert "3 more: newsletter check ai-for-science/2026-W06" in made.text
    assert ("approval" in made.text) == bool(until)
    assert "\n\n\n" not in made.text
