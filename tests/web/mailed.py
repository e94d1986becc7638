"""Mails of the outbox as their readers have them."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from urllib.parse import urlsplit

from newsletter.store import outbox, outbox_views
from tests.web.newsstand import Newsstand


def mails(newsstand: Newsstand, to: str = "") -> list[EmailMessage]:
    """The mails in the outbox, the first one first; those for `to` alone if it is given."""
    with newsstand.database.read() as session:
        views = outbox_views.mails(session)
        found = [outbox.letter(session, v.id)[0] for v in reversed(views) if to in ("", v.to)]
    return [message_from_bytes(content, policy=default) for content in found]


def paths(mail: EmailMessage) -> list[str]:
    """The paths of the links in the text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return [urlsplit(url).path for url in re.findall(r"https://\S+", body.get_content())]
