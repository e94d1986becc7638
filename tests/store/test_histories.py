"""A person's history says of each moment what was so then."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlmodel import select

from newsletter.store.database import Database
from newsletter.store.histories import history
from newsletter.store.tables import DeliveryRow, SubscriptionRow
from newsletter.store.values import DeliveryState, SubscriptionState
from tests.store.stage import NOW
from tests.tracking.mailed import Mailed, mail
from tests.tracking.returned_mail import dsn, envelope

ANN = "ann@reader.example"
LATER = NOW + dt.timedelta(hours=3)


def told(mailed: Mailed) -> dict[str, dt.datetime]:
    """When what happened, but for joining, which is as old as the stage."""
    with mailed.stage.database.read() as session:
        return {e.what: e.at for e in history(session, mailed.person(ANN).id, ANN)}


def test_what_was_accepted_and_came_back_is_told_twice_each_at_its_time(
    database: Database,
) -> None:
    mailed = mail(database, [ANN])
    mailed.take(dsn(to=envelope(mailed.ids[ANN])), now=LATER)
    assert mailed.state(ANN) is DeliveryState.BOUNCED
    found = told(mailed)
    assert (found["accepted by the relay"], found["bounce came back"]) == (NOW, LATER)
    assert "bounced" not in found


def test_what_came_back_without_an_answer_seen_was_in_doubt(database: Database) -> None:
    mailed = mail(database, [ANN])
    with database.write() as session:
        row = session.get(DeliveryRow, mailed.ids[ANN])
        assert row is not None
        row.state, row.code = DeliveryState.IN_DOUBT, 0
        session.add(row)
    mailed.take(dsn(to=envelope(mailed.ids[ANN])), now=LATER)
    found = told(mailed)
    assert (found["in doubt"], found["bounce came back"]) == (NOW, LATER)
    assert "accepted by the relay" not in found


@pytest.mark.parametrize(
    ("state", "what"),
    [
        (SubscriptionState.ACTIVE, "joined"),
        (SubscriptionState.LEFT, "joined"),
        (SubscriptionState.PENDING, "asked to join"),
    ],
)
def test_who_has_not_confirmed_has_not_joined(
    database: Database, state: SubscriptionState, what: str
) -> None:
    mailed = mail(database, [ANN])
    person = mailed.person(ANN)
    with database.write() as session:
        wanted = select(SubscriptionRow).where(SubscriptionRow.subscriber_id == person.id)
        row = session.exec(wanted).one()
        row.state = state
        session.add(row)
    with database.read() as session:
        first = next(iter(history(session, person.id, ANN)))
    assert first.what == what
    assert "now" not in first.detail
