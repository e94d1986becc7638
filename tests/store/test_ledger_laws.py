"""In whatever order things happen: a row is in one state, and nobody is mailed after they left."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from newsletter.content.mailinglist import InDoubt
from newsletter.store import departures, issues, ledger, subscribers
from newsletter.store.database import Database
from newsletter.store.values import Claim, DeliveryState, Fixed, Way
from tests.store.stage import LIST, NOW, TODAY, Stage, outcome, set_stage

READERS = [f"reader{number}@example.test" for number in range(2)]
PEOPLE = st.sampled_from(READERS)
SENDERS = st.sampled_from(["one", "two"])
ENDS = st.sampled_from([DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.FAILED])


class Sending(RuleBasedStateMachine):
    """Two senders, readers who leave and come back, and crashes, against one ledger."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.ids = {
            item.address: (item.delivery_id, item.subscriber_id) for item in self.stage.due()
        }
        self.in_flight: dict[int, str] = {}
        self.sent: set[int] = set()
        self.facts: dict[int, Fixed] = {}
        self.away: set[str] = set()
        self.suppressed: set[str] = set()

    @rule(sender=SENDERS, wanted=st.sets(PEOPLE))
    def claim(self, sender: str, wanted: set[str]) -> None:
        claims = [self.stage.claim(item) for item in self.stage.due() if item.address in wanted]
        granted = self.stage.commit(claims=claims, sender=sender)
        for claim in claims:
            if claim.delivery_id in granted:
                assert claim.fixed.address not in self.away | self.suppressed
                assert claim.delivery_id not in self.in_flight
                self.in_flight[claim.delivery_id] = sender
                self.facts.setdefault(claim.delivery_id, claim.fixed)

    @rule(sender=SENDERS, person=PEOPLE)
    def claim_what_may_not_be_due(self, sender: str, person: str) -> None:
        delivery_id, _ = self.ids[person]
        with self.stage.database.read() as session:
            view = ledger.delivery(session, delivery_id)
        if view.fixed is not None and view.state in (DeliveryState.SENT, DeliveryState.SENDING):
            claim = ledger_claim(delivery_id, view.fixed)
            assert self.stage.commit(claims=[claim], sender=sender) == frozenset()

    @precondition(lambda self: self.in_flight)
    @rule(end=ENDS, reporter=SENDERS, data=st.data())
    def report(self, end: DeliveryState, reporter: str, data: st.DataObject) -> None:
        delivery_id = data.draw(st.sampled_from(sorted(self.in_flight)))
        due = NOW if end is DeliveryState.DEFERRED else None
        self.stage.commit([outcome(delivery_id, end, due=due)], sender=reporter)
        if self.in_flight[delivery_id] == reporter:
            del self.in_flight[delivery_id]
            if end is DeliveryState.SENT:
                self.sent.add(delivery_id)

    @rule(dead=SENDERS)
    def crash(self, dead: str) -> None:
        with self.stage.database.write() as session:
            found = ledger.abandon(
                session, self.stage.issue_id, lambda s: s != dead, InDoubt.RESEND, NOW
            )
        assert set(found) == {n for n, sender in self.in_flight.items() if sender == dead}
        for delivery_id in found:
            del self.in_flight[delivery_id]

    @rule(person=PEOPLE)
    def leave(self, person: str) -> None:
        with self.stage.database.write() as session:
            subscribers.leave(session, LIST, self.ids[person][1], way=Way.ONE_CLICK, now=NOW)
        self.away.add(person)

    @rule(person=PEOPLE)
    def come_back(self, person: str) -> None:
        with self.stage.database.write() as session:
            back = departures.undo_leave(session, LIST, self.ids[person][1], NOW)
        assert back == (person in self.away)
        self.away.discard(person)

    @rule(person=PEOPLE)
    def pause(self, person: str) -> None:
        with self.stage.database.write() as session:
            until = TODAY + dt.timedelta(days=30)
            departures.pause(session, LIST, self.ids[person][1], until, today=TODAY)

    @rule(person=PEOPLE)
    def suppress(self, person: str) -> None:
        with self.stage.database.write() as session:
            subscribers.suppress(session, person, "complaint", NOW)
        self.suppressed.add(person)

    @invariant()
    def every_row_is_where_it_must_be(self) -> None:
        with self.stage.database.read() as session:
            views = list(ledger.deliveries(session, self.stage.issue_id))
            counts = issues.counts(session, self.stage.issue_id)
        assert sum(counts.values()) == len(views) == len(READERS)
        sending = {v.id: v.sender for v in views if v.state is DeliveryState.SENDING}
        assert sending == self.in_flight
        assert {v.id for v in views if v.state is DeliveryState.SENT} == self.sent
        assert {v.id: v.fixed for v in views if v.fixed} == self.facts
        for view in views:
            # Who left while their message was on its way may wait again after it was deferred or
            # its sender died; the next claim is refused and skips them (see `claim`).
            if view.address in self.away | self.suppressed and not view.attempts:
                assert view.state not in (DeliveryState.QUEUED, DeliveryState.DEFERRED)


def ledger_claim(delivery_id: int, fixed: Fixed) -> Claim:
    return Claim(delivery_id=delivery_id, fixed=fixed, plan="{}", at=NOW)


def test_the_ledger_keeps_its_promises_in_whatever_order(sqlite_template: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / "first.db"
        shutil.copy(sqlite_template, first)
        opened = Database.open(f"sqlite:///{first}")
        stage = set_stage(opened, READERS)
        with opened.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        opened.close()
        copies = iter(range(10**6))

        class Sends(Sending):
            def __init__(self) -> None:
                path = Path(folder) / f"{next(copies)}.db"
                shutil.copy(first, path)
                database = Database.open(f"sqlite:///{path}")
                self.stage = Stage(database, stage.issue_id, stage.edition_id)
                super().__init__()

            def teardown(self) -> None:
                self.stage.database.close()

        run_state_machine_as_test(
            Sends, settings=settings(max_examples=30, stateful_step_count=20, deadline=None)
        )
