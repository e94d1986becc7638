from __future__ import annotations

from contextlib import closing

import pytest
from sqlmodel import select

from newsletter.errors import DatabaseError
from newsletter.store.database import Database
from newsletter.store.direct import Held, spelt
from newsletter.store.tables import SuppressionRow

ADD = """INSERT INTO suppressions (address_key, reason, detail, at)
         VALUES (:key, 'bounce', '', 0)"""


def _add(held: Held, *keys: str) -> None:
    with held.write() as (cursor, dialect):
        for key in keys:
            cursor.execute(spelt(ADD, dialect), {"key": key})


def _kept(database: Database) -> list[str]:
    with database.read() as session:
        return sorted(session.exec(select(SuppressionRow.address_key)))


def test_transaction_after_transaction_is_kept(database: Database) -> None:
    with closing(Held(database)) as held:
        _add(held, "one")
        _add(held, "two")
        assert _kept(database) == ["one", "two"]


def test_of_a_transaction_that_fails_nothing_is_kept_and_the_next_one_goes_well(
    database: Database,
) -> None:
    with closing(Held(database)) as held:
        with pytest.raises(Exception, match=r"UNIQUE|unique"):
            _add(held, "one", "one")
        _add(held, "two")
    assert _kept(database) == ["two"]


def test_a_connection_that_the_server_ended_is_told_and_replaced(
    postgresql_database: Database,
) -> None:
    with closing(Held(postgresql_database)) as held:
        with held.write() as (cursor, _):
            number = cursor.execute("SELECT pg_backend_pid()").fetchone()[0]
        with postgresql_database.write() as session:
            session.connection().exec_driver_sql(f"SELECT pg_terminate_backend({number})")
        with pytest.raises(DatabaseError, match="does not answer"):
            _add(held, "lost")
        _add(held, "kept")
    assert _kept(postgresql_database) == ["kept"]


def test_other_writers_come_between(database: Database) -> None:
    with closing(Held(database)) as held, closing(Held(database)) as other:
        _add(held, "one")
        _add(other, "two")
        _add(held, "three")
    assert _kept(database) == ["one", "three", "two"]
