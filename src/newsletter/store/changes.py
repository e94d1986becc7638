"""Whether anything that an issue is made of has changed, asked often and for little."""

from __future__ import annotations

import hashlib
from threading import Lock
from typing import Any

from sqlmodel import Session, col, select

from newsletter.content.entry import Period
from newsletter.store.database import Database
from newsletter.store.tables import BriefRow, EntryRow, IssueRow, ListRow


class Commits:
    """A number that is another one after somebody else has committed. It costs microseconds:
    SQLite's `data_version`, or the next transaction that PostgreSQL will give.

    It holds a connection of its own, outside any transaction, in which it would stand still. It may
    be asked in one thread and closed in another: a connection that is closed while it is asked
    takes the whole process with it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._raw: Any = None
        self._closed = False
        self._one = Lock()

    def number(self) -> int:
        """The number as it is now; 0 once it is closed.

        Raises:
            DatabaseError: the database does not answer.
        """
        query = (
            "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"
            if self._database.file is None
            else "PRAGMA data_version"
        )
        with self._one, self._database.told():
            if self._closed:
                return 0
            raw = self._opened()
            self._database.check_place(raw.driver_connection)
            cursor = raw.cursor()
            cursor.execute(query)
            (found,) = cursor.fetchone()
            cursor.close()
        return int(found)

    def close(self) -> None:
        """Gives its connection up, when nobody is just asking."""
        with self._one:
            self._closed = True
            if self._raw is not None:
                self._raw.invalidate()  # it was made to differ from those of the pool
                self._raw.close()
                self._raw = None

    def _opened(self) -> Any:
        if self._raw is None:
            self._raw = self._database.engine.raw_connection()
            if self._database.file is None:
                self._raw.driver_connection.autocommit = True
        return self._raw


def fingerprint(session: Session, list_name: str, window: Period) -> str:
    """A text that differs when the list, its issues, or the entries and briefs of a window do."""
    found = hashlib.sha256()
    queries = (
        select(ListRow.body).where(ListRow.name == list_name),
        select(IssueRow.id, IssueRow.state, IssueRow.note, IssueRow.digest)
        .where(IssueRow.list_name == list_name, IssueRow.first_day == window.first)
        .order_by(col(IssueRow.id)),
        select(EntryRow.id, EntryRow.dropped, EntryRow.body)
        .where(col(EntryRow.last_day).between(window.first, window.last))
        .order_by(col(EntryRow.id)),
        select(BriefRow.key, BriefRow.body)
        .where(col(BriefRow.last_day).between(window.first, window.last))
        .order_by(col(BriefRow.key)),
    )
    for query in queries:
        for row in session.connection().execute(query):
            found.update(repr(tuple(row)).encode())
    return found.hexdigest()
