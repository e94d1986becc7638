"""What scanners and mail clients do with the links of mail that was truly sent."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from html import unescape
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel
from starlette.testclient import TestClient

from newsletter import settings
from newsletter.store import departures, subscribers
from newsletter.store.database import Database
from newsletter.store.values import SubscriptionState, Way
from newsletter.tokens import Keyring
from newsletter.web.app import create_app
from tests.e2e.newcomer import Demo

LIST = "ai-for-science"
NOW = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
MAILS = 100

_URL = re.compile(r"https?://[^\s\"'<>)]+")
_FORM = re.compile(r"<form[^>]*>.*?</form>", re.DOTALL)
_ACTION = re.compile(r'<form[^>]*\saction="([^"]*)"')
_FIELD = re.compile(r"<(?:input|button|select|textarea)[^>]*>")
_NAMED = re.compile(r'\s(name|value)="([^"]*)"')


@dataclass
class Stand:
    """The demo's database, copied, under the pages that its mails lead to."""

    database: Database
    client: TestClient

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        with self.database.engine.connect() as connection:
            return {
                name: [tuple(row) for row in connection.execute(select(table))]
                for name, table in SQLModel.metadata.tables.items()
            }


@pytest.fixture
def stand(demo: Demo, tmp_path: Path) -> Iterator[Stand]:
    copied = shutil.copyfile(demo.folder / "newsletter.db", tmp_path / "newsletter.db")
    database = Database.open(f"sqlite:///{copied}")
    keyring = Keyring.of(settings.load(demo.folder, {}).secrets)
    app = create_app(database, keyring, clock=lambda: NOW, public_url="", templates=())
    yield Stand(database, TestClient(app, follow_redirects=False))
    database.close()


def some(demo: Demo) -> list[EmailMessage]:
    return [demo.message(to) for to in islice(sorted(demo.octets), MAILS)]


def links(messages: Iterable[EmailMessage]) -> list[str]:
    """The paths of every link of ours in the headers and in each part of the messages, once."""
    found: dict[str, None] = {}
    for message in messages:
        parts = [
            part.get_content() for part in message.walk() if part.get_content_type()[:5] == "text/"
        ]
        texts = [*map(str, message.values()), *map(unescape, parts)]
        home = urlsplit(_URL.findall(message["List-Unsubscribe"])[0]).netloc
        for url in (url for text in texts for url in _URL.findall(text)):
            whole = urlsplit(url)
            if whole.netloc == home:
                found[whole._replace(scheme="", netloc="", fragment="").geturl()] = None
    return list(found)


def followed(page: str, path: str) -> Iterator[str]:
    """Where each form of a page leads when it is followed by GET, all its fields filled in."""
    for form in _FORM.findall(page):
        action = _ACTION.search(form)
        fields = [dict(_NAMED.findall(field)) for field in _FIELD.findall(form)]
        filled = [(field["name"], field.get("value", "x")) for field in fields if "name" in field]
        yield f"{unescape(action[1]) if action else path}?{urlencode(filled)}"


def test_a_scanner_opens_every_link_and_form_of_a_hundred_mails_and_changes_nothing(
    demo: Demo, stand: Stand
) -> None:
    before = stand.dump()
    opened = links(some(demo))
    own = {place: sum(path.startswith(f"/{place}/") for path in opened) for place in "upv"}
    # To leave there are two: that of the header and that of the text.
    assert own == {"u": 2 * MAILS, "p": MAILS, "v": MAILS}, "each mail has its own links"
    forms = 0
    for path in opened:
        got = stand.client.get(path)
        assert got.status_code == stand.client.head(path).status_code == 200, path
        for url in followed(got.text, path):
            forms += 1
            # A change of address that was not asked for leads back to the choices.
            assert stand.client.get(url).status_code in (200, 303, 405), url
    assert forms >= 5 * MAILS
    assert stand.dump() == before


@pytest.mark.parametrize("encoding", ["urlencoded", "multipart"])
def test_a_mail_clients_button_leaves_by_the_address_in_the_sent_messages_header(
    demo: Demo, stand: Stand, encoding: str
) -> None:
    address = next(to for to in sorted(demo.octets) if "@" in to and to.isascii())
    message = demo.message(address)
    (url,) = _URL.findall(message["List-Unsubscribe"])
    name, _, value = message["List-Unsubscribe-Post"].partition("=")
    stand.client.cookies.clear()
    answer = (
        stand.client.post(urlsplit(url).path, files={name: (None, value)})
        if encoding == "multipart"
        else stand.client.post(urlsplit(url).path, data={name: value})
    )
    assert (answer.status_code, answer.text) == (200, "Done.\n")
    with stand.database.read() as session:
        person = subscribers.show(session, address)
        (departure,) = departures.departures(session, person.id)
    assert person.subscriptions[LIST].state is SubscriptionState.LEFT
    assert departure.way is Way.ONE_CLICK
