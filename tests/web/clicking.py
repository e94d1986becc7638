"""Readers of a list that counts clicks, and their messages as they were sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.content.mailinglist import Clicks, Policies
from newsletter.content.preferences import Preferences
from newsletter.delivery.messages import Messages
from newsletter.store import issues, ledger
from newsletter.store.click_reports import ClickReport, click_report
from newsletter.store.database import Database
from newsletter.tokens import Keyring
from tests.builders import make_digest
from tests.web.newsstand import NOW, Newsstand, make_newsstand

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NOTE = "Our [slides](https://slides.example/2026?week=6&lang=en) are here."


def counting_newsstand(folder: Path, readers: Mapping[str, Preferences] | None = None) -> Newsstand:
    """A newsstand whose list counts clicks; its client says that it is a browser."""
    digest = make_digest(policies=Policies(clicks=Clicks.COUNTED))
    stand = make_newsstand(folder, replace(digest, notes={"en": NOTE}), readers)
    stand.client.headers["user-agent"] = BROWSER
    return stand


def page_of(stand: Newsstand, address: str) -> str:
    """The HTML part of a reader's message as it went out."""
    with stand.database.read() as session:
        view = ledger.delivery(session, stand.deliveries[address])
    assert view.fixed is not None
    sent = _messages(stand.database, stand.keyring).render(view, view.fixed.preferences_id)
    part = message_from_bytes(sent, policy=default).get_body(("html",))
    return "" if part is None else str(part.get_content())


@lru_cache(maxsize=1)
def _messages(database: Database, keyring: Keyring) -> Messages:
    with database.read() as session:
        issue = issues.issue_by_id(session, 1)
    return Messages(database, issue, keyring, lambda: NOW)


def links_of(stand: Newsstand, address: str) -> list[str]:
    """The paths of the counted links in a reader's message, each once."""
    found = re.findall(r'href="(https://news\.example\.org/c/[^"]*)"', page_of(stand, address))
    return list(dict.fromkeys(urlsplit(url).path for url in found))


def report(stand: Newsstand) -> ClickReport:
    """What is known of the clicks of the newsstand's issue."""
    with stand.database.read() as session:
        found = click_report(session, 1, 180)
    assert found is not None
    return found
