from __future__ import annotations

import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from unittest.mock import patch

import psycopg
import pytest

from newsletter.content.mailinglist import InDoubt
from newsletter.content.preferences import Preferences
from newsletter.delivery.engine import StoreLedger
from newsletter.errors import NotFoundError
from newsletter.store import departures, editions, issues, ledger, senders, subscribers
from newsletter.store.database import Database
from newsletter.store.tables import IssueRow
from newsletter.store.values import DeliveryState, IssueState, Skip, Way
from tests.store.stage import LIST, NOW, SENDER, TODAY, Stage, outcome, set_stage

ADA, BELA, CHEN = "ada@example.test", "bela@example.test", "chen@example.test"
LATER = NOW + dt.timedelta(minutes=10)


@pytest.fixture
def stage(database: Database) -> Stage:
    return set_stage(database, [ADA, BELA, CHEN])


def reader(stage: Stage, address: str) -> int:
    with stage.database.read() as session:
        return subscribers.show(session, address).id


def test_everybody_is_due_once_with_their_present_choice(stage: Stage) -> None:
    due = stage.due()
    assert [item.address for item in due] == [ADA, BELA, CHEN]
    assert all(item.fixed is None and item.attempts == 0 for item in due)
    with stage.database.write() as session:
        choice = Preferences(languages=("zh",))
        subscribers.set_preferences(session, LIST, reader(stage, BELA), choice)
    with stage.database.read() as session:
        assert issues.selected(session, stage.due()[1].preferences_id) == choice


def test_due_goes_on_after_a_delivery_and_stops_at_a_limit(stage: Stage) -> None:
    first, second, _ = stage.due()
    with stage.database.read() as session:
        after = first.delivery_id
        assert ledger.due(session, stage.issue_id, now=NOW, limit=1, after=after) == [second]


def test_a_claim_fixes_the_facts_and_later_ones_repeat_them(stage: Stage) -> None:
    due = stage.due()[0]
    claim = stage.claim(due)
    assert stage.commit(claims=[claim]) == {due.delivery_id}
    deferred = outcome(due.delivery_id, DeliveryState.DEFERRED, code=451, due=LATER)
    stage.commit(outcomes=[deferred])
    assert due.delivery_id not in [item.delivery_id for item in stage.due(NOW)]
    again = next(item for item in stage.due(LATER) if item.delivery_id == due.delivery_id)
    assert again.fixed == claim.fixed
    other = claim.fixed._replace(address="other@example.test", message_id="<other@example.test>")
    stage.commit(claims=[claim._replace(fixed=other, at=LATER)])
    view = stage.view(due.delivery_id)
    assert view.fixed == claim.fixed
    assert (view.attempts, view.first_at, view.last_at) == (2, NOW, LATER)
    with stage.database.read() as session:
        body = editions.plan_body(session, stage.edition_id, due.preferences_id)
    assert body == "{}"


def test_a_delivery_is_claimed_by_one_sender_alone(stage: Stage) -> None:
    due = stage.due()[0]
    assert stage.commit(claims=[stage.claim(due)], sender="one") == {due.delivery_id}
    assert stage.commit(claims=[stage.claim(due)], sender="two") == frozenset()
    assert stage.view(due.delivery_id).sender == "one"


def test_an_outcome_counts_only_from_the_sender_that_is_sending(stage: Stage) -> None:
    due = stage.due()[0]
    stage.commit(claims=[stage.claim(due)])
    stage.commit(outcomes=[outcome(due.delivery_id)], sender="somebody else")
    assert stage.view(due.delivery_id).state is DeliveryState.SENDING
    stage.commit(outcomes=[outcome(due.delivery_id)])
    assert stage.view(due.delivery_id).state is DeliveryState.SENT
    stage.commit(outcomes=[outcome(due.delivery_id, DeliveryState.FAILED)])
    assert stage.view(due.delivery_id).state is DeliveryState.SENT


def test_outcomes_come_before_claims_in_one_commit(stage: Stage) -> None:
    first, second, _ = stage.due()
    stage.commit(claims=[stage.claim(first)])
    granted = stage.commit([outcome(first.delivery_id)], [stage.claim(second)])
    assert granted == {second.delivery_id}
    assert stage.state(ADA) is DeliveryState.SENT
    assert stage.state(BELA) is DeliveryState.SENDING


def test_only_attempts_that_were_not_sent_are_kept_apart(stage: Stage) -> None:
    first, second, _ = stage.due()
    stage.commit(claims=[stage.claim(first), stage.claim(second)])
    reply = "5.1.1 no such user \0\ud800 “here”"
    failed = outcome(second.delivery_id, DeliveryState.FAILED, code=550, text=reply)
    stage.commit([outcome(first.delivery_id), failed])
    assert stage.view(first.delivery_id).history == ()
    (attempt,) = stage.view(second.delivery_id).history
    assert (attempt.state, attempt.code) == (DeliveryState.FAILED, 550)
    assert attempt.text == "5.1.1 no such user ? “here”"


