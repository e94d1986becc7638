"""What a monitor and the progress view ask, on both databases."""

from __future__ import annotations

import datetime as dt

from newsletter.store import issues
from newsletter.store.accepted import accepted_since
from newsletter.store.database import Database
from newsletter.store.gauges import gauges
from newsletter.store.troubled import Trouble, troubled_domains
from newsletter.store.values import DeliveryState
from tests.store.stage import LIST, NOW, Stage, outcome, set_stage
from tests.store.test_outbox import put

PEOPLE = ("a@qq.com", "b@qq.com", "c@qq.com", "d@example.test", "e@example.test", "f@slow.test")
SENT, DEFERRED, FAILED = DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.FAILED
LATER = NOW + dt.timedelta(minutes=5)


def answered(database: Database) -> Stage:
    """One sent, two deferred, two failed, one queued; a mail in the outbox."""
    stage = set_stage(database, PEOPLE)
    due = {one.address: one for one in stage.due()}
    states = (SENT, DEFERRED, FAILED, FAILED, DEFERRED)
    stage.commit(claims=[stage.claim(due[address]) for address in PEOPLE[:5]])
    stage.commit(
        [
            outcome(due[address].delivery_id, state, due=LATER if state is DEFERRED else None)
            for address, state in zip(PEOPLE, states, strict=False)
        ]
    )
    put(database, "ada@example.test")
    return stage


def test_what_waits_is_counted_by_the_states_of_issue_and_delivery(database: Database) -> None:
    answered(database)
    with database.read() as session:
        found = gauges(session)
    assert found.waiting == {("sending", "queued"): 1, ("sending", "deferred"): 2}
    assert (found.issues, found.outbox, found.finished) == ({"sending": 1}, {"queued": 1}, {})


def test_nothing_waits_of_an_issue_that_has_ended_and_it_is_known_when(database: Database) -> None:
    stage = set_stage(database, PEOPLE[:1])
    (due,) = stage.due()
    stage.commit(claims=[stage.claim(due)])
    stage.commit([outcome(due.delivery_id)])
    with database.write() as session:
        assert issues.finish_if_done(session, stage.issue_id, NOW)
    with database.read() as session:
        found = gauges(session)
    assert (found.waiting, found.issues, found.finished) == ({}, {"sent": 1}, {LIST: NOW})


def test_the_domains_in_trouble_the_worst_first(database: Database) -> None:
    stage = answered(database)
    with database.read() as session:
        assert troubled_domains(session, stage.issue_id) == (
            Trouble("example.test", 1, 1),
            Trouble("qq.com", 1, 1),
        )
        assert len(troubled_domains(session, stage.issue_id, most=1)) == 1


def test_what_a_relay_accepted_is_known_by_relay_and_time(database: Database) -> None:
    answered(database)
    with database.read() as session:
        assert accepted_since(session, "relay.test", NOW) == 1
        assert accepted_since(session, "another.test", NOW) == 0
        assert accepted_since(session, "relay.test", NOW + dt.timedelta(seconds=1)) == 0
