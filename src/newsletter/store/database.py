"""The database: opening it, transactions, and its version. SQLite by default, or PostgreSQL."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    InvalidRequestError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from newsletter.errors import ContendedError, DatabaseError
from newsletter.store import migrations, sqlite_file
from newsletter.store.sqlite_file import BEGIN, Placed, gone

BUSY_SECONDS = 10
"""How long a writer on SQLite waits for another one before it gives up."""

_UNREACHABLE = (
    OperationalError,
    InterfaceError,
    sqlite3.OperationalError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)


@dataclass(frozen=True, eq=False)
class Database:
    """One database, safe to share between threads; processes each open their own."""

    engine: Engine
    writer: Engine
    turn: Lock = field(default_factory=Lock, repr=False)

    @classmethod
    def open(cls, url: str) -> Database:
        """The database at `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST/NAME`.

        Nothing is created but an empty SQLite file; `upgrade` makes the tables.

        Raises:
            DatabaseError: the URL is not understood, or the database does not answer.
        """
        parsed = _parse(url)
        sqlite = parsed.get_backend_name() == "sqlite"
        engine = sqlite_file.engine(parsed, BUSY_SECONDS) if sqlite else _postgresql(parsed)
        database = cls(engine, engine.execution_options(**{BEGIN: "BEGIN IMMEDIATE"}))
        with database.told(), engine.connect():
            return database

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database; None on PostgreSQL."""
        if self.engine.dialect.name != "sqlite":
            return None
        return Path(self.engine.url.database or "").resolve()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session to read with. What it writes is lost.

        Raises:
            DatabaseError: the database does not answer or has no such tables.
        """
        with self.told(), Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back when anything is raised.

        On SQLite it takes the write lock at once, so that it cannot fail half way for a lock; and
        what it has committed is in the file that stands in the database's place.

        Raises:
            DatabaseError: the database does not answer, stays locked, has no such tables, or was
                moved away meanwhile.
        """
        with (
            self.told(),
            self._in_turn(),
            Session(self.writer, expire_on_commit=False) as session,
        ):
            connection = session.connection().connection.driver_connection
            yield session
            session.commit()
            self.check_place(connection)

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """SQLite's writers look for its lock now and then, and with many of them the same one may
        come too late each time; so those of this process wait for each other first."""
        if self.engine.dialect.name != "sqlite":
            yield
            return
        if not self.turn.acquire(timeout=BUSY_SECONDS):
            raise DatabaseError(f"the database {self.place} is written by too many: try again")
        try:
            yield
        finally:
            self.turn.release()

    def upgrade(self) -> None:
        """Brings the tables to this program's version; does nothing when they are.

        Raises:
            DatabaseError: the database cannot be written, or is newer than this program.
        """
        with self.told(), self.writer.begin() as connection:
            if connection.dialect.name == "postgresql":
                # Two processes that start together must not both create the tables.
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(1853192557, 0)")
            if _version(connection) not in (None, *migrations.VERSIONS):
                raise DatabaseError(self._newer())
            migrations.upgrade(connection)

    def check_version(self) -> None:
        """Makes sure that the tables are those of this program.

        Raises:
            DatabaseError: they are older, newer, or not there.
        """
        with self.told(), self.engine.connect() as connection:
            found = _version(connection)
        if found == migrations.HEAD:
            return
        if found is None or found in migrations.VERSIONS:
            state = "has no tables yet" if found is None else f"is at version {found}"
            raise DatabaseError(f"the database {self.place} {state}: run `newsletter db upgrade`")
        raise DatabaseError(self._newer())

    def check_place(self, connection: Any) -> None:
        """Makes sure that a driver's connection to SQLite has the file that stands in its place.
        One that was removed or replaced can be written on and on, and nobody will ever read what
        was.

        Raises:
            DatabaseError: it is not there any more, or is another.
        """
        if isinstance(connection, Placed) and connection.astray:
            raise DatabaseError(gone(connection.path))

    def empty_log(self) -> None:
        """Takes out of SQLite's log what was deleted from its file, unless somebody reads just now;
        PostgreSQL sees to that by itself.

        Raises:
            DatabaseError: the database does not answer.
        """
        if self.file is None:
            return
        with self.told(), closing(self.writer.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Gives all connections back; the database may not be used after."""
        self.engine.dispose()

    @property
    def place(self) -> str:
        """Where it is, for people to read; without a password."""
        return str(self.file) if self.file else self.engine.url.render_as_string()

    def _newer(self) -> str:
        return f"the database {self.place} is newer than this program: install its newer version"

    @contextmanager
    def told(self) -> Iterator[None]:
        """Makes a driver's error that is no fault of ours a DatabaseError, in plain words."""
        try:
            yield
        except PoolTimeout:
            raise DatabaseError(
                f"the database {self.place}: all its connections are in use; try again"
            ) from None
        except InvalidRequestError as error:
            if self.file is None or "connection is closed" not in str(error):
                raise
            # The pool gives up when the file is another again each time that it has a connection.
            raise DatabaseError(gone(self.file)) from error
        except (DBAPIError, sqlite3.Error, psycopg.Error) as error:
            if _contended(error):
                raise ContendedError(
                    f"the database {self.place} ended a transaction in favour of another: try again"
                ) from error
            if reason := _reason(error):
                raise DatabaseError(f"the database {self.place} {reason}") from error
            raise


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        # The text is not shown: it may hold a password.
        raise DatabaseError(
            "the database URL is not one: write sqlite:///newsletter.db or "
            "postgresql://user@host/name"
        ) from None
    if parsed.drivername in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername == "postgresql+psycopg":
        return parsed
    if parsed.drivername == "sqlite" and parsed.database and parsed.database != ":memory:":
        if parsed.database.startswith("file:") or parsed.query:
            raise DatabaseError(
                "the database URL of SQLite takes a path and no options: write "
                "sqlite:///newsletter.db"
            )
        return parsed
    raise DatabaseError(
        f"the database URL begins with {parsed.drivername!r}: write sqlite:///newsletter.db "
        "or postgresql://user@host/name"
    )


def _postgresql(url: URL) -> Engine:
    # pre_ping: a server that restarted between two issues is no reason to fail the second.
    engine = create_engine(
        url, pool_size=8, max_overflow=56, pool_pre_ping=True, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # What is promised of a power cut, and of claims beside leaves, needs these, whatever the
        # server's own defaults are.
        connection.execute("SET synchronous_commit = on")
        connection.execute("SET default_transaction_isolation = 'read committed'")
        connection.commit()

    return engine


def _version(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _contended(error: Exception) -> bool:
    """Whether PostgreSQL gave way to another transaction, by a deadlock or else (class 40)."""
    driver = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(driver, psycopg.Error) and (driver.sqlstate or "").startswith("40")


def _reason(error: Exception) -> str | None:
    """What to say of a driver's error, or None for one that is a fault of ours."""
    text = " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())
    if re.search(
        r"no such (table|column)|relation .* does not exist|column .* does not exist", text
    ):
        return "is of another version than this program: run `newsletter db upgrade`"
    if "database is locked" in text:
        return f"is locked by another process for more than {BUSY_SECONDS} s: try again"
    if "which would be lost" in text:
        return text
    if "unable to open database file" in text:
        return "cannot be opened: it or its folder is not there, or may not be written"
    if "readonly database" in text:
        return "may not be written: give its file and its folder to whom this program runs as"
    if "malformed" in text or "not a database" in text or _cut_short(error):
        return f"cannot be read ({text}): put a backup in its place"
    if "disk is full" in text or "disk I/O error" in text:
        # A backup in the place of a sound file would forget who has left and who was mailed.
        return f"is on a disk that is full or failing ({text}): make room, then do the same again"
    if isinstance(error, _UNREACHABLE):
        return f"does not answer: {text}"
    return None


def _cut_short(error: Exception) -> bool:
    """Whether SQLite found less of its file than the file says, which no room on the disk mends."""
    driver = error.orig if isinstance(error, DBAPIError) else error
    return getattr(driver, "sqlite_errorname", "") == "SQLITE_IOERR_SHORT_READ"