@pytest.mark.parametrize("deferred", [False, True])
def test_nobody_is_claimed_after_their_leave(stage: Stage, deferred: bool) -> None:
    due = stage.due()[0]
    if deferred:
        stage.commit(claims=[stage.claim(due)])
        stage.commit([outcome(due.delivery_id, DeliveryState.DEFERRED, due=NOW)])
        due = stage.due()[0]
    with stage.database.write() as session:
        subscribers.leave(session, LIST, due.subscriber_id, way=Way.ONE_CLICK, now=NOW)
    assert stage.commit(claims=[stage.claim(due)]) == frozenset()
    view = stage.view(due.delivery_id)
    assert (view.state, view.reason) == (DeliveryState.SKIPPED, Skip.LEFT)


def test_a_pause_or_a_suppression_takes_out_what_waits(stage: Stage) -> None:
    ada, bela, chen = stage.due()
    with stage.database.write() as session:
        until = TODAY + dt.timedelta(days=21)
        departures.pause(session, LIST, ada.subscriber_id, until, today=TODAY)
        subscribers.suppress(session, BELA.upper(), "complaint", NOW)
    granted = stage.commit(claims=[stage.claim(item) for item in (ada, bela, chen)])
    assert granted == {chen.delivery_id}
    assert stage.view(ada.delivery_id).reason == Skip.PAUSED
    assert stage.view(bela.delivery_id).reason == Skip.SUPPRESSED


def test_a_row_made_beside_a_leave_is_skipped_when_it_is_claimed(stage: Stage) -> None:
    """As when the fan-out had not yet committed the row that the leave looked for."""
    ada, bela, chen = stage.due()
    with stage.database.write() as session:
        subscribers.leave(session, LIST, ada.subscriber_id, way=Way.PAGE, now=NOW)
        until = TODAY + dt.timedelta(days=21)
        departures.pause(session, LIST, bela.subscriber_id, until, today=TODAY)
        subscribers.suppress(session, CHEN, "complaint", NOW)
        session.connection().exec_driver_sql("UPDATE deliveries SET state = 'queued'")
    assert stage.commit(claims=[stage.claim(item) for item in (ada, bela, chen)]) == frozenset()
    reasons = [stage.view(item.delivery_id).reason for item in (ada, bela, chen)]
    assert reasons == [Skip.LEFT, Skip.PAUSED, Skip.SUPPRESSED]
    assert stage.due() == []


def test_a_paused_issue_grants_nothing_and_loses_nothing(stage: Stage) -> None:
    with stage.database.write() as session:
        row = session.get_one(IssueRow, stage.issue_id)
        row.state = IssueState.PAUSED
        session.add(row)
    due = stage.due()
    assert stage.commit(claims=[stage.claim(item) for item in due]) == frozenset()
    assert stage.due() == due


@pytest.mark.parametrize(
    ("policy", "state"),
    [(InDoubt.RESEND, DeliveryState.QUEUED), (InDoubt.HOLD, DeliveryState.IN_DOUBT)],
)
def test_what_a_dead_sender_left_is_found(
    stage: Stage, policy: InDoubt, state: DeliveryState
) -> None:
    dead, living, _ = stage.due()
    stage.commit(claims=[stage.claim(dead)], sender="dead")
    stage.commit(claims=[stage.claim(living)], sender="living")
    with stage.database.write() as session:
        found = ledger.abandon(session, stage.issue_id, "living".__eq__, policy, LATER)
    assert found == (dead.delivery_id,)
    view = stage.view(dead.delivery_id)
    assert view.state is state
    assert view.fixed == stage.facts(dead)
    assert [attempt.state for attempt in view.history] == [DeliveryState.IN_DOUBT]
    assert stage.state(BELA) is DeliveryState.SENDING


def test_deliveries_are_found_by_state_domain_and_address(stage: Stage) -> None:
    due = stage.due()[0]
    with stage.database.write() as session:
        ledger.skip(session, [due.delivery_id], "a reason")
    with stage.database.read() as session:
        found = ledger.deliveries
        issue = stage.issue_id
        assert [v.address for v in found(session, issue)] == [ADA, BELA, CHEN]
        assert [v.address for v in found(session, issue, state=DeliveryState.SKIPPED)] == [ADA]
        assert [v.address for v in found(session, issue, address="BELA@example.test")] == [BELA]
        assert list(found(session, issue, domain="other.test")) == []
        assert len(list(found(session, issue, domain="EXAMPLE.test"))) == 3
        assert issues.skips(session, issue) == {"a reason": 1}
        with pytest.raises(NotFoundError):
            ledger.delivery(session, 999)
        assert ledger.delivery_for(session, issue, "nobody@example.test") is None


