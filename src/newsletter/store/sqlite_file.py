"""SQLite's engine, whose connections know their file.

One goes on with a file that was moved, removed or replaced as if nothing had happened, and nobody
will ever read what it writes. So none is given out but for the file that stands in its place now.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

import structlog
from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError

BEGIN = "newsletter_begin"
"""The option of a connection that says how its transactions begin."""

# What is deleted is written over: whoever was erased is not in the file any more.
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")

Inode = tuple[int, int]
"""The device of a file, and its number there."""


class Placed(sqlite3.Connection):
    """A connection with the file that it has opened, and the place where that stood."""

    path: Path
    opened: Inode | None = None

    @property
    def astray(self) -> bool:
        """Whether its file is not the one in its place."""
        return _inode(self.path) != self.opened


def engine(url: URL, busy_seconds: float) -> Engine:
    """The engine of an SQLite file; a writer waits `busy_seconds` for others."""
    place = _Place(Path(url.database or "").resolve())
    made = create_engine(
        url,
        pool_size=8,
        max_overflow=56,
        connect_args={"timeout": busy_seconds, "factory": Placed},
        hide_parameters=True,  # a traceback must not show addresses
    )

    @event.listens_for(made, "do_connect")
    def find(dialect: Dialect, _record: object, _where: object, how: dict[str, Any]) -> Any:
        return place.connection(lambda address, uri: dialect.connect(address, **how, uri=uri))

    @event.listens_for(made, "connect")
    def prepare(connection: Placed, _record: object) -> None:
        # Python's own transaction handling begins too late and as a reader; we say BEGIN ourselves.
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(made, "checkout")
    def look(connection: Placed, _record: object, _proxy: object) -> None:
        if connection.astray:
            raise DisconnectionError  # the pool takes another, to the file that is there
        place.note_log()

    @event.listens_for(made, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))

    @event.listens_for(made, "engine_disposed")
    def forget(_engine: Engine) -> None:
        place.forget()

    return made


def gone(path: Path) -> str:
    """What to say of a file that is not the one that was opened."""
    return (
        f"the database {path} was moved, removed or replaced while it was in use: "
        "put it back with its -wal file, and run the same command again"
    )


class _Place:
    """Where a database stands, and which files stood there last."""

    def __init__(self, path: Path) -> None:
        self._path, self._made, self._one = path, False, Lock()
        self._log_path = path.with_name(f"{path.name}-wal")
        self._file, self._log = _Pin(), _Pin()

    def connection(self, connect: Callable[[str, bool], Any]) -> Any:
        """Another connection to the file that is there; the first one makes it.

        Raises:
            sqlite3.Error: it cannot be opened.
        """
        with self._one:
            before = _inode(self._path)
            if before and self._file.inode not in (None, before):
                if not _is_whole(self._path):
                    raise sqlite3.OperationalError("it is not whole, or not yet")
                self._set_log_aside()
            # Only the first connection may make the file. One that made it anew after it was moved
            # away would have SQLite remove the log that lies beside, and what was committed last.
            address = f"{self._path.as_uri()}?mode=rw" if self._made else str(self._path)
            connection = connect(address, self._made)
            connection.path, connection.opened = self._path, _inode(self._path)
            if self._made and connection.opened != before:
                connection.close()
                raise sqlite3.OperationalError("unable to open database file")
            self._made = True
            if self._file.inode != connection.opened:
                self._file.take(self._path)
                self._log.drop()
            return connection

    def note_log(self) -> None:
        """Keeps in mind which log belongs to the file; it comes with the first transaction."""
        if self._log.inode is None:
            with self._one:
                self._log.take(self._log_path)

    def forget(self) -> None:
        """Lets go of the files."""
        with self._one:
            self._file.drop()
            self._log.drop()

    def _set_log_aside(self) -> None:
        """Takes the log of the file that was there before from beside the one that is there now:
        SQLite would apply it, and spoil that. https://www.sqlite.org/howtocorrupt.html (1.4)"""
        if self._log.inode is None or _inode(self._log_path) != self._log.inode:
            return  # it was taken along, or is the new file's
        kept = self._log_path.with_name(f"{self._log_path.name}.before-{self._log.inode[1]}")
        self._log_path.rename(kept)
        self._path.with_name(f"{self._path.name}-shm").unlink(missing_ok=True)  # its mere index
        structlog.get_logger("newsletter.store").warning(
            "another database was put in its place", file=str(self._path), log_before=str(kept)
        )


class _Pin:
    """A file that is held, so that no later one gets its number. As a mere place in the tree
    (O_PATH, open(2)): to close what was opened to be read would end SQLite's locks on it."""

    def __init__(self) -> None:
        self._descriptor: int | None = None
        self.inode: Inode | None = None

    def take(self, path: Path) -> None:
        """Holds the file at `path`, if there is one, in place of any other."""
        self.drop()
        with suppress(FileNotFoundError):
            self._descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            found = os.fstat(self._descriptor)
            self.inode = found.st_dev, found.st_ino

    def drop(self) -> None:
        """Lets go."""
        descriptor, self._descriptor, self.inode = self._descriptor, None, None
        if descriptor is not None:
            os.close(descriptor)

    def __del__(self) -> None:
        self.drop()


def _is_whole(path: Path) -> bool:
    """Whether as much of a file is there as its header tells of: of one that is being copied it is
    not, and what was written into that would be spoilt.
    https://www.sqlite.org/fileformat.html (1.3.2, 1.3.7)

    Nobody here may have it open yet: see `_Pin`.
    """
    with path.open("rb") as file:
        header = file.read(100)
        size = os.fstat(file.fileno()).st_size
    page = int.from_bytes(header[16:18])
    pages = int.from_bytes(header[28:32])
    return len(header) == 100 and size >= pages * (page if page > 1 else 65_536)


def _inode(path: Path) -> Inode | None:
    with suppress(FileNotFoundError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None
