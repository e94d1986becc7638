from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from sqlmodel import select

from newsletter.errors import ContendedError, DatabaseError
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


def test_one_that_is_not_patient_gives_way_to_who_writes_and_is_no_worse_for_it(
    sqlite_database: Database,
) -> None:
    with closing(Held(sqlite_database)) as held:
        with (
            sqlite_database.write(),
            pytest.raises(ContendedError),
            held.write(patient=False),
        ):
            pytest.fail("somebody else writes")
        with held.write(patient=False) as (cursor, _):
            cursor.execute(ADD, {"key": "one"})
            began = cursor.connection
        _add(held, "two")
        with held.write() as (cursor, _):
            assert cursor.connection is began, "nothing was wrong with it"
    assert _kept(sqlite_database) == ["one", "two"]


_MENDER = """
import fcntl, sys
with open(sys.argv[1], "r+b") as index:
    fcntl.lockf(index, fcntl.LOCK_EX, 3, 120)  # of writing, checkpoints and recovery
    index.write(bytes(136))
    index.flush()
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_that_is_not_patient_gives_way_to_who_mends_what_a_dead_writer_left(
    sqlite_database: Database,
) -> None:
    # https://www.sqlite.org/walformat.html, "The WAL-Index File Format" and its locks
    index = f"{sqlite_database.file}-shm"
    with closing(Held(sqlite_database)) as held:
        _add(held, "one")
        with subprocess.Popen(
            [sys.executable, "-c", _MENDER, index], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as mender:
            assert mender.stdout is not None
            assert mender.stdin is not None
            assert mender.stdout.readline() == b"held\n"
            with pytest.raises(ContendedError), held.write(patient=False):
                pytest.fail("somebody else mends it")
            mender.stdin.close()
        with held.write(patient=False) as (cursor, _):
            cursor.execute(ADD, {"key": "two"})
    assert _kept(sqlite_database) == ["one", "two"]


def test_one_that_is_not_patient_and_meets_a_lock_half_way_has_done_nothing(
    sqlite_database: Database,
) -> None:
    def meet(held: Held, other: sqlite3.Connection) -> None:
        with held.write(patient=False) as (cursor, _):
            cursor.execute(ADD, {"key": "one"})
            other.execute("BEGIN IMMEDIATE")

    file = sqlite_database.file or ""
    with closing(Held(sqlite_database)) as held, closing(sqlite3.connect(file, timeout=0)) as other:
        with pytest.raises(ContendedError):
            meet(held, other)
        _add(held, "two")
    assert _kept(sqlite_database) == ["two"]


@pytest.mark.parametrize("patient", [True, False])
def test_a_connection_goes_back_as_patient_as_it_came(
    sqlite_database: Database, patient: bool
) -> None:
    def patience(held: Held) -> int:
        with held.write() as (cursor, _):
            found: int = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        return found

    with closing(Held(sqlite_database)) as held:
        before = patience(held)
        with held.write(patient=patient):
            pass
    with closing(Held(sqlite_database)) as again:
        assert patience(again) == before > 0


def test_on_postgresql_nobody_gives_way(postgresql_database: Database) -> None:
    with closing(Held(postgresql_database)) as held:
        with postgresql_database.write(), held.write(patient=False) as (cursor, dialect):
            cursor.execute(spelt(ADD, dialect), {"key": "one"})
        assert _kept(postgresql_database) == ["one"]
