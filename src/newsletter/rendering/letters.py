"""Mails of their own for one person, such as a confirmation: templates, catalogue, MIME."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from newsletter.content.mailinglist import MailingList
from newsletter.packaged import packaged
from newsletter.rendering import headers
from newsletter.rendering.encoding import Encoding
from newsletter.rendering.environment import render
from newsletter.rendering.inlining import to_html
from newsletter.rendering.marks import Place
from newsletter.rendering.mime import feedback_id
from newsletter.rendering.templates import SHARED, Template, over, texts
from newsletter.rendering.words import Words

FOLDER = "mail"
"""The folder of these mails' templates inside each templates folder."""

_TAGS = {"en": "en", "zh": "zh-Hans"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a mail says: its subject, and the same in plain text and in HTML."""

    language: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What the header says of this one message. `to` is as it stands in the field, in ASCII;
    `leave` is where one click leaves (RFC 8058), or empty."""

    to: str
    date: dt.datetime
    message_id: str
    leave: str = ""


def load_letters(folders: Sequence[Path]) -> Template:
    """The templates of all such mails: those of the first of `folders` over the packaged ones.

    Raises:
        TemplateError: one is not UTF-8.
    """
    files: dict[str, str] = {}
    for folder in (packaged("templates"), *reversed(folders)):
        files = over(over(files, texts(folder / SHARED)), texts(folder / FOLDER))
    return Template(FOLDER, MappingProxyType(files))


def write_letter(
    templates: Template,
    kind: str,
    mailing_list: MailingList,
    language: str,
    values: Mapping[str, Any],
) -> Letter:
    """The mail `kind` (`confirm`) in `language`; `values` are what its template asks for.

    Raises:
        TemplateError: the template is missing or broken; it says where.
    """
    words = Words(templates, language)

    def say(message: str, **named: object) -> str:
        return words.say(message) % named

    title = mailing_list.title(language)
    names = {
        "_": say,
        "lang_tag": _TAGS.get(language, language),
        "list_title": title,
        "postal_address": mailing_list.postal_address,
        "theme": mailing_list.theme,
        **values,
    }
    subject = render(templates, f"{kind}.subject.txt", names, _Whole()).strip()
    names["subject"] = subject
    mjml = render(templates, f"{kind}.mjml", names, _Whole())
    text = render(templates, f"{kind}.txt", names, _Whole())
    return Letter(
        language=language,
        subject=subject,
        text=text.strip() + "\n",
        html=to_html(mjml, f"{FOLDER}/{kind}.mjml"),
    )


def letter_message(mailing_list: MailingList, letter: Letter, address: Address) -> bytes:
    """The message: CRLF line ends, quoted-printable, not dot-stuffed.

    Raises:
        MessageError: a value fits no header.
    """
    sender = mailing_list.sender
    domain = sender.address.rpartition("@")[2]
    line = f"=_{secrets.token_hex(12)}"
    fields = [
        headers.plain("Date", format_datetime(address.date)),
        headers.mailbox("From", sender.name, sender.address),
        *_reply_to(mailing_list),
        headers.plain("To", address.to),
        headers.text("Subject", letter.subject),
        headers.plain("Message-ID", address.message_id),
        *_leave(address.leave),
        headers.plain("Feedback-ID", feedback_id("personal", mailing_list.name, domain)),
        headers.plain("Auto-Submitted", "auto-generated"),
        headers.plain("Content-Language", letter.language),
        "MIME-Version: 1.0\r\n",
        f'Content-Type: multipart/alternative; boundary="{line}"\r\n',
    ]
    encoding = Encoding.QUOTED_PRINTABLE
    kind = f'charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return b"".join(
        [
            "".join(fields).encode("ascii"),
            f"\r\n--{line}\r\nContent-Type: text/plain; {kind}".encode(),
            encoding.transfer(letter.text),
            f"\r\n--{line}\r\nContent-Type: text/html; {kind}".encode(),
            encoding.transfer(letter.html),
            f"\r\n--{line}--\r\n".encode(),
        ]
    )


def _reply_to(mailing_list: MailingList) -> list[str]:
    return [headers.plain("Reply-To", mailing_list.reply_to)] if mailing_list.reply_to else []


def _leave(url: str) -> list[str]:
    if not url:
        return []
    one_click = headers.plain("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    return [headers.plain("List-Unsubscribe", f"<{url}>"), one_click]


class _Whole:
    """These mails have no fragments: each is made for one person."""

    def begins(self, when: object, place: Place) -> bool:
        del when
        raise place.error("a mail to one person has no fragments: use if")

    def opening(self) -> str:
        return ""

    def closing(self) -> str:
        return ""
