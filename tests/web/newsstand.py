"""A list with readers and an issue that went out to them, in a real database, under the pages."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import SQLModel
from starlette.testclient import TestClient

from newsletter.content.digest import Digest
from newsletter.content.links import Links
from newsletter.content.planning import plan
from newsletter.content.preferences import Preferences
from newsletter.content.serial import dump_plan
from newsletter.rendering.compiling import compile_issue
from newsletter.rendering.counting import frozen_targets
from newsletter.rendering.forms import variants
from newsletter.rendering.templates import Template
from newsletter.store import departures, issues, ledger, lists, selections, subscribers
from newsletter.store.database import Database
from newsletter.store.erasures import ErasureKey
from newsletter.store.values import Claim, DeliveryState, Fixed, Outcome
from newsletter.tokens import Keyring, Purpose
from newsletter.web.app import create_app

NOW = dt.datetime(2026, 2, 12, 9, 0, tzinfo=dt.UTC)
KEYS = ("a made-up key of more than 32 characters", "an older made-up key, as long as that one")
ERASURE_KEY = ErasureKey("a made-up key of erasures, long enough to be one")
NAME = "newsletter.db"
READERS = {
    "ada@mail.example.net": Preferences(),
    "mei@mail.example.net": Preferences(languages=("zh",), mutes=frozenset({"proofs"})),
    "plain@mail.example.net": Preferences(html=False, follows=frozenset({"operators"})),
}
TEMPLATE = Template(
    "small",
    MappingProxyType(
        {
            "issue.mjml": """<mjml lang="{{ language }}"><mj-body><mj-section><mj-column>
