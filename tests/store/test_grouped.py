"""One statement over many rows: what each changed, and what becomes of all when one fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from newsletter.errors import DatabaseError
from newsletter.store.database import Database
from newsletter.store.direct import Held
from newsletter.store.grouped import each

NAMES = ("key", "reason")
CHANGE = "UPDATE suppressions SET reason = :reason WHERE address_key = :key AND reason <> :reason"
ADD = "INSERT INTO suppressions (address_key, reason, detail, at) VALUES (:key, :reason, '', 0)"
IGNORE = f"{ADD} ON CONFLICT DO NOTHING"


@pytest.fixture
def held(database: Database) -> Iterator[Held]:
    with closing(Held(database)) as held:
        yield held


def reasons(held: Held) -> dict[str, str]:
    with held.write() as transaction:
        transaction.cursor.execute("SELECT address_key, reason FROM suppressions")
        return dict(transaction.cursor.fetchall())


@pytest.mark.parametrize("number", [0, 1, 2, 7, 300])
def test_each_row_says_whether_it_changed_anything(held: Held, number: int) -> None:
    rows = [(f"r{at}", "complaint") for at in range(number)]
    there = rows[::3]
    with held.write() as transaction:
        assert each(transaction, ADD, NAMES, there) == [True] * len(there)
        added = each(transaction, IGNORE, NAMES, rows)
    assert added == [at % 3 != 0 for at in range(number)]
    other = [(key, "bounce" if at % 2 else "complaint") for at, (key, _) in enumerate(rows)]
    with held.write() as transaction:
        changed = each(transaction, CHANGE, NAMES, [*other, ("nobody", "bounce")])
    assert changed == [at % 2 == 1 for at in range(number)] + [False]
    assert reasons(held) == dict(other)


def test_a_row_that_fails_takes_all_with_it_and_the_next_transaction_is_sound(held: Held) -> None:
    rows = [("a", "complaint"), ("b", "complaint"), ("a", "again"), ("c", "complaint")]
    with pytest.raises((sqlite3.IntegrityError, psycopg.IntegrityError)), held.write() as within:
        each(within, ADD, NAMES, rows)
    assert reasons(held) == {}
    with held.write() as within:
        assert each(within, ADD, NAMES, rows[:2]) == [True, True]
    assert reasons(held) == {"a": "complaint", "b": "complaint"}


def test_a_connection_that_is_lost_under_way_leaves_nothing_and_is_replaced(
    postgresql_database: Database,
) -> None:
    with closing(Held(postgresql_database)) as held:
        _lose(held, postgresql_database)


def _lose(held: Held, database: Database) -> None:
    told = pytest.raises(DatabaseError, match="does not answer")
    with told, held.write() as within:
        assert each(within, ADD, NAMES, [("a", "complaint")]) == [True]
        pid = within.cursor.connection.info.backend_pid
        with database.engine.connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
        each(within, ADD, NAMES, [("b", "complaint"), ("c", "complaint")])
    assert reasons(held) == {}
    with held.write() as within:
        assert each(within, ADD, NAMES, [("d", "complaint")]) == [True]
    assert reasons(held) == {"d": "complaint"}


def test_whatever_a_server_is_set_to_claims_see_what_was_committed_before_them(
    postgresql_database: Database,
) -> None:
    with postgresql_database.engine.connect() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar()
        connection.exec_driver_sql(
            f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'"
        )
        connection.commit()
    url = postgresql_database.engine.url.render_as_string(hide_password=False)
    database = Database.open(url)
    with closing(database), closing(Held(database)) as held, held.write() as within:
        within.cursor.execute("SHOW transaction_isolation")
        assert within.cursor.fetchone() == ("read committed",)
