"""A connection held for many small transactions, on the driver's own cursor.

What a session does around a transaction costs as much as all of the ledger's statements in it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, NamedTuple

from sqlmodel import Session

from newsletter.errors import ContendedError
from newsletter.store.database import Database

_WRITTEN = "the database is being written"


class Transaction(NamedTuple):
    """A transaction that is open; `dialect` is `sqlite` or `postgresql`."""

    cursor: Any
    dialect: str


Within = Session | Transaction
"""What a statement can be run in."""


def on_driver(within: Within) -> Transaction:
    """The transaction of a session, on a cursor of its own."""
    if isinstance(within, Transaction):
        return within
    connection = within.connection()
    return Transaction(connection.connection.cursor(), connection.dialect.name)


@cache
def spelt(statement: str, dialect: str) -> str:
    """`statement`, whose parameters are written `:name`, as the driver wants it."""
    return statement if dialect == "sqlite" else re.sub(r"(?<!:):(\w+)", r"%(\1)s", statement)


class Held:
    """Transactions on one connection, for one thread at a time. `close` gives it back.

    One on which anything failed is not used again: the next transaction takes another.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._dialect = database.engine.dialect.name
        self._connection: Any = None
        self._patient = True
        self._patience = 0  # milliseconds, as the connection came with it

    @contextmanager
    def write(self, *, patient: bool = True) -> Iterator[Transaction]:
        """One transaction: committed at the end, rolled back when anything is raised.

        One that is not `patient` does not wait for others that write; on PostgreSQL, where they do
        not lock each other out, all are.

        Raises:
            ContendedError: another writes just now, or its transaction was preferred to this one.
            DatabaseError: the database does not answer, stays locked, or has no such tables.
        """
        with self._database.told():
            cursor = self._begun(patient=patient)
            try:
                yield Transaction(cursor, self._dialect)
                self._connection.commit()
                cursor.close()
            except BaseException as error:
                self._discard()
                if not patient and _waits(error):
                    raise ContendedError(_WRITTEN) from None
                raise

    def close(self) -> None:
        """Gives the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            if not self._patient:
                self._wait(connection.cursor(), patient=True)
            connection.close()

    def _begun(self, *, patient: bool) -> Any:
        """A cursor in a transaction that has begun."""
        if self._connection is None:
            self._connection = self._database.engine.raw_connection()
        try:
            cursor = self._connection.cursor()
            if self._dialect == "sqlite":  # psycopg begins by itself
                if patient != self._patient:
                    self._wait(cursor, patient=patient)
                cursor.execute("BEGIN IMMEDIATE")
        except BaseException as error:
            if not patient and _waits(error):
                raise ContendedError(_WRITTEN) from None  # nothing is wrong with the connection
            self._discard()
            raise
        return cursor

    def _wait(self, cursor: Any, *, patient: bool) -> None:
        if not patient:
            self._patience = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout={self._patience if patient else 0}")
        self._patient = patient

    def _discard(self) -> None:
        connection, self._connection = self._connection, None
        self._patient = True
        with suppress(Exception):  # it may be dead; closing it ends its transaction anyway
            connection.rollback()
        connection.invalidate()


def _waits(error: BaseException) -> bool:
    """Whether it is a lock of somebody else's, which goes away; what SQLite's codes say beyond that
    stands above their first octet. https://www.sqlite.org/rescode.html"""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
