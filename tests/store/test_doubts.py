from __future__ import annotations

import pytest

from newsletter.content.mailinglist import InDoubt
from newsletter.errors import ConflictError, NotFoundError
from newsletter.store import doubts, issues, ledger, steering
from newsletter.store.database import Database
from newsletter.store.values import DeliveryState, IssueState
from tests.store.stage import NOW, Stage, set_stage

ADA, BEN = "ada@example.test", "ben@example.test"


def dead(_sender: str) -> bool:
    return False


def in_doubt(database: Database) -> Stage:
    """Ada's message is in doubt; Ben's was skipped."""
    stage = set_stage(database, (ADA, BEN))
    first, second = stage.due()
    stage.commit(claims=[stage.claim(first)])
    with database.write() as session:
        ledger.skip(session, [second.delivery_id], "a test")
        ledger.abandon(session, stage.issue_id, lambda _name: False, InDoubt.HOLD, NOW)
    assert stage.state(ADA) is DeliveryState.IN_DOUBT
    return stage


def test_one_that_arrived_is_sent_and_the_issue_can_end(database: Database) -> None:
    stage = in_doubt(database)
    with database.write() as session:
        assert not issues.finish_if_done(session, stage.issue_id, NOW)
        settled = doubts.settle(
            session, stage.issue_id, ADA.upper(), arrived=True, alive=dead, now=NOW
        )
        assert issues.finish_if_done(session, stage.issue_id, NOW)
    assert settled.state is DeliveryState.SENT
    assert [attempt.text for attempt in settled.history] == [
        "its sender ended before the relay answered",
        "settled by hand: it arrived",
    ]
    with database.read() as session:
        assert issues.issue_state(session, stage.issue_id) is IssueState.SENT


def test_one_to_be_sent_again_repeats_what_was_fixed(database: Database) -> None:
    stage = in_doubt(database)
    with database.write() as session:
        before = doubts.settle(
            session, stage.issue_id, ADA, arrived=False, alive=dead, now=NOW
        ).fixed
    again = stage.due()
    assert [due.fixed for due in again] == [before]
    assert before is not None


def test_only_what_is_in_doubt_can_be_settled(database: Database) -> None:
    stage = in_doubt(database)
    with database.write() as session, pytest.raises(ConflictError, match="message is skipped"):
        doubts.settle(session, stage.issue_id, BEN, arrived=True, alive=dead, now=NOW)
    with database.write() as session, pytest.raises(NotFoundError, match="no message for eve"):
        doubts.settle(
            session, stage.issue_id, "eve@example.test", arrived=True, alive=dead, now=NOW
        )


def test_nothing_of_a_cancelled_issue_is_sent_again(database: Database) -> None:
    stage = in_doubt(database)
    with database.write() as session:
        steering.cancel(session, stage.issue_id, NOW)
    with database.write() as session, pytest.raises(ConflictError, match="is cancelled"):
        doubts.settle(session, stage.issue_id, ADA, arrived=False, alive=dead, now=NOW)
    with database.write() as session:
        doubts.settle(session, stage.issue_id, ADA, arrived=True, alive=dead, now=NOW)
    assert stage.state(ADA) is DeliveryState.SENT


def test_what_a_dead_sender_left_can_be_settled_before_another_sender_finds_it(
    database: Database,
) -> None:
    stage = set_stage(database, (ADA, BEN))
    stage.commit(claims=[stage.claim(due) for due in stage.due()])
    with database.read() as session:
        assert doubts.left_behind(session, stage.issue_id, lambda _sender: True) == ()
        left = doubts.left_behind(session, stage.issue_id, dead)
    assert [row.address for row in left] == [ADA, BEN]
    with database.write() as session, pytest.raises(ConflictError, match="message is sending"):
        doubts.settle(
            session, stage.issue_id, ADA, arrived=True, alive=lambda _sender: True, now=NOW
        )
    with database.write() as session:
        settled = doubts.settle(session, stage.issue_id, ADA, arrived=True, alive=dead, now=NOW)
    assert [attempt.state for attempt in settled.history] == ["in doubt", "sent"]
    assert stage.state(BEN) is DeliveryState.SENDING, "only that one was asked about"
