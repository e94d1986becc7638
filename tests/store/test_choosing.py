from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from newsletter.content.choosing import Choices
from newsletter.content.preferences import Preferences
from newsletter.store import histories, members, subscribers
from newsletter.store.admission import Member
from newsletter.store.choosing import choose
from newsletter.store.database import Database
from newsletter.store.erasures import ErasureKey, erase
from newsletter.store.moving import move
from newsletter.store.values import DeliveryState, Way
from tests.store.stage import LIST, NOW, TODAY, join, set_stage, sync

ADA = "ada@example.test"
LATER = NOW + dt.timedelta(hours=1)
BY: Any = {"way": Way.PAGE, "now": LATER, "today": TODAY}
KEY = ErasureKey("a made-up key of erasures, long enough")


def told(database: Database, address: str = ADA) -> list[tuple[str, str, str]]:
    """What the history says was changed: list, what, detail."""
    with database.read() as session:
        person = subscribers.show(session, address)
        events = histories.history(session, person.id, address)
    return [(e.list_name, e.what, e.detail) for e in events if e.what.startswith("changed")]


@pytest.fixture
def ada(database: Database) -> int:
    with database.write() as session:
        sync(session)
        join(session, ADA)
        return subscribers.show(session, ADA).id


def test_what_somebody_chooses_is_stored_and_told(database: Database, ada: int) -> None:
    wanted = Choices(
        preferences=Preferences(follows=frozenset({"operators"})), zone="Europe/Berlin"
    )
    with database.write() as session:
        assert len(choose(session, LIST, ada, wanted, **BY)) == 2
        assert choose(session, LIST, ada, wanted, **BY) == ()
        found = subscribers.show(session, ADA).subscriptions[LIST]
    assert (found.preferences, found.zone) == (wanted.preferences, "Europe/Berlin")
    assert told(database) == [
        (LIST, "changed follows", "by page, only operators"),
        (LIST, "changed time zone", "by page, the list's → Europe/Berlin"),
    ]


def test_a_pause_that_is_over_is_no_change(database: Database, ada: int) -> None:
    with database.write() as session:
        choose(session, LIST, ada, Choices(paused_until=TODAY), **BY)
        assert subscribers.show(session, ADA).subscriptions[LIST].paused_until is None
    assert told(database) == []


def test_a_pause_takes_effect_on_what_is_queued(database: Database) -> None:
    stage = set_stage(database, [ADA])
    until = TODAY + dt.timedelta(weeks=2)
    with database.write() as session:
        person = subscribers.show(session, ADA)
        choose(session, LIST, person.id, Choices(paused_until=until), **BY)
    assert stage.state(ADA) is DeliveryState.SKIPPED
    assert told(database) == [(LIST, "changed paused until", f"by page, no pause → {until}")]


def test_a_new_address_is_told_without_either(database: Database, ada: int) -> None:
    new = "lovelace@example.test"
    with database.write() as session:
        move(session, ada, new, way=Way.ADMIN, now=LATER)
    assert told(database, new) == [("", "changed address", "by admin")]
    with database.read() as session:
        assert ADA not in str(histories.everything(session, ada, new))


def test_a_forced_consent_keeps_the_one_before(database: Database, ada: int) -> None:
    gone = Member(address=ADA, line=2)
    with database.write() as session:
        subscribers.leave(session, LIST, ada, way=Way.PAGE, now=LATER)
        members.import_rows(session, LIST, [gone], source="a file", now=LATER, force="a form")
    assert told(database) == [
        (LIST, "changed consent", f"by import, before: {NOW:%Y-%m-%d}, a test")
    ]


def test_changes_are_told_to_who_asks_for_everything_and_go_with_an_erasure(
    database: Database, ada: int
) -> None:
    with database.write() as session:
        choose(session, LIST, ada, Choices(preferences=replace(Preferences(), most=3)), **BY)
        (row,) = histories.everything(session, ada, ADA)["changes"]
        assert (row["what"], row["how"], row["way"]) == ("most entries", "no limit → 3", "page")
        erase(session, ADA, KEY, LATER)
        assert "changes" not in histories.everything(session, ada, "")
