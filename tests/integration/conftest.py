"""Stores to send from, a launcher of senders, and a sink."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.audience import Stores, postgresql_stores, sqlite_stores
from tests.integration.senders import Launcher, launcher
from tests.integration.sink import Sink, sink


@pytest.fixture(scope="session")
def sqlite_copies(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Stores:
    return sqlite_stores(sqlite_template, tmp_path_factory.mktemp("stores"))


@pytest.fixture(scope="session")
def postgresql_copies(postgresql_server: str, postgresql_template: str) -> Stores:
    return postgresql_stores(postgresql_server, postgresql_template)


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest) -> Stores:
    """Makes stores of one kind: each test that asks runs on SQLite and on PostgreSQL."""
    found: Stores = request.getfixturevalue(f"{request.param}_copies")
    return found


@pytest.fixture(scope="session")
def senders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    with launcher(tmp_path_factory.mktemp("senders")) as running:
        yield running


@pytest.fixture
def lingering_sink(tmp_path: Path) -> Iterator[Sink]:
    """A sink that is quick until a sender is well under way, and then takes a minute for the rest
    of a send: however late a busy machine lets a test act, it acts in the middle."""
    with sink(tmp_path, delay=2.0, quick=60) as running:
        yield running


@pytest.fixture
def slow_sink(tmp_path: Path) -> Iterator[Sink]:
    """A sink that takes up to 30 ms to confirm a message: about a thousand a second."""
    with sink(tmp_path, delay=0.03) as running:
        yield running
