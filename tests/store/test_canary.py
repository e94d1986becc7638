from __future__ import annotations

import datetime as dt
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import ConflictError
from newsletter.store import canary, ledger
from newsletter.store.canary import Canary, CanaryState, Fared
from newsletter.store.database import Database
from newsletter.store.values import DeliveryState
from tests.store.stage import NOW, Stage, outcome, set_stage

READERS = tuple(f"reader{number}@example.test" for number in range(10))
HALF_AN_HOUR = dt.timedelta(minutes=30)


def drawn(database: Database, size: int = 3) -> Stage:
    stage = set_stage(database, READERS)
    with database.write() as session:
        canary.want(session, stage.issue_id, size, HALF_AN_HOUR)
        canary.draw(session, stage.issue_id, random.Random(7).random, NOW)  # noqa: S311 - a test
    return stage


def few(stage: Stage) -> list[int]:
    with stage.database.read() as session:
        due = ledger.due(session, stage.issue_id, now=NOW, limit=1000, canary=True)
    return [one.delivery_id for one in due]


def test_only_the_few_are_due_until_they_have_passed(database: Database) -> None:
    stage = drawn(database)
    assert len(few(stage)) == 3
    with database.write() as session:
        assert canary.is_open(session, stage.issue_id)
        canary.release(session, stage.issue_id)
        assert not canary.is_open(session, stage.issue_id)


def test_who_was_drawn_stays_drawn(database: Database) -> None:
    stage = drawn(database)
    before = few(stage)
    with database.write() as session:
        canary.want(session, stage.issue_id, 9, HALF_AN_HOUR)
        canary.draw(session, stage.issue_id, random.Random(8).random, NOW)  # noqa: S311 - a test
    assert few(stage) == before


def test_a_canary_cannot_come_second(database: Database) -> None:
    stage = set_stage(database, READERS)
    stage.commit(claims=[stage.claim(stage.due()[0])])
    with database.write() as session, pytest.raises(ConflictError, match="can only go first"):
        canary.want(session, stage.issue_id, 3, HALF_AN_HOUR)


def test_how_the_few_fared_is_counted_apart_from_the_rest(database: Database) -> None:
    stage = drawn(database)
    others = [due for due in stage.due() if due.delivery_id not in few(stage)]
    first, second, _ = (due for due in stage.due() if due.delivery_id in few(stage))
    stage.commit(claims=[stage.claim(due) for due in (first, second, *others)])
    stage.commit(
        [
            outcome(first.delivery_id),
            outcome(second.delivery_id, DeliveryState.FAILED, code=550),
            *(outcome(due.delivery_id) for due in others),
        ]
    )
    with database.read() as session:
        assert canary.fared(session, stage.issue_id) == Fared(sent=1, refused=1, left=1)


def test_a_hold_is_counted_from_its_first_beginning(database: Database) -> None:
    stage = drawn(database)
    with database.write() as session:
        until = canary.begin_hold(session, stage.issue_id, NOW)
        later = canary.begin_hold(session, stage.issue_id, NOW + HALF_AN_HOUR)
        found = canary.canary(session, stage.issue_id)
    assert until == later == NOW + HALF_AN_HOUR
    assert found == Canary(
        size=3, hold=HALF_AN_HOUR, state=CanaryState.HOLDING, held_until=NOW + HALF_AN_HOUR
    )


@given(st.integers(0, 50), st.integers(1, 20), st.randoms(use_true_random=False))
def test_a_sample_is_of_those_asked_and_of_the_size_asked(
    number: int, size: int, chance: random.Random
) -> None:
    chosen = canary.sample(range(number), size, chance.random)
    assert len(chosen) == len(set(chosen)) == min(size, number)
    assert set(chosen) <= set(range(number))


def test_everybody_is_as_likely_as_anybody() -> None:
    chance = random.Random(3)  # noqa: S311 - a test
    hits = [0] * 10
    for _ in range(5000):
        for number in canary.sample(range(10), 3, chance.random):
            hits[number] += 1
    assert all(abs(hit - 1500) < 150 for hit in hits), hits
