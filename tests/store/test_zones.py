from __future__ import annotations

from sqlalchemy import text

from newsletter.content.preferences import Preferences
from newsletter.store import members, subscribers
from newsletter.store.admission import Member
from newsletter.store.database import Database
from newsletter.store.readers import subscription_reader
from tests.store.stage import LIST, NOW, join, migrate_to, sync

ADA = "ada@example.test"


def test_nobody_is_thought_to_live_anywhere(database: Database) -> None:
    with database.write() as session:
        sync(session)
        join(session, ADA)
        assert subscribers.show(session, ADA).subscriptions[LIST].zone == ""


def test_a_zone_is_a_matter_of_one_subscription_and_not_of_the_selection(
    database: Database,
) -> None:
    with database.write() as session:
        sync(session)
        join(session, ADA, Preferences(most=3))
        before = subscribers.show(session, ADA)
        assert subscribers.set_zone(session, LIST, before.id, "Asia/Shanghai")
        assert not subscribers.set_zone(session, LIST, before.id, "Asia/Shanghai")
        after = subscribers.show(session, ADA).subscriptions[LIST]
        reader = subscription_reader(session, 1)
    assert (after.zone, after.preferences) == ("Asia/Shanghai", Preferences(most=3))
    assert reader is not None
    assert reader.zone == "Asia/Shanghai"


def test_a_zone_comes_with_a_file_and_goes_with_it(database: Database) -> None:
    member = Member(address=ADA, zone="America/New_York", consent_at=NOW, consent_source="a form")
    with database.write() as session:
        sync(session)
        members.import_rows(session, LIST, [member], source="", now=NOW)
        assert list(subscribers.export(session, LIST)) == [member]


def test_who_was_there_before_zones_reads_in_the_lists_own(empty_url: str) -> None:
    database = Database.open(empty_url)
    migrate_to(database, "0006")
    with database.engine.begin() as connection:
        for statement in (
            "INSERT INTO lists (name, body, synced_at) VALUES ('l', '{}', 0)",
            "INSERT INTO preferences (id, digest, body) VALUES (1, '', '{}')",
            """INSERT INTO subscribers (id, address, address_key, created_at)
               VALUES (1, 'a@example.test', 'a@example.test', 0)""",
            """INSERT INTO subscriptions (list_name, subscriber_id, state, preferences_id,
               consent_source, created_at) VALUES ('l', 1, 'active', 1, '', 0)""",
        ):
            connection.execute(text(statement))
    database.upgrade()
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT zone FROM subscriptions")).scalar() == ""
    database.close()
