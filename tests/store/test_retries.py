"""What waits: rows set aside without an attempt, and which issues have something due."""

from __future__ import annotations

import datetime as dt

import pytest

from newsletter.store import issues, ledger, steering
from newsletter.store.database import Database
from newsletter.store.retries import next_due, waiting_issues
from newsletter.store.values import DeliveryState, IssueState
from tests.delivery.test_engine import going_out
from tests.store.stage import NOW

HOUR = dt.timedelta(hours=1)
WHY = "slow.example asked 5 times in a row to try later"


def set_aside(database: Database, issue_id: int, until: dt.datetime) -> list[int]:
    with database.write() as session:
        numbers = [view.id for view in ledger.deliveries(session, issue_id)]
        ledger.set_aside(session, [(number, WHY, NOW, until) for number in numbers])
    return numbers


def due(database: Database, issue_id: int, now: dt.datetime) -> list[int]:
    with database.read() as session:
        return [d.delivery_id for d in ledger.due(session, issue_id, now=now, limit=100)]


def test_what_is_set_aside_is_due_later_and_has_not_been_tried(database: Database) -> None:
    issue = going_out(database)
    numbers = set_aside(database, issue.id, NOW + HOUR)
    assert due(database, issue.id, NOW) == []
    assert due(database, issue.id, NOW + HOUR) == numbers
    with database.read() as session:
        view = ledger.delivery(session, numbers[0])
        assert next_due(session, issue.id) == NOW + HOUR
    assert (view.state, view.reason, view.attempts) == (DeliveryState.DEFERRED, WHY, 0)


def test_its_age_counts_from_the_first_time_it_was_set_aside(database: Database) -> None:
    issue = going_out(database)
    set_aside(database, issue.id, NOW + HOUR)
    with database.write() as session:
        (first, *_) = ledger.due(session, issue.id, now=NOW + HOUR, limit=1)
        ledger.set_aside(session, [(first.delivery_id, WHY, NOW + HOUR, NOW + 3 * HOUR)])
    with database.read() as session:
        (again, *_) = ledger.due(session, issue.id, now=NOW + 3 * HOUR, limit=1)
    assert again.since == NOW


def test_nothing_that_has_ended_is_set_aside(database: Database) -> None:
    issue = going_out(database)
    with database.write() as session:
        numbers = [view.id for view in ledger.deliveries(session, issue.id)]
        ledger.skip(session, numbers, "left the list")
    set_aside(database, issue.id, NOW + HOUR)
    with database.read() as session:
        assert set(issues.counts(session, issue.id)) == {DeliveryState.SKIPPED}
        assert next_due(session, issue.id) is None


@pytest.mark.parametrize(
    ("state", "waits"),
    [
        (IssueState.SENDING, True),
        (IssueState.PAUSED, False),
        (IssueState.CANCELLED, False),
    ],
)
def test_only_issues_that_are_going_out_are_gone_on_with(
    database: Database, state: IssueState, waits: bool
) -> None:
    issue = going_out(database)
    with database.write() as session:
        if state is IssueState.PAUSED:
            steering.pause(session, issue.id)
        if state is IssueState.CANCELLED:
            steering.cancel(session, issue.id, NOW)
        assert waiting_issues(session, NOW) == ((issue.id,) if waits else ())


def test_an_issue_whose_deferred_are_not_due_yet_is_left_alone(database: Database) -> None:
    issue = going_out(database)
    set_aside(database, issue.id, NOW + HOUR)
    with database.read() as session:
        assert waiting_issues(session, NOW) == ()
        assert waiting_issues(session, NOW + HOUR) == (issue.id,)


def test_an_issue_whose_sender_died_over_its_last_messages_is_looked_after(
    database: Database,
) -> None:
    issue = going_out(database)
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE deliveries SET state = 'sending'")
    with database.read() as session:
        assert waiting_issues(session, NOW) == (issue.id,)


def test_one_whose_sender_died_before_it_could_say_that_it_was_done_is_looked_after(
    database: Database,
) -> None:
    issue = going_out(database)
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE deliveries SET state = 'sent'")
        assert waiting_issues(session, NOW) == (issue.id,)
        issues.finish_if_done(session, issue.id, NOW)
        assert waiting_issues(session, NOW) == ()


def test_doubts_that_are_held_are_nothing_to_be_sent(database: Database) -> None:
    going_out(database)
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE deliveries SET state = 'in doubt'")
        assert waiting_issues(session, NOW) == ()
