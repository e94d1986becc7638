"""A connection held for many small transactions, on the driver's own cursor.

What a session does around a transaction costs as much as all of the ledger's statements in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, NamedTuple

from sqlmodel import Session

from newsletter.store.database import Database


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

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One transaction: committed at the end, rolled back when anything is raised.

        Raises:
            DatabaseError: the database does not answer, stays locked, or has no such tables.
        """
        with self._database.told():
            connection = self._connection
            if connection is None:
                connection = self._connection = self._database.engine.raw_connection()
            try:
                cursor = connection.cursor()
                if self._dialect == "sqlite":  # psycopg begins by itself
                    cursor.execute("BEGIN IMMEDIATE")
                yield Transaction(cursor, self._dialect)
                connection.commit()
                cursor.close()
            except BaseException:
                self._discard()
                raise

    def close(self) -> None:
        """Gives the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _discard(self) -> None:
        connection, self._connection = self._connection, None
        with suppress(Exception):  # it may be dead; closing it ends its transaction anyway
            connection.rollback()
        connection.invalidate()
