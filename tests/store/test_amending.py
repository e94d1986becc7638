from __future__ import annotations

import pytest

from newsletter.content.digest import Digest
from newsletter.errors import ConflictError
from newsletter.store import amending, issues, ledger, steering
from newsletter.store.database import Database
from newsletter.store.editions import edition_digest
from newsletter.store.values import DeliveryState, Skip
from tests.builders import make_digest, make_entry
from tests.store.stage import NOW, Stage, set_stage

READERS = ("ada@example.test", "ben@example.test", "cy@example.test")
MENDED = make_digest([make_entry(1, title="As it should have been")])


def amended(stage: Stage, digest: Digest = MENDED) -> issues.Issue:
    with stage.database.write() as session:
        return amending.amend(session, stage.issue_id, digest, {"en": b"mended"}, NOW)


def test_the_next_edition_is_the_issues_and_the_first_one_stays(database: Database) -> None:
    stage = set_stage(database, READERS)
    issue = amended(stage)
    assert issue.digest == MENDED
    assert issue.edition is not None
    assert issue.edition.number == 2
    with database.read() as session:
        assert edition_digest(session, stage.edition_id) == make_digest()
        assert issues.compiled(session, stage.edition_id, "en") == b"compiled"
        assert issues.compiled(session, issue.edition.id, "en") == b"mended"


def test_what_was_settled_stays_settled_and_the_rest_is_open(database: Database) -> None:
    stage = set_stage(database, READERS)
    first = stage.due()[0]
    stage.commit(claims=[stage.claim(first)])
    amended(stage)
    view = stage.view(first.delivery_id)
    assert view.fixed is not None
    assert view.fixed.edition == stage.edition_id
    assert [due.fixed for due in stage.due()] == [None, None]


def test_who_had_nothing_in_the_first_edition_is_judged_again(database: Database) -> None:
    stage = set_stage(database, READERS)
    nothing, left, _ = (due.delivery_id for due in stage.due())
    with database.write() as session:
        ledger.skip(session, [nothing], Skip.NOTHING_FOUND)
        ledger.skip(session, [left], Skip.LEFT)
    amended(stage)
    assert stage.view(nothing).state is DeliveryState.QUEUED
    assert stage.view(left).state is DeliveryState.SKIPPED


def test_an_edition_that_says_the_same_is_none(database: Database) -> None:
    stage = set_stage(database, READERS)
    amended(stage)
    with pytest.raises(ConflictError, match="would say the same as before"):
        amended(stage)


def test_what_is_over_cannot_be_amended(database: Database) -> None:
    stage = set_stage(database, READERS)
    with database.write() as session:
        steering.cancel(session, stage.issue_id, NOW)
    with pytest.raises(ConflictError, match="/2026-W06 is cancelled: there is nothing to amend"):
        amended(stage)