def test_an_issue_is_sent_when_each_delivery_has_ended(stage: Stage) -> None:
    due = stage.due()
    stage.commit(claims=[stage.claim(item) for item in due])
    states = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.IN_DOUBT)
    stage.commit([outcome(i.delivery_id, s) for i, s in zip(due, states, strict=True)])
    with stage.database.write() as session:
        assert not issues.finish_if_done(session, stage.issue_id, NOW)
        session.connection().exec_driver_sql(
            "UPDATE deliveries SET state = 'sent' WHERE state = 'in doubt'"
        )
        assert issues.finish_if_done(session, stage.issue_id, LATER)
        assert issues.issue_by_id(session, stage.issue_id).finished_at == LATER
        assert issues.counts(session, stage.issue_id) == {
            DeliveryState.SENT: 2,
            DeliveryState.FAILED: 1,
        }


def test_an_undone_leave_gives_back_the_issue_that_is_going_out(stage: Stage) -> None:
    due = stage.due()[0]
    with stage.database.write() as session:
        subscribers.leave(session, LIST, due.subscriber_id, way=Way.PAGE, now=NOW)
        assert departures.undo_leave(session, LIST, due.subscriber_id, LATER)
    assert stage.commit(claims=[stage.claim(due)], sender=SENDER) == {due.delivery_id}


def test_who_leaves_while_their_message_is_on_its_way_is_not_tried_again(stage: Stage) -> None:
    due = stage.due()[0]
    stage.commit(claims=[stage.claim(due)])
    with stage.database.write() as session:
        subscribers.leave(session, LIST, due.subscriber_id, way=Way.ONE_CLICK, now=NOW)
    stage.commit([outcome(due.delivery_id, DeliveryState.DEFERRED, due=NOW)])
    assert stage.commit(claims=[stage.claim(stage.due()[0])]) == frozenset()
    assert stage.view(due.delivery_id).reason == Skip.LEFT


def test_a_commit_that_meets_another_in_a_deadlock_gives_way_and_is_done_anew(
    postgresql_database: Database,
) -> None:
    """As when many are suppressed in one transaction while they are claimed in another order."""
    stage = set_stage(postgresql_database, [ADA, BELA])
    first, second = stage.due()
    url = postgresql_database.engine.url.render_as_string(hide_password=False)
    touch = "UPDATE deliveries SET reason = 'touched' WHERE id = %s"
    claims = [stage.claim(first), stage.claim(second)]
    with postgresql_database.write() as session:
        # Who waits looks for a deadlock once, so late: there must be one by then.
        name = session.connection().engine.url.database
        session.connection().exec_driver_sql(f'ALTER DATABASE "{name}" SET deadlock_timeout = 5000')
    postgresql_database.engine.dispose()  # connections know it from their beginning on
    with (
        patch.object(senders, "check_held", lambda *_: None),
        ThreadPoolExecutor(1) as thread,
        closing(psycopg.connect(url.replace("+psycopg", ""))) as other,
        closing(StoreLedger(postgresql_database, stage.issue_id, SENDER)) as books,
    ):
        other.execute("SET deadlock_timeout = '10min'")  # it is the ledger that gives way
        other.execute(touch, (second.delivery_id,))
        granted = thread.submit(books.commit, [], claims, [])
        while not _waits_for_another(postgresql_database):
            time.sleep(0.01)
        other.execute(touch, (first.delivery_id,))
        other.commit()
        assert granted.result(60) == {first.delivery_id, second.delivery_id}
    assert stage.view(first.delivery_id).attempts == 1


def _waits_for_another(database: Database) -> bool:
    with database.read() as session:
        found = session.connection().exec_driver_sql(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            "AND datname = current_database())"
        )
        return bool(found.scalar())


def test_a_claim_that_ends_at_once_is_one_commit(stage: Stage) -> None:
    due, other = stage.due()[:2]
    ended = outcome(due.delivery_id, DeliveryState.FAILED)
    assert stage.commit([ended], [stage.claim(due), stage.claim(other)]) == {
        due.delivery_id,
        other.delivery_id,
    }
    view = stage.view(due.delivery_id)
    assert (view.state, view.attempts, len(view.history)) == (DeliveryState.FAILED, 1, 1)
    assert stage.view(other.delivery_id).state is DeliveryState.SENDING


def test_one_that_is_not_granted_is_not_ended_either(stage: Stage) -> None:
    due = stage.due()[0]
    with stage.database.write() as session:
        subscribers.leave(session, LIST, due.subscriber_id, way=Way.PAGE, now=NOW)
    assert not stage.commit([outcome(due.delivery_id)], [stage.claim(due)])
    view = stage.view(due.delivery_id)
    assert (view.state, view.attempts) == (DeliveryState.SKIPPED, 0)
