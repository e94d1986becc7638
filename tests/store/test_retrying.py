from __future__ import annotations

import datetime as dt

import pytest

from newsletter.errors import ConflictError
from newsletter.store import breaker, departures, issues, ledger, retrying, steering, subscribers
from newsletter.store.database import Database
from newsletter.store.retrying import Found, Which
from newsletter.store.tables import IssueRow
from newsletter.store.values import DeliveryState, IssueState, Way
from tests.store.stage import LIST, NOW, TODAY, Stage, outcome, set_stage

ADA, BEN, CY, DORA, EVE, FAY = (
    f"{name}@{domain}"
    for name, domain in (
        ("ada", "one.test"),
        ("ben", "one.test"),
        ("cy", "two.test"),
        ("dora", "two.test"),
        ("eve", "two.test"),
        ("fay", "two.test"),
    )
)
LATER = NOW + dt.timedelta(hours=1)
POLICY = {"code": 550, "enhanced": "5.7.1", "text": "Your mail is 100% UNWANTED"}
FULL = {"code": 552, "enhanced": "5.2.2", "text": "over quota"}


@pytest.fixture
def stage(database: Database) -> Stage:
    """Ada and Cy have it; the others were refused by policy, Fay for a full mailbox."""
    stage = set_stage(database, (ADA, BEN, CY, DORA, EVE, FAY))
    due = stage.due()
    stage.commit(claims=[stage.claim(item) for item in due])
    failed = DeliveryState.FAILED
    stage.commit(
        [
            outcome(item.delivery_id)
            if item.address in (ADA, CY)
            else outcome(item.delivery_id, failed, **(FULL if item.address == FAY else POLICY))
            for item in due
        ]
    )
    with database.write() as session:
        assert issues.finish_if_done(session, stage.issue_id, NOW)
    return stage


def found(stage: Stage, which: Which) -> Found:
    with stage.database.read() as session:
        return retrying.found(session, stage.issue_id, which, TODAY)


def again(stage: Stage, which: Which) -> int:
    with stage.database.write() as session:
        return retrying.queue_again(session, stage.issue_id, which, LATER, TODAY)


def reader(stage: Stage, address: str) -> int:
    with stage.database.read() as session:
        return subscribers.show(session, address).id


def test_those_that_failed_wait_again_with_the_same_bytes_and_the_issue_goes_on(
    stage: Stage,
) -> None:
    assert again(stage, Which()) == 4
    due = stage.due(LATER)
    assert {item.address for item in due} == {BEN, DORA, EVE, FAY}
    assert all(item.fixed is not None for item in due)
    view = stage.view(due[0].delivery_id)
    assert [attempt.text for attempt in view.history] == [POLICY["text"], "queued again by hand"]
    assert stage.commit(claims=[stage.claim(item) for item in due]), "it goes out again"
    assert stage.state(ADA) is stage.state(CY) is DeliveryState.SENT


@pytest.mark.parametrize(
    ("which", "who"),
    [
        (Which(domain="ONE.test"), {BEN}),
        (Which(code="552"), {FAY}),
        (Which(code="5.7.1"), {BEN, DORA, EVE}),
        (Which(words="100% unwanted"), {BEN, DORA, EVE}),
        (Which(words="100_"), set()),
        (Which(address=DORA.upper()), {DORA}),
        (Which(domain="two.test", code="550"), {DORA, EVE}),
    ],
)
def test_only_those_who_are_meant_are_queued(stage: Stage, which: Which, who: set[str]) -> None:
    assert found(stage, which) == Found(again=len(who), away=0, held=0)
    assert again(stage, which) == len(who)
    assert {item.address for item in stage.due(LATER)} == who


def test_who_left_paused_or_is_suppressed_is_let_be(stage: Stage) -> None:
    with stage.database.write() as session:
        until = TODAY + dt.timedelta(days=30)
        subscribers.leave(session, LIST, reader(stage, BEN), way=Way.PAGE, now=NOW)
        departures.pause(session, LIST, reader(stage, DORA), until, today=TODAY)
        subscribers.suppress(session, EVE, "complaint", NOW)
    assert found(stage, Which()) == Found(again=1, away=3, held=0)
    assert again(stage, Which()) == 1
    assert [item.address for item in stage.due(LATER)] == [FAY]


def test_what_the_breaker_asks_about_waits_for_its_answer(stage: Stage) -> None:
    with stage.database.write() as session:
        for address in (BEN, DORA):
            row = ledger.delivery_for(session, stage.issue_id, address)
            assert row is not None
            breaker.accuse(session, row.id, "bad address", NOW)
        session.connection().exec_driver_sql("UPDATE accusations SET standing = 'held'")
    assert found(stage, Which()) == Found(again=2, away=0, held=2)
    assert again(stage, Which()) == 2
    with stage.database.write() as session:
        breaker.decide(session, stage.issue_id, suppress_them=False, now=NOW)
    assert again(stage, Which()) == 2, "dismissed: they may have it"


def test_what_fails_again_meanwhile_is_not_tried_for_ever(stage: Stage) -> None:
    again(stage, Which(code="552"))
    (item,) = stage.due(LATER)
    stage.commit(claims=[stage.claim(item, LATER)])
    after = LATER + dt.timedelta(seconds=1)
    stage.commit([outcome(item.delivery_id, DeliveryState.FAILED, at=after, **FULL)])
    assert again(stage, Which(code="552")) == 0


def test_nothing_of_a_cancelled_issue_is_tried_again(stage: Stage) -> None:
    with stage.database.write() as session:
        session.get_one(IssueRow, stage.issue_id).state = IssueState.SENDING
        steering.cancel(session, stage.issue_id, NOW)
    with pytest.raises(ConflictError, match="is cancelled"):
        again(stage, Which())
