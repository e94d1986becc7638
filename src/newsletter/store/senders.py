"""A sender's lock on an issue: held while it lives, and gone with it, so that the dead are known.

On SQLite an flock on a file beside the database, on PostgreSQL an advisory lock on a connection of
its own; both are released by the operating system or the server however the holder ends.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from newsletter.errors import ConflictError, DatabaseError
from newsletter.store.database import Database
from newsletter.store.direct import Within, on_driver, spelt

_ISSUE_LOCKS = 1_853_192_558  # the first of the two numbers that name our advisory locks
_SENDER_LOCKS = 1_853_192_559

OUTBOX = 0
"""Held in place of an issue, whose ids begin with 1, by who sends the outbox."""

CLOCK = 2**31 - 1
"""Held in place of an issue by the clock that works."""

_TRY = text("SELECT pg_try_advisory_lock(:kind, :number)")
_UNLOCK_ALL = text("SELECT pg_advisory_unlock_all()")
_HELD = text("""
SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
               WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted
                 AND l.classid = :kind AND l.objid = :number)
""")


@contextmanager
def hold_issue(database: Database, issue_id: int) -> Iterator[str]:
    """Holds an issue, or the `OUTBOX`, as its one sender, whose name is given.

    Raises:
        ConflictError: another process, or another thread of this one, is sending it.
    """
    number = secrets.randbelow(2**31)
    name = f"{issue_id}-{number:08x}"
    hold = (
        _flock(database, issue_id, name) if database.file else _advisory(database, issue_id, number)
    )
    with hold:
        yield name


def alive(database: Database, sender: str) -> bool:
    """Whether the sender of that name still holds its issue."""
    issue, _, number = sender.partition("-")
    if database.file:
        return _holder(_lock_file(database.file, int(issue))) == sender
    with database.read() as session:
        values = {"kind": _SENDER_LOCKS, "number": int(number, 16)}
        return bool(session.connection().execute(_HELD, values).scalar())


def alive_in(database: Database) -> Callable[[str], bool]:
    """`alive` for one database."""
    return lambda sender: alive(database, sender)


def is_held(database: Database, issue_id: int) -> bool:
    """Whether anybody holds an issue now."""
    if database.file:
        return _holder(_lock_file(database.file, issue_id)) is not None
    with database.read() as session:
        values = {"kind": _ISSUE_LOCKS, "number": issue_id}
        return bool(session.connection().execute(_HELD, values).scalar())


def check_held(database: Database, within: Within, sender: str) -> None:
    """Makes sure that a sender still has its lock; called in each transaction that claims.

    A PostgreSQL that restarts, or ends the lock's connection, frees the lock while the sender lives
    on over other connections; another may take it for dead. An flock cannot be lost, but the file
    that it is about can.

    Raises:
        DatabaseError: the lock is gone, or the database; nothing may be sent any more.
    """
    cursor, dialect = on_driver(within)
    if dialect != "postgresql":
        database.check_place(cursor.connection)
        return
    values = {"kind": _SENDER_LOCKS, "number": int(sender.partition("-")[2], 16)}
    if not cursor.execute(spelt(_HELD.text, dialect), values).fetchone()[0]:
        raise DatabaseError(
            "the database ended the connection that held this sender's lock; sending has stopped "
            "and nothing is lost: run the same command again"
        )


def _busy(issue_id: int) -> ConflictError:
    if issue_id == CLOCK:
        return ConflictError("another process keeps the clock just now: try again in a minute")
    what = "the outbox" if issue_id == OUTBOX else f"issue {issue_id}"
    return ConflictError(f"{what} is being sent by another process: let it end, or stop it first")


@contextmanager
def _flock(database: Database, issue_id: int, name: str) -> Iterator[None]:
    assert database.file is not None  # noqa: S101 - asked by the caller
    descriptor = os.open(_lock_file(database.file, issue_id), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _try_lock(descriptor):
            raise _busy(issue_id)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, name.encode(), 0)
        # The file stays: whoever removed it could remove the one another sender has just locked.
        yield
    finally:
        os.close(descriptor)


def _holder(path: Path) -> str | None:
    """The name of who holds the lock file, or None when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        # A shared lock, so that two who ask at once do not take each other for the holder.
        if _try_lock(descriptor, fcntl.LOCK_SH):
            return None
        return os.pread(descriptor, 64, 0).decode()
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_file(database: Path, issue_id: int) -> Path:
    return database.with_name(f"{database.name}.issue-{issue_id}.lock")


@contextmanager
def _advisory(database: Database, issue_id: int, number: int) -> Iterator[None]:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(_TRY, {"kind": _ISSUE_LOCKS, "number": issue_id}).scalar():
            raise ConflictError(str(_busy(issue_id)))
        connection.execute(_TRY, {"kind": _SENDER_LOCKS, "number": number})
        try:
            yield
        finally:
            # Given up by name, for a server may take its time to see that a connection is closed;
            # then closed for good, and not given back to the pool in case that did not work.
            with suppress(DBAPIError):
                connection.execute(_UNLOCK_ALL)
            connection.invalidate()
