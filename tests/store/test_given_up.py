"""An address that its person gave up for another, and the files that still have it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlmodel import Session, SQLModel, select

from newsletter.errors import SettingsError
from newsletter.store import subscribers
from newsletter.store.admission import Admission, Member
from newsletter.store.database import Database
from newsletter.store.erasures import ErasureKey, erase, erased_among, erasure
from newsletter.store.given_up import GivenUp
from newsletter.store.given_up_tables import GivenUpRow
from newsletter.store.members import import_rows
from newsletter.store.moving import Moved, move
from newsletter.store.values import SubscriptionState, Way
from tests.store.stage import LIST, NOW, join, migrate_to, sync

ANN, NEW, CY = "ann@reader.example", "ann@new.example", "cy@reader.example"
KEY = ErasureKey("a key for erasures in tests, of good length")
OTHER = ErasureKey("another key for erasures, of good length as well")


def relocate(session: Session, old: str, new: str, key: ErasureKey | None = KEY) -> Moved:
    person = subscribers.show(session, old).id
    return move(session, person, new, way=Way.ADMIN, now=NOW, key=key)


def take_in(session: Session, *members: Member, force: str = "") -> list[Admission]:
    given_up = GivenUp(session, KEY)
    added = import_rows(
        session, LIST, members, source="a file", now=NOW, given_up=given_up, force=force
    )
    assert added.moved == added.refused
    assert {refusal.since for refusal in added.refusals} <= {NOW}
    return [refusal.admission for refusal in added.refusals]


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as found:
        sync(found)
        join(found, ANN)
        yield found


def test_an_old_file_adds_nobody_twice(session: Session) -> None:
    assert relocate(session, ANN, NEW) == Moved(ANN, kept_out=True)
    assert take_in(session, Member(address="ANN@Reader.example"), Member(address=CY)) == [
        Admission.MOVED
    ]
    left = Member(address=ANN, state=SubscriptionState.LEFT)
    assert take_in(session, left) == [Admission.MOVED]
    people = {member.address for member in subscribers.export(session, LIST)}
    assert people == {NEW, CY}


def test_what_is_kept_of_the_old_address_does_not_name_it(session: Session) -> None:
    relocate(session, ANN, NEW)
    assert "reader.example" not in repr(session.exec(select(GivenUpRow)).all())
    for table in SQLModel.metadata.tables.values():
        assert ANN not in str(session.connection().execute(table.select()).all())


def test_by_force_and_reason_the_address_is_in_use_again(session: Session) -> None:
    relocate(session, ANN, NEW)
    assert take_in(session, Member(address=ANN), force="two people") == []
    found = subscribers.show(session, ANN).subscriptions[LIST]
    assert found.consent_source == "forced: two people"
    assert GivenUp(session, KEY).among([ANN]) == frozenset()


def test_who_moves_back_gives_up_the_other_address(session: Session) -> None:
    relocate(session, ANN, NEW)
    relocate(session, NEW, ANN)
    assert GivenUp(session, KEY).among([ANN, NEW]) == {NEW}
    assert relocate(session, ANN, ANN.upper()).kept_out, "another spelling of the same"
    assert GivenUp(session, KEY).among([ANN, NEW]) == {NEW}


def test_who_is_erased_is_not_brought_back_by_an_address_they_gave_up_either(
    session: Session,
) -> None:
    relocate(session, ANN, NEW)
    erase(session, NEW, KEY, NOW, reason="their own wish")
    assert session.exec(select(GivenUpRow)).all() == []
    assert erased_among(session, KEY)([ANN, NEW, CY]) == {ANN, NEW}
    found = erasure(session, ANN, KEY)
    assert found is not None
    assert (found.reason, found.at) == ("their own wish", NOW)


def test_a_missing_or_another_key_is_told(session: Session) -> None:
    assert not relocate(session, ANN, NEW, key=None).kept_out
    assert GivenUp(session, None).among([ANN]) == frozenset()
    assert relocate(session, NEW, ANN).kept_out
    assert not relocate(session, ANN, "ann@third.example", key=OTHER).kept_out
    for key in (None, OTHER):
        with pytest.raises(SettingsError, match="put back the one of then"):
            GivenUp(session, key).among([ANN])


def test_a_database_of_an_earlier_version_can_keep_them(empty_url: str) -> None:
    database = Database.open(empty_url)
    migrate_to(database, "0017")
    with database.engine.begin() as connection:
        person = "INSERT INTO subscribers (address, address_key, created_at) VALUES (:a, :a, 0)"
        connection.execute(text(person), {"a": ANN})
    database.upgrade()
    with database.write() as session:
        assert relocate(session, ANN, NEW).kept_out
        assert GivenUp(session, KEY).among([ANN, NEW]) == {ANN}
    database.close()
