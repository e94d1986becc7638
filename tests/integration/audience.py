"""A list with readers of every kind and the draft of an issue, on databases made quickly."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg

from newsletter.content.preferences import Preferences
from newsletter.store import issues, lists, members
from newsletter.store.admission import Member
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from tests.builders import make_digest, make_entry, make_list
from tests.integration.senders import ISSUE
from tests.integration.sink import REFUSED

READERS = 1000
LIST, _, NAME = ISSUE.partition("/")
NOW = dt.datetime(2026, 2, 12, 7, 0, tzinfo=dt.UTC)
FAR = dt.date(2999, 1, 1)

_CHOICES = (
    Preferences(),
    Preferences(languages=("zh", "en")),
    Preferences(follows=frozenset({"force-fields"})),
    Preferences(languages=("zh",), mutes=frozenset({"operators"})),
    Preferences(html=False),
    Preferences(follows=frozenset({"operators", "proofs"}), languages=("en",)),
)
_numbers = count(1)


@dataclass(frozen=True)
class Store:
    """A database with an issue to send; `url` opens it."""

    url: str

    def open(self) -> Database:
        return Database.open(self.url)

    @property
    def file(self) -> Path:
        """Where it is, on SQLite."""
        return Path(self.url.removeprefix("sqlite:///"))


Stores = Callable[[], Store]
"""Makes a fresh copy of the same store each time."""


def issue_of(database: Database) -> Issue:
    with database.read() as session:
        return issues.get_issue(session, LIST, NAME)


def fill(database: Database, readers: int = READERS) -> None:
    """Makes the list, its readers and the draft of an issue with few entries."""
    entries = [make_entry(1), make_entry(2, title="Interatomic potentials, listed")]
    with database.write() as session:
        lists.sync_list(session, make_list(), {}, now=NOW)
        people = [_member(number) for number in range(readers)]
        members.import_rows(session, LIST, people, source="a test", now=NOW)
        issues.save_draft(session, make_digest(entries), NOW)


def _member(number: int) -> Member:
    """One in 50 is refused by the relay, one in 50 chose nothing, one in 50 is on a pause."""
    kind = number % 50
    name = REFUSED if kind == 7 else "reader"
    return Member(
        address=f"{name}{number}@example.org",
        preferences=Preferences(follows=frozenset())
        if kind == 17
        else _CHOICES[number % len(_CHOICES)],
        paused_until=FAR if kind == 27 else None,
    )


def sqlite_stores(tables: Path, folder: Path) -> Stores:
    """Copies of a filled file, made from one that has tables."""
    filled = folder / "filled.db"
    shutil.copy(tables, filled)
    _fill(f"sqlite:///{filled}")

    def fresh() -> Store:
        path = folder / f"store-{next(_numbers)}.db"
        shutil.copy(filled, path)
        return Store(f"sqlite:///{path}")

    return fresh


def postgresql_stores(server: str, tables: str) -> Stores:
    """Copies of a filled database, made from one that has tables."""
    filled = f"filled_{next(_numbers)}"
    _create(server, filled, tables)
    _fill(named(server, filled))

    def fresh() -> Store:
        name = f"store_{next(_numbers)}"
        _create(server, name, filled)
        return Store(named(server, name))

    return fresh


def named(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")


def _create(server: str, name: str, template: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())


def _fill(url: str) -> None:
    database = Database.open(url)
    fill(database)
    database.close()
