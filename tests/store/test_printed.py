"""What issues had is known of those, too, that were frozen before it was noted."""

from __future__ import annotations

from sqlalchemy import text

from newsletter.content.serial import dump
from newsletter.store import migrations, printed
from newsletter.store.database import Database
from tests.builders import make_digest, make_entry
from tests.store.stage import LIST, migrate_to, set_stage, sync

_PREVIOUS = "0012"


def test_issues_that_were_frozen_before_are_noted_by_the_migration(empty_url: str) -> None:
    database = Database.open(empty_url)
    migrate_to(database, _PREVIOUS)
    with database.write() as session:
        sync(session)
        body = {"digest": dump(make_digest()), "list": LIST}
        connection = session.connection()
        connection.execute(
            text(
                "INSERT INTO issues (id, list_name, name, first_day, last_day, state, digest, "
                "cursor, created_at, frozen_at) VALUES (1, :list, '2026-W06', '2026-02-05', "
                "'2026-02-11', 'sent', :digest, 0, 0, 0)"
            ),
            body,
        )
        connection.execute(
            text(
                "INSERT INTO editions (id, issue_id, number, digest, frozen_at) "
                "VALUES (1, 1, 1, :digest, 0)"
            ),
            body,
        )
    database.upgrade()
    database.check_version()
    assert migrations.HEAD > _PREVIOUS
    first = make_digest().entries[0].entry
    with database.read() as session:
        found = printed.printings(session, LIST, [first, make_entry(999)], but=None)
        assert printed.printings(session, LIST, [first], but=1) == {}
    (one,) = found[first.key]
    assert (one.issue_id, one.edition_id, one.place, one.cancelled) == (1, 1, 0, False)
    assert list(found) == [first.key]
    database.close()


def test_hundreds_of_entries_are_looked_up_and_none_is_noted_twice(database: Database) -> None:
    stage = set_stage(database, [])
    many = [item.entry for item in make_digest().entries]
    many += [make_entry(1000 + number) for number in range(450)]
    with database.write() as session:
        printed.note(session, stage.edition_id, make_digest(), [])
        found = printed.printings(session, LIST, many, but=None)
    assert set(found) == {item.entry.key for item in make_digest().entries}
    assert all(len(places) == 1 for places in found.values())
