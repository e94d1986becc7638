"""An SQLite file that is moved, removed or replaced under a program that has it open."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event, text

from newsletter.errors import DatabaseError
from newsletter.store import senders
from newsletter.store.changes import Commits
from newsletter.store.database import Database
from newsletter.store.direct import Held
from tests.store.stage import join, sync

AWAY = "cannot be opened: it or its folder is not there"


def add(database: Database, *addresses: str) -> None:
    with database.write() as session:
        for address in addresses:
            join(session, address)


def known(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.connection().execute(text("SELECT address FROM subscribers")).scalars())


@pytest.fixture
def file(sqlite_database: Database) -> Path:
    with sqlite_database.write() as session:
        sync(session)
    add(sqlite_database, "ada@example.org")
    assert sqlite_database.file
    return sqlite_database.file


def files(file: Path) -> list[Path]:
    return [found for found in file.parent.iterdir() if found.name.startswith(f"{file.name}")]


@pytest.mark.parametrize("taken", ["the file", "the file and its log"])
def test_while_a_file_is_away_nothing_is_read_or_written_and_then_it_goes_on(
    sqlite_database: Database, file: Path, taken: str
) -> None:
    aside = file.parent / "aside"
    aside.mkdir()
    moved = [file] if taken == "the file" else files(file)
    for one in moved:
        one.rename(aside / one.name)
    for _ in range(2):
        with pytest.raises(DatabaseError, match=AWAY):
            add(sqlite_database, "bo@example.org")
        with pytest.raises(DatabaseError, match=AWAY):
            known(sqlite_database)
    assert not file.exists()
    for one in moved:
        (aside / one.name).rename(one)
    assert known(sqlite_database) == {"ada@example.org"}
    add(sqlite_database, "cy@example.org")
    with closing(Database.open(f"sqlite:///{file}")) as another:
        assert known(another) == {"ada@example.org", "cy@example.org"}


def backed_up(file: Path, to: Path) -> Path:
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy)
    return to


@pytest.mark.parametrize("while_away", [True, False])
def test_a_backup_that_is_put_in_its_place_is_gone_on_with_as_it_is(
    sqlite_database: Database, file: Path, while_away: bool
) -> None:
    backup = backed_up(file, file.with_suffix(".backup"))
    add(sqlite_database, *(f"later{number}@example.org" for number in range(300)))
    with closing(sqlite3.connect(file)) as other:  # some of it in the file, some in its log
        other.execute("PRAGMA wal_checkpoint(FULL)")
    add(sqlite_database, *(f"last{number}@example.org" for number in range(300)))
    if while_away:
        file.unlink()
        with pytest.raises(DatabaseError, match=AWAY):
            known(sqlite_database)
    backup.rename(file)  # beside the log of the file before
    assert known(sqlite_database) == {"ada@example.org"}
    add(sqlite_database, "bo@example.org")
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert [found.name for found in files(file) if ".before-" in found.name], "it is kept"


@pytest.mark.parametrize("there", [0, 50, 20_000])
def test_a_backup_that_is_still_being_copied_is_left_alone(
    sqlite_database: Database, file: Path, there: int
) -> None:
    whole = backed_up(file, file.with_suffix(".backup")).read_bytes()
    for found in files(file):
        if found.name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
            found.unlink()
    file.write_bytes(whole[:there])
    with pytest.raises(DatabaseError, match="it is not whole, or not yet"):
        add(sqlite_database, "bo@example.org")
    assert file.read_bytes() == whole[:there]
    with file.open("ab") as copying:
        copying.write(whole[there:])
    add(sqlite_database, "bo@example.org")
    assert known(sqlite_database) == {"ada@example.org", "bo@example.org"}


def test_the_log_of_the_new_file_itself_stays_with_it(
    sqlite_database: Database, file: Path
) -> None:
    backup = backed_up(file, file.with_suffix(".backup"))
    for found in files(file):
        found.unlink()
    backup.rename(file)
    with closing(Database.open(f"sqlite:///{file}")) as another:  # and works, sooner than we do
        add(another, "bo@example.org")
        assert known(sqlite_database) == {"ada@example.org", "bo@example.org"}
        add(sqlite_database, "cy@example.org")
        assert "cy@example.org" in known(another)
    assert not [found for found in files(file) if ".before-" in found.name]


@pytest.mark.parametrize("change", [Path.unlink, lambda file: file.rename(f"{file}.aside")])
def test_what_was_written_while_the_file_was_taken_away_is_not_called_written(
    sqlite_database: Database, file: Path, change: Callable[[Path], object]
) -> None:
    def write() -> None:
        with sqlite_database.write() as session:
            join(session, "bo@example.org")
            change(file)

    with pytest.raises(DatabaseError, match="was moved, removed or replaced"):
        write()


def test_a_sender_does_not_go_on_with_a_file_that_others_have_left(
    sqlite_database: Database, file: Path
) -> None:
    held = Held(sqlite_database)
    with held.write() as transaction:
        senders.check_held(sqlite_database, transaction, "1-00000001")
    backup = backed_up(file, file.with_suffix(".backup"))
    for found in files(file):
        found.unlink()
    backup.rename(file)
    assert known(sqlite_database) == {"ada@example.org"}
    with (
        pytest.raises(DatabaseError, match="was moved, removed or replaced"),
        held.write() as transaction,
    ):
        senders.check_held(sqlite_database, transaction, "1-00000001")
    with held.write() as transaction:  # on another connection
        senders.check_held(sqlite_database, transaction, "1-00000001")
    held.close()


def test_who_follows_its_changes_is_told_that_it_is_another(
    sqlite_database: Database, file: Path
) -> None:
    with closing(Commits(sqlite_database)) as commits:
        commits.number()
        backed_up(file, file.with_suffix(".backup")).rename(file)
        with pytest.raises(DatabaseError, match="was moved, removed or replaced"):
            commits.number()


def test_many_at_once_go_on_with_the_new_file(sqlite_database: Database, file: Path) -> None:
    everybody = threading.Barrier(8)

    def come(number: int) -> None:
        with sqlite_database.read() as session:  # so that each has a connection to the old one
            session.connection()
            everybody.wait(60)
        everybody.wait(60)  # the file is replaced now
        everybody.wait(60)
        add(sqlite_database, f"reader{number}@example.org")

    threads = [threading.Thread(target=come, args=(number,)) for number in range(7)]
    for thread in threads:
        thread.start()
    everybody.wait(60)
    everybody.wait(60)
    backed_up(file, file.with_suffix(".backup")).rename(file)
    everybody.wait(60)
    for thread in threads:
        thread.join(60)
    with closing(Database.open(f"sqlite:///{file}")) as another:
        expected = {f"reader{number}@example.org" for number in range(7)} | {"ada@example.org"}
        assert known(another) == expected


_USES_IT = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode=WAL")
connection.execute("CREATE TABLE notes (number)")
for number in (1, 2):
    connection.execute("INSERT INTO notes VALUES (?)", (number,))
    print(number, flush=True)
    sys.stdin.readline()
"""


