"""What stood in a file already, however long the file: kept by SQLite, on disk if it must be."""

from __future__ import annotations

import hashlib
import sqlite3


class Seen:
    """Keys and the lines on which they first stood; a context manager.

    A key is known by 64 bits of its BLAKE2 (RFC 7693): among a million, that two share them is as
    likely as one in thirty million.
    """

    def __enter__(self) -> Seen:
        self._connection = sqlite3.connect("", isolation_level=None)  # a file of its own, unnamed
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA cache_size = -16000",  # 16 MB
            "CREATE TABLE seen (hash INTEGER PRIMARY KEY, line INTEGER NOT NULL)",
            "BEGIN",
        ):
            self._connection.execute(statement)
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def first(self, key: str, line: int) -> int:
        """The line on which `key` stood first: `line`, when that is now."""
        octets = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        number = int.from_bytes(octets, "big", signed=True)
        done = self._connection.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (number, line))
        if done.rowcount:
            return line
        (found,) = self._connection.execute("SELECT line FROM seen WHERE hash = ?", (number,))
        earlier: int = found[0]
        return earlier
