"""SQLite's engine, whose connections know their file.

One goes on with a file that was moved, removed or replaced as if nothing had happened, and nobody
will ever read what it writes. So none is given out but for the file that stands in its place now.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

import structlog
from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import InvalidatePoolError

BEGIN = "newsletter_begin"
"""The option of a connection that says how its transactions begin."""

# What is deleted is written over: whoever was erased is not in the file any more.
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")

# Where SQLite's locks on a file lie: whoever has it open to read holds some of these octets.
# https://www.sqlite.org/src/file/src/os.h (PENDING_BYTE)
_LOCKS_AT, _LOCKS = 0x4000_0000, 512

_PLACE: int = getattr(os, "O_PATH", 0)

Inode = tuple[int, int]
"""The device of a file, and its number there."""


class Placed(sqlite3.Connection):
    """A connection with the file that it has opened, and the place where that stood."""

    place: _Place
    opened: Inode | None = None
    turn: int = 0

    @property
    def path(self) -> Path:
        """Where its file stood when it was opened."""
        return self.place.path

    @property
    def astray(self) -> bool:
        """Whether its file is not the one in its place, or was not meanwhile: its log is then not
        the one that others read."""
        return self.turn != self.place.turn or _inode(self.path) != self.opened


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
            # The pool takes another, to the file that is there, and so in place of all it has.
            raise InvalidatePoolError
        place.note_log()

    @event.listens_for(made, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))

    @event.listens_for(made, "engine_disposed")
    def forget(_engine: Engine) -> None:
        place.forget()

    return made


_BACK_AGAIN = (
    "it stood here before, and another one meanwhile: end every process that uses it, see that the "
    "-wal file beside it is its own (it may be called .before-…), and start again"
)


def gone(path: Path) -> str:
    """What to say of a file that is not the one that was opened."""
    return (
        f"the database {path} was moved, removed or replaced while it was in use: "
        "put it back with its -wal file, and run the same command again"
    )


class _Place:
    """Where a database stands, and which files stood there last."""

    def __init__(self, path: Path) -> None:
        self.path, self.turn = path, 0
        """Where it stands, and how often another one came there."""
        self._made, self._one = False, Lock()
        self._log_path = path.with_name(f"{path.name}-wal")
        self._file, self._log = _Pin(), _Pin()
        self._earlier: list[_Pin] = []

    def connection(self, connect: Callable[[str, bool], Any]) -> Any:
        """Another connection to the file that is there; the first one makes it.

        Raises:
            sqlite3.Error: it cannot be opened.
        """
        with self._one:
            try:
                return self._connected(connect)
            except OSError as error:
                raise sqlite3.OperationalError("unable to open database file") from error

    def _connected(self, connect: Callable[[str, bool], Any]) -> Any:
        before = _inode(self.path)
        if before and self._file.inode not in (None, before):
            self._come_to_another(before)
        elif not self._made and not _octets(self.path) and _octets(self._log_path):
            raise sqlite3.OperationalError(_log_alone(self._log_path))
        # Only the first connection may make the file. One that made it anew after it was moved
        # away would have SQLite remove the log that lies beside, and what was committed last.
        address = f"{self.path.as_uri()}?mode=rw" if self._made else str(self.path)
        connection = connect(address, self._made)
        connection.place, connection.opened = self, _inode(self.path)
        if self._made and connection.opened != before:
            connection.close()
            raise sqlite3.OperationalError("unable to open database file")
        self._made = True
        if self._file.inode != connection.opened:
            self._earlier.append(self._file)
            self._file = _Pin()
            self._file.take(self.path)
            self._log.drop()
            self.turn += 1
        connection.turn = self.turn
        return connection

    def note_log(self) -> None:
        """Keeps in mind which log belongs to the file; it comes with the first transaction."""
        if self._log.inode is None:
            with self._one:
                self._log.take(self._log_path)

    def forget(self) -> None:
        """Lets go of the files."""
        with self._one:
            for pin in (*self._earlier, self._file, self._log):
                pin.drop()
            self._earlier.clear()

    def _come_to_another(self, found: Inode) -> None:
        """Sees to it that the file that stands here now can be opened.

        Raises:
            sqlite3.Error: it is not whole, or its log was left elsewhere.
            OSError: it cannot be opened, or its log not be moved.
        """
        if found in (pin.inode for pin in self._earlier):
            raise sqlite3.OperationalError(_BACK_AGAIN)
        with self.path.open("r+b") as file:
            if not _is_whole(file):
                raise sqlite3.OperationalError("it is not whole, or not yet")
            with _unused(file) as alone:
                # Who came first has the log that lies there open, and may have committed into it.
                if alone:
                    self._set_log_aside()

    def _set_log_aside(self) -> None:
        """Takes the log of the file that was there before from beside the one that is there now:
        SQLite would apply it, and spoil that. https://www.sqlite.org/howtocorrupt.html (1.4)"""
        if self._log.inode is None or _inode(self._log_path) != self._log.inode:
            return  # it was taken along, or is the new file's
        kept = self._log_path.with_name(f"{self._log_path.name}.before-{self._log.inode[1]}")
        self._log_path.rename(kept)
        self.path.with_name(f"{self.path.name}-shm").unlink(missing_ok=True)  # its mere index
        structlog.get_logger("newsletter.store").warning(
            "another database was put in its place", file=str(self.path), log_before=str(kept)
        )


