from __future__ import annotations

import datetime as dt

from sqlalchemy import text

from newsletter.store.database import Database
from newsletter.store.feedback import feedback
from newsletter.store.readings import Reading, note_failed, note_read, readings
from tests.store.stage import NOW, migrate_to

PLACE = "imaps://imap.example.org/INBOX"
LATER = NOW + dt.timedelta(minutes=10)


def test_a_mailbox_that_fails_keeps_when_it_was_read_last(database: Database) -> None:
    with database.write() as session:
        note_read(session, PLACE, 3, NOW)
        note_failed(session, PLACE, "no answer", LATER)
        note_failed(session, PLACE, "refused", LATER)
        (found,) = readings(session)
    assert found == Reading(
        place=PLACE, tried_at=LATER, read_at=NOW, messages=3, failures=2, reason="refused"
    )


def test_reading_it_again_ends_the_failures(database: Database) -> None:
    with database.write() as session:
        note_failed(session, PLACE, "no answer", NOW)
        note_read(session, PLACE, 2, LATER)
        note_read(session, PLACE, 1, LATER)
        (found,) = readings(session)
    assert (found.failures, found.reason, found.read_at, found.messages) == (0, "", LATER, 3)


def test_reports_that_were_kept_before_know_how_much_is_kept(empty_url: str) -> None:
    database = Database.open(empty_url)
    migrate_to(database, "0011")
    with database.engine.begin() as connection:
        connection.execute(
            text(
                """INSERT INTO feedback (key, kind, judgement, code, enhanced, text, at, message)
                   VALUES ('unread:1', 'unread', '', 0, '', 'a riddle', 0, :message)"""
            ),
            {"message": "räätsel".encode()},
        )
    database.upgrade()
    with database.read() as session:
        (item,) = feedback(session)
    assert (item.size, item.kept) == (9, 9)
    database.close()
