from __future__ import annotations

import datetime as dt

from newsletter.content.preferences import Preferences
from newsletter.store import subscribers
from newsletter.store.admission import Member
from newsletter.store.database import Database
from newsletter.store.members import import_rows
from newsletter.store.reader_counts import reader_counts
from newsletter.store.values import SubscriptionState
from tests.store.stage import LIST, NOW, TODAY, sync


def test_active_readers_are_counted_by_what_they_chose(database: Database) -> None:
    both, plain = Preferences(languages=("en", "zh")), Preferences(html=False)
    tomorrow = TODAY + dt.timedelta(days=1)
    members = [
        Member(address="a@example.test", preferences=both, zone="Asia/Shanghai"),
        Member(address="b@example.test", preferences=plain, paused_until=tomorrow),
        Member(address="c@example.test", preferences=plain, paused_until=TODAY),
        Member(address="d@example.test", state=SubscriptionState.LEFT, zone="Asia/Tokyo"),
    ]
    with database.write() as session:
        sync(session)
        import_rows(session, LIST, members, source="", now=NOW)
        for name in ("a", "d"):
            subscribers.suppress(session, f"{name}@example.test", "admin", NOW)
        found = reader_counts(session, LIST, TODAY)
    assert found.languages == {"en": 2, "en+zh": 1}
    assert found.formats == {"text": 2, "HTML": 1}
    assert found.zones == {"": 2, "Asia/Shanghai": 1}
    assert (found.paused, found.suppressed) == (1, 1)


def test_a_list_without_readers_has_none(database: Database) -> None:
    with database.write() as session:
        sync(session)
        found = reader_counts(session, LIST, TODAY)
    assert (found.languages, found.zones, found.paused) == ({}, {}, 0)