<mj-text><h1>{{ issue.title }}</h1><a href="{{ urls.view }}">view</a></mj-text>
{% for entry in issue.entries %}{% fragment when.full(entry) %}<mj-text>
<a href="{{ entry.url }}">{{ entry.title }}</a></mj-text>
{% endfragment %}{% endfor %}
<mj-text><a href="{{ urls.leave }}">leave</a> <a href="{{ urls.manage }}">choose</a>
<a href="{{ urls.pause }}">pause</a> {{ slot("to") }}</mj-text>
</mj-column></mj-section></mj-body></mjml>""",
            "issue.txt": "{% for entry in issue.entries %}{% fragment when.full(entry) %}"
            "{{ entry.title }}\n{% endfragment %}{% endfor %}\n"
            "{{ urls.view }}\n{{ urls.leave }}\n{{ urls.manage }}\n",
            "subject.txt": "{{ issue.title }}",
        }
    ),
)


@dataclass
class Newsstand:
    """`clock` can be set; `client` asks as a browser does, `deliveries` are by address."""

    database: Database
    keyring: Keyring
    digest: Digest
    deliveries: dict[str, int]
    clock: dt.datetime = NOW
    app: FastAPI = field(init=False)
    client: TestClient = field(init=False)

    def __post_init__(self) -> None:
        self.app = create_app(
            self.database,
            self.keyring,
            clock=lambda: self.clock,
            public_url="https://news.example.org",
            templates=(),
            erasure_key=ERASURE_KEY,
        )
        self.client = TestClient(
            self.app, base_url="https://news.example.org", follow_redirects=False
        )

    def token(self, purpose: Purpose, address: str = "ada@mail.example.net") -> str:
        return self.keyring.current.sign(purpose, self.deliveries[address])

    def leave_path(self, address: str = "ada@mail.example.net") -> str:
        return f"/u/{self.token(Purpose.LEAVE, address)}"

    def choose_path(self, address: str = "ada@mail.example.net") -> str:
        return f"/p/{self.token(Purpose.MANAGE, address)}"

    def view_path(self, address: str = "ada@mail.example.net") -> str:
        return f"/v/{self.token(Purpose.VIEW, address)}"

    def subscription(self, address: str = "ada@mail.example.net") -> subscribers.Subscription:
        with self.database.read() as session:
            return subscribers.show(session, address).subscriptions[self.digest.list.name]

    def departures(self, address: str = "ada@mail.example.net") -> list[Any]:
        with self.database.read() as session:
            person = subscribers.show(session, address)
            return list(departures.departures(session, person.id))

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        with self.database.engine.connect() as connection:
            return {
                name: [tuple(row) for row in connection.execute(select(table))]
                for name, table in SQLModel.metadata.tables.items()
            }

    @property
    def public_paths(self) -> list[str]:
        name = self.digest.list.name
        return [
            "/",
            f"/lists/{name}",
            f"/lists/{name}/subscribe",
            f"/archive/{name}",
            f"/archive/{name}/{self.digest.name}",
            f"/archive/{name}/feed.xml",
            "/manage",
            "/style.css",
            f"/style/{name}.css",
            "/favicon.ico",
            "/healthz",
            "/readyz",
            "/ontimez",
            "/openapi.json",
        ]

    @property
    def private_paths(self) -> list[str]:
        return [
            path
            for address in self.deliveries
            for path in (
                self.leave_path(address),
                self.choose_path(address),
                self.view_path(address),
            )
        ]


def make_newsstand(
    folder: Path, digest: Digest, readers: Mapping[str, Preferences] | None = None
) -> Newsstand:
    """A newsstand in a fresh SQLite database in `folder`."""
    database = Database.open(f"sqlite:///{folder / NAME}")
    database.upgrade()
    return furnish(database, digest, readers)


def furnish(
    database: Database, digest: Digest, readers: Mapping[str, Preferences] | None = None
) -> Newsstand:
    """A newsstand in an empty database, its issue sent to all READERS, or to `readers`."""
    readers = READERS if readers is None else readers
    keyring = Keyring.of(KEYS)
    before = NOW - dt.timedelta(hours=1)
    with database.write() as session:
        lists.sync_list(session, digest.list, {}, now=before)
        for address, preferences in readers.items():
            subscribers.add(
                session,
                digest.list.name,
                address,
                preferences,
                consent_source="test",
                now=before,
            )
    return Newsstand(database, keyring, digest, _sent(database, keyring, digest))


def copy_newsstand(made: Newsstand, folder: Path) -> Newsstand:
    """A newsstand of its own for one test, from one that nobody has used or holds open."""
    assert made.database.file is not None
    copied = shutil.copyfile(made.database.file, folder / NAME)
    database = Database.open(f"sqlite:///{copied}")
    return Newsstand(database, made.keyring, made.digest, made.deliveries)


def _sent(database: Database, keyring: Keyring, digest: Digest) -> dict[str, int]:
    links = Links(digest.list.public_url)
    compiled = {
        "+".join(languages): compile_issue(TEMPLATE, digest, languages, links=links).dumps()
        for languages in variants(digest.list)
    }
    with database.write() as session:
        issue = issues.save_draft(session, digest, NOW)
        edition = issues.freeze(session, issue.id, compiled, NOW, frozen_targets(digest))
        issues.fan_out(session, issue.id, lambda _: None, today=NOW.date())
        issues.begin_sending(session, issue.id)
    with database.write() as session:
        due = ledger.due(session, issue.id, now=NOW, limit=100)
        claims = []
        for row in due:
            preferences = selections.selected(session, row.preferences_id)
            fixed = Fixed(
                edition=edition.id,
                address=row.address,
                preferences_id=row.preferences_id,
                message_id=f"<{row.delivery_id}@news.example.org>",
                date=NOW,
                key_id=keyring.current.id,
                encoding="quoted-printable",
            )
            text = dump_plan(plan(digest, preferences))
            claims.append(Claim(delivery_id=row.delivery_id, fixed=fixed, plan=text, at=NOW))
        ledger.commit(session, [], claims, sender="test")
    with database.write() as session:
        outcomes = [
            Outcome(delivery_id=row.delivery_id, state=DeliveryState.SENT, at=NOW, relay="test")
            for row in due
        ]
        ledger.commit(session, outcomes, [], sender="test")
    return {row.address: row.delivery_id for row in due}
