from __future__ import annotations

import pytest

from newsletter.errors import ConflictError
from newsletter.store import issues, steering
from newsletter.store.database import Database
from newsletter.store.values import DeliveryState, IssueState, Skip
from tests.builders import make_digest
from tests.store.stage import NOW, TODAY, Stage, everybody, join, outcome, set_stage, sync

READERS = ("ada@example.test", "ben@example.test", "cy@example.test")


def state(stage: Stage) -> IssueState:
    with stage.database.read() as session:
        return issues.issue_state(session, stage.issue_id)


def test_a_paused_issue_grants_no_claim_and_keeps_its_queue(database: Database) -> None:
    stage = set_stage(database, READERS)
    with database.write() as session:
        assert steering.pause(session, stage.issue_id)
    with database.write() as session:
        assert not steering.pause(session, stage.issue_id), "twice is once"
    assert stage.commit(claims=[stage.claim(due) for due in stage.due()]) == frozenset()
    assert {stage.state(reader) for reader in READERS} == {DeliveryState.QUEUED}
    with database.write() as session, pytest.raises(ConflictError, match="is paused"):
        issues.begin_sending(session, stage.issue_id)


def test_an_issue_that_nobody_got_yet_resumes_where_rows_may_be_missing(database: Database) -> None:
    stage = set_stage(database, READERS)
    with database.write() as session:
        steering.pause(session, stage.issue_id)
        assert steering.resume(session, stage.issue_id)
        assert not steering.resume(session, stage.issue_id)
    assert state(stage) is IssueState.FROZEN
    with database.write() as session:
        while issues.fan_out(session, stage.issue_id, everybody, today=TODAY, chunk=1000):
            pass
        issues.begin_sending(session, stage.issue_id)
    assert len(stage.due()) == len(READERS)


def test_an_issue_that_somebody_got_stays_public_when_it_resumes(database: Database) -> None:
    stage = set_stage(database, READERS)
    first = stage.due()[0]
    stage.commit(claims=[stage.claim(first)])
    stage.commit([outcome(first.delivery_id)])
    with database.write() as session:
        steering.pause(session, stage.issue_id)
        steering.resume(session, stage.issue_id)
    assert state(stage) is IssueState.SENDING
    assert len(stage.due()) == len(READERS) - 1


def test_cancelling_skips_what_is_left_and_lets_what_was_sent_be(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steering, "CHUNK", 1)
    stage = set_stage(database, READERS)
    first, second, _ = stage.due()
    stage.commit(claims=[stage.claim(first), stage.claim(second)])
    stage.commit([outcome(first.delivery_id)])
    with database.write() as session:
        assert not steering.skip_cancelled(session, stage.issue_id), "it is not cancelled yet"
        assert steering.cancel(session, stage.issue_id, NOW)
    stage.commit([outcome(second.delivery_id, DeliveryState.DEFERRED, due=NOW)])
    chunks = 0
    more = True
    while more:
        with database.write() as session:
            more = steering.skip_cancelled(session, stage.issue_id)
        chunks += more
    assert chunks == 2
    assert stage.state(READERS[0]) is DeliveryState.SENT
    for reader in READERS[1:]:
        assert stage.state(reader) is DeliveryState.SKIPPED
    with database.read() as session:
        assert issues.skips(session, stage.issue_id) == {Skip.CANCELLED: 2}
        assert issues.issue_by_id(session, stage.issue_id).finished_at == NOW


def test_a_cancelled_issue_is_over(database: Database) -> None:
    stage = set_stage(database, READERS)
    with database.write() as session:
        steering.cancel(session, stage.issue_id, NOW)
        assert not steering.cancel(session, stage.issue_id, NOW)
    for act in (steering.pause, steering.resume, issues.begin_sending):
        with database.write() as session, pytest.raises(ConflictError, match="is cancelled"):
            act(session, stage.issue_id)
    with database.write() as session, pytest.raises(ConflictError, match="is cancelled"):
        issues.fan_out(session, stage.issue_id, everybody, today=TODAY, chunk=1)


def test_a_draft_cannot_be_steered(database: Database) -> None:
    with database.write() as session:
        sync(session)
        join(session, READERS[0])
        draft = issues.save_draft(session, make_digest(), NOW)
    for act in (steering.pause, steering.resume):
        with database.write() as session, pytest.raises(ConflictError, match="is draft"):
            act(session, draft.id)
    with database.write() as session, pytest.raises(ConflictError, match="is draft"):
        steering.cancel(session, draft.id, NOW)
