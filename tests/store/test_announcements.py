from __future__ import annotations

import datetime as dt

from newsletter.content.announcement import announcement
from newsletter.store import issues
from newsletter.store.database import Database
from newsletter.store.published import published
from newsletter.store.values import DeliveryState
from tests.builders import make_list
from tests.store.stage import LIST, NOW, TODAY, everybody, join, outcome, set_stage

READERS = ("ada@example.test", "ben@example.test", "cy@example.test", "dee@example.test")
LATER = NOW + dt.timedelta(hours=1)


def told(database: Database, corrects: int | None) -> int:
    """Sends a note as far as its rows; the id of its issue."""
    digest = announcement(make_list(), "# A correction\n\nSo it is.", TODAY, source="note.md")
    with database.write() as session:
        draft = issues.save_draft(session, digest, LATER, corrects=corrects)
        issues.freeze(session, draft.id, {"en": b"compiled"}, LATER)
        while issues.fan_out(session, draft.id, everybody, today=TODAY, chunk=1):
            pass
        issues.begin_sending(session, draft.id)
    return draft.id


def counts(database: Database, issue_id: int) -> dict[DeliveryState, int]:
    with database.read() as session:
        return dict(issues.counts(session, issue_id))


def preview(database: Database, corrects: int | None) -> int:
    with database.read() as session:
        found = issues.audience_preview(session, LIST, today=TODAY, corrects=corrects)
        return sum(people for _, people in found)


def test_a_correction_is_for_those_who_got_or_may_have_got_the_issue(database: Database) -> None:
    stage = set_stage(database, READERS)
    first, second, third, _ = stage.due()
    stage.commit(claims=[stage.claim(due) for due in (first, second, third)])
    stage.commit([outcome(first.delivery_id), outcome(second.delivery_id, DeliveryState.FAILED)])
    with database.write() as session:
        join(session, "late@example.test")
    assert preview(database, stage.issue_id) == 2
    note = told(database, stage.issue_id)
    assert counts(database, note) == {DeliveryState.QUEUED: 2}


def test_an_announcement_is_for_everybody(database: Database) -> None:
    set_stage(database, READERS)
    assert preview(database, None) == len(READERS)
    assert counts(database, told(database, None)) == {DeliveryState.QUEUED: len(READERS)}


def test_an_announcement_is_no_issue_of_the_archive(database: Database) -> None:
    set_stage(database, READERS)
    told(database, None)
    with database.read() as session:
        assert [issue.name for issue in published(session, LIST)] == ["2026-W06"]