class _Pin:
    """A file that is held, so that no later one gets its number. As a mere place in the tree
    (O_PATH, open(2)): to close what was opened to be read would end SQLite's locks on it. Where a
    system has no such thing, as macOS, its number is all that is known."""

    def __init__(self) -> None:
        self._descriptor: int | None = None
        self.inode: Inode | None = None

    def take(self, path: Path) -> None:
        """Holds the file at `path`, if there is one, in place of any other."""
        self.drop()
        with suppress(OSError):  # one that cannot be looked at is not there, as for `_inode`
            if _PLACE:
                self._descriptor = os.open(path, _PLACE | os.O_CLOEXEC)
                found = os.fstat(self._descriptor)
            else:
                found = path.stat()
            self.inode = found.st_dev, found.st_ino

    def drop(self) -> None:
        """Lets go."""
        descriptor, self._descriptor, self.inode = self._descriptor, None, None
        if descriptor is not None:
            os.close(descriptor)

    def __del__(self) -> None:
        self.drop()


def _is_whole(file: BinaryIO) -> bool:
    """Whether as much of a file is there as its header tells of: of one that is being copied it is
    not, and what was written into that would be spoilt.
    https://www.sqlite.org/fileformat.html (1.3.2, 1.3.7)

    Nobody here may have it open yet: see `_Pin`.
    """
    header = file.read(100)
    size = os.fstat(file.fileno()).st_size
    page = int.from_bytes(header[16:18])
    pages = int.from_bytes(header[28:32])
    return len(header) == 100 and size >= pages * (page if page > 1 else 65_536)


@contextmanager
def _unused(file: BinaryIO) -> Iterator[bool]:
    """Whether no other process has a database open; if so, none begins to within the `with`.
    https://www.sqlite.org/lockingv3.html"""
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCKS, _LOCKS_AT)
    except (BlockingIOError, PermissionError):  # EAGAIN or EACCES (fcntl(2))
        yield False
        return
    try:
        yield True
    finally:
        fcntl.lockf(file, fcntl.LOCK_UN, _LOCKS, _LOCKS_AT)


def _log_alone(log: Path) -> str:
    return (
        f"is not there, but its log {log} is, which would be lost: put its file back, "
        "or take the log away"
    )


def _octets(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0


def _inode(path: Path) -> Inode | None:
    """Which file stands at `path`; None where none can be looked at."""
    with suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None
