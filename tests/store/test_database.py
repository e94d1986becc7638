from __future__ import annotations

import resource
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlmodel import SQLModel

from newsletter.errors import DatabaseError
from newsletter.store import database as opening
from newsletter.store import issues, migrations, tables
from newsletter.store.database import Database
from tests.store.stage import LIST, join, sync


def test_the_migrations_make_the_tables_that_the_program_has(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_the_last_version_is_the_one_that_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


def test_a_database_without_tables_says_how_to_make_them(empty_url: str) -> None:
    database = Database.open(empty_url)
    with pytest.raises(DatabaseError, match="has no tables yet: run `newsletter db upgrade`"):
        database.check_version()
    with pytest.raises(DatabaseError, match="newsletter db upgrade"), database.read() as session:
        issues.list_issues(session)
    database.upgrade()
    database.check_version()
    database.close()


def test_upgrading_twice_and_from_many_threads_at_once_is_upgrading_once(empty_url: str) -> None:
    databases = [Database.open(empty_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(Database.upgrade, databases))
    for database in databases:
        database.upgrade()
        database.check_version()
        database.close()


def test_a_newer_database_is_left_alone(database: Database) -> None:
    with database.write() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for act in (database.check_version, database.upgrade):
        with pytest.raises(DatabaseError, match="newer than this program"):
            act()


def test_what_fails_half_way_leaves_nothing(database: Database) -> None:
    def fail_half_way() -> None:
        with database.write() as session:
            sync(session)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    with database.read() as session:
        assert session.get(tables.ListRow, LIST) is None


def test_writers_in_many_threads_wait_for_each_other(database: Database) -> None:
    with database.write() as session:
        sync(session)

    def join_one(number: int) -> None:
        with database.write() as session:
            join(session, f"reader{number}@example.test")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(join_one, range(40)))
    with database.read() as session:
        count = session.connection().execute(text("SELECT count(*) FROM subscriptions")).scalar()
    assert count == 40


def test_sqlite_keeps_what_it_committed_through_a_power_cut(sqlite_database: Database) -> None:
    with sqlite_database.read() as session:
        connection = session.connection()
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


def test_a_database_that_another_program_keeps_locked_is_named(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.05)
    impatient = Database.open(f"sqlite:///{sqlite_database.file}")
    holder = sqlite3.connect(sqlite_database.file or "", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseError, match="is locked by another process"), impatient.write():
        pass
    holder.close()
    impatient.close()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nonsense", "is not one"),
        ("mysql://localhost/news", "begins with 'mysql'"),
        ("sqlite://", "write sqlite:///newsletter.db"),
        ("sqlite:////no/such/folder/news.db", "its folder is not there"),
        ("postgresql://reader:secret@127.0.0.1:9/news", "does not answer"),
    ],
)
def test_a_url_that_cannot_be_opened_is_told_in_one_line(url: str, reason: str) -> None:
    with pytest.raises(DatabaseError, match=reason) as told:
        Database.open(url)
    assert "\n" not in str(told.value)
    assert "secret" not in str(told.value)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are notes and no database at all, however long one looks at them.")
    with pytest.raises(DatabaseError, match="file is not a database"):
        Database.open(f"sqlite:///{path}")


@pytest.mark.parametrize("kept", [3, 40], ids=["overwritten", "cut short"])
def test_a_damaged_file_is_told_in_one_line(sqlite_database: Database, kept: int) -> None:
    path = sqlite_database.file
    assert path is not None
    sqlite_database.close()
    pages = path.read_bytes()
    end = len(pages) if kept == 3 else kept * 1024
    path.write_bytes(pages[: kept * 1024] + b"A" * (end - kept * 1024))
    with pytest.raises(DatabaseError, match=r"cannot be read \(.*\): put a backup") as told:
        _use(f"sqlite:///{path}")
    assert "\n" not in str(told.value)


@contextmanager
def _no_file_may_grow() -> Iterator[None]:
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


def test_without_room_on_the_disk_no_backup_is_asked_for_which_would_forget_who_left(
    sqlite_database: Database,
) -> None:
    path = sqlite_database.file
    sqlite_database.close()
    with _no_file_may_grow(), pytest.raises(DatabaseError, match="full or failing") as told:
        _use(f"sqlite:///{path}")
    assert "make room" in str(told.value)
    assert "backup" not in str(told.value)
    _use(f"sqlite:///{path}")


def test_a_disk_that_fills_up_in_the_middle_is_told(sqlite_database: Database) -> None:
    def fill() -> None:
        with sqlite_database.write() as session:
            session.connection().exec_driver_sql("PRAGMA max_page_count = 1")
            session.connection().exec_driver_sql(
                "CREATE TABLE more AS SELECT randomblob(90000) AS b"
            )

    with pytest.raises(DatabaseError, match=r"disk is full.*make room"):
        fill()


def _use(url: str) -> None:
    database = Database.open(url)
    database.check_version()
    with database.write() as session:
        sync(session)


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.write() as session:
        sync(session)
        done = threading.Event()

        def read() -> None:
            with database.read() as other:
                assert other.get(tables.ListRow, LIST) is None
            done.set()

        thread = threading.Thread(target=read)
        thread.start()
        assert done.wait(60)
        thread.join()


def test_a_file_that_was_moved_away_is_not_made_anew_and_loses_nothing(
    sqlite_database: Database,
) -> None:
    file = sqlite_database.file or Path()
    aside = file.with_suffix(".aside")
    with closing(sqlite3.connect(file)) as other:  # it keeps what is committed in the log
        other.execute("SELECT 1 FROM lists")
        with sqlite_database.write() as session:
            sync(session)
        file.rename(aside)
        sqlite_database.engine.dispose()
        with pytest.raises(DatabaseError, match="cannot be opened: it or its folder is not there"):
            _read(sqlite_database)
        assert not file.exists()
        aside.rename(file)
        assert _read(sqlite_database) == [LIST]


def _read(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.connection().execute(text("SELECT name FROM lists")).scalars())