def test_a_log_that_another_process_writes_is_never_set_aside(
    sqlite_database: Database, file: Path
) -> None:
    add(sqlite_database, "late@example.org")
    backed_up(file, file.with_suffix(".backup")).rename(file)
    # It comes to the new file sooner than we do, with the log that lies beside.
    with subprocess.Popen(
        [sys.executable, "-c", _USES_IT, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as another:
        assert another.stdin
        assert another.stdout
        assert another.stdout.readline() == "1\n"
        known(sqlite_database)
        another.stdin.write("\n")
        another.stdin.flush()
        assert another.stdout.readline() == "2\n"
        with sqlite_database.read() as session:
            numbers = session.connection().execute(text("SELECT number FROM notes")).scalars()
            assert numbers.all() == [1, 2]
        another.stdin.write("\n")
        another.stdin.flush()
    assert not [found for found in files(file) if ".before-" in found.name]


def test_a_file_that_comes_back_after_another_is_not_written_beside_its_log(
    sqlite_database: Database, file: Path
) -> None:
    backup = backed_up(file, file.with_suffix(".backup"))
    with sqlite_database.read() as one, sqlite_database.read() as other:
        one.connection(), other.connection()  # both go to the pool, with the first file's log
    aside = file.with_suffix(".aside")
    file.rename(aside)
    backup.rename(file)
    assert known(sqlite_database) == {"ada@example.org"}
    file.rename(backup)
    aside.rename(file)
    for _ in range(3):  # on whatever connection the pool has
        with pytest.raises(DatabaseError, match="it stood here before"):
            add(sqlite_database, "bo@example.org")


def test_a_log_whose_file_is_away_is_not_thrown_away_by_a_new_file(
    sqlite_database: Database, file: Path, tmp_path: Path
) -> None:
    add(sqlite_database, "late@example.org")
    place = tmp_path / "elsewhere"
    place.mkdir()
    for found in files(file):
        shutil.copy(found, place)
    copy = place / file.name
    copy.rename(place / "away")
    with pytest.raises(DatabaseError, match=r"its log .* is, which would be lost"):
        Database.open(f"sqlite:///{copy}")
    (place / "away").rename(copy)
    with closing(Database.open(f"sqlite:///{copy}")) as again:
        assert known(again) == {"ada@example.org", "late@example.org"}


def test_a_folder_in_its_place_is_no_database(sqlite_database: Database, file: Path) -> None:
    file.rename(file.with_suffix(".aside"))
    file.mkdir()
    with pytest.raises(DatabaseError, match=AWAY):
        known(sqlite_database)


def test_a_file_in_its_folders_place_is_no_database(sqlite_database: Database, file: Path) -> None:
    folder = file.parent
    aside = folder.rename(folder.with_name("aside"))
    folder.write_text("")
    with pytest.raises(DatabaseError, match=AWAY):
        known(sqlite_database)
    folder.unlink()
    aside.rename(folder)


@pytest.mark.parametrize("url", ["sqlite:///file:some.db?uri=true", "sqlite:///some.db?mode=ro"])
def test_options_of_sqlite_are_refused(url: str) -> None:
    with pytest.raises(DatabaseError, match="takes a path and no options"):
        Database.open(url)


def test_a_file_that_is_replaced_again_and_again_is_told_as_such(
    sqlite_database: Database, file: Path
) -> None:
    backup = backed_up(file, file.with_suffix(".backup"))

    @event.listens_for(sqlite_database.engine, "connect")
    def replace(*_connection: object) -> None:
        Path(shutil.copy(backup, file.with_suffix(".next"))).rename(file)

    replace()
    with pytest.raises(DatabaseError, match="was moved, removed or replaced"):
        known(sqlite_database)
    event.remove(sqlite_database.engine, "connect", replace)
    assert known(sqlite_database) == {"ada@example.org"}
