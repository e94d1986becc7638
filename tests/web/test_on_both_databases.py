"""SQLite is lenient where PostgreSQL is not: what the pages ask and store works on both."""

from __future__ import annotations

import datetime as dt

from newsletter.store.database import Database
from newsletter.store.values import SubscriptionState
from tests.builders import make_digest
from tests.web.newsstand import furnish

MEI = "mei@mail.example.net"


def test_reading_leaving_and_choosing(database: Database) -> None:
    newsstand = furnish(database, make_digest())
    before = newsstand.dump()
    for path in newsstand.public_paths + newsstand.private_paths:
        assert newsstand.client.get(path).status_code == 200, path
    assert newsstand.dump() == before

    words = {"choice": "leave", "words": "nul \0, half \ufffd, 中文 and 𝐱"}
    assert newsstand.client.post(newsstand.leave_path(), data=words).status_code == 200
    assert newsstand.subscription().state is SubscriptionState.LEFT
    assert newsstand.client.post(newsstand.leave_path(), data={"choice": "undo"}).status_code == 200
    assert newsstand.subscription().state is SubscriptionState.ACTIVE

    data = {"scope": "chosen", "follow": "operators", "pause_until": "2026-03-01"}
    assert newsstand.client.post(newsstand.choose_path(MEI), data=data).status_code == 200
    assert newsstand.subscription(MEI).preferences.follows == frozenset({"operators"})
    assert newsstand.subscription(MEI).paused_until == dt.date(2026, 3, 1)


def test_nothing_that_can_be_posted_troubles_the_database(database: Database) -> None:
    newsstand = furnish(database, make_digest())
    for value in ("\0", "'; DROP TABLE subscribers; --", "\ufffd\x1b", "9" * 3):
        for field in ("choice", "topic", "weeks", "reason", "words", "follow", "scope"):
            data = {"choice": "topic", "scope": "chosen", field: value}
            for path in (newsstand.leave_path(), newsstand.choose_path()):
                assert newsstand.client.post(path, data=data).status_code in (200, 400, 404)
    for path in ("/lists/%00", "/archive/%00/x", "/archive/ai-for-science/%00", "/u/%00"):
        assert newsstand.client.get(path).status_code == 404
