from __future__ import annotations

import json
from email.message import EmailMessage

import pytest
from sqlmodel import SQLModel, select

from newsletter.content.preferences import Preferences
from newsletter.errors import NotFoundError, SettingsError
from newsletter.store import departures, editing, editors, histories, issues, subscribers
from newsletter.store.admission import Admission, Member
from newsletter.store.database import Database
from newsletter.store.erasures import STATEMENTS, ErasureKey, erase, erased_among, erasure
from newsletter.store.feedback import feedback, record_unread
from newsletter.store.members import add, import_rows
from newsletter.store.readers import reader
from newsletter.store.tables import DeliveryRow, SubscriberRow
from newsletter.store.values import DeliveryState, SubscriptionState, Way
from tests.builders import make_digest
from tests.store.stage import LIST, NOW, join, set_stage, sync
from tests.tracking.mailed import mail
from tests.tracking.returned_mail import dsn, envelope

ANN = "ann@reader.example"
KEY = ErasureKey("a key for erasures in tests, of good length")
OTHER = ErasureKey("another key for erasures, of good length as well")


def erase_ann(database: Database) -> None:
    with database.write() as session:
        erase(session, "Ann@Reader.example", KEY, NOW, reason="asked by letter")


def test_nothing_in_the_database_names_an_erased_person(database: Database) -> None:
    mailed = mail(database, [ANN, "bo@reader.example"])
    mailed.take(dsn(to=envelope(mailed.ids[ANN]), diagnostic=f"smtp; 550 5.1.1 <{ANN}> unknown"))
    number = mailed.person(ANN).id
    erase_ann(database)
    with database.read() as session:
        left = histories.everything(session, number, "")
        assert ANN not in str(left)
        assert "reader.example" not in str(left)
        with pytest.raises(NotFoundError):
            subscribers.show(session, ANN)
        row = session.get(DeliveryRow, mailed.ids[ANN])
        assert row is not None
        assert row.state == DeliveryState.BOUNCED  # numbers stay
        assert reader(session, mailed.ids[ANN]) is None
        assert ANN not in str(feedback(session))
        assert [m.address for m in subscribers.export(session, LIST)] == ["bo@reader.example"]
    assert mailed.suppressed("bo@reader.example") == ""


@pytest.mark.parametrize("encoding", ["7bit", "base64", "quoted-printable"])
def test_an_unread_report_that_names_them_is_theirs(database: Database, encoding: str) -> None:
    def report(address: str) -> bytes:
        message = EmailMessage()
        message.set_content(f"Nobody is at <{address.upper()}> =", cte=encoding)
        return bytes(message)

    with database.write() as session:
        sync(session)
        join(session, ANN)
        for address in (ANN, "bo@reader.example"):
            record_unread(session, address, report(address), NOW, why="a riddle")
        person = subscribers.show(session, ANN)
        (theirs,) = histories.everything(session, person.id, ANN)["feedback"]
        assert theirs["text"] == "a riddle"
    erase_ann(database)
    with database.read() as session:
        assert [(item.text, item.kept > 0) for item in feedback(session)] == [
            ("a riddle", True),
            ("", False),
        ]


def test_what_an_editor_changed_stays_without_their_address(database: Database) -> None:
    draft = make_digest()
    with database.write() as session:
        sync(session)
        join(session, ANN)
        issue = issues.save_draft(session, draft, NOW)
        editing.set_note(session, issue.id, "en", "note", "A note.", who=ANN, now=NOW)
        erase(session, ANN, KEY, NOW)
        assert [edit.who for edit in editing.history(session, issue.id)] == ["erased"]


def test_nothing_is_left_in_sqlites_files(sqlite_database: Database) -> None:
    mail(sqlite_database, [ANN, "bo@reader.example"])
    erase_ann(sqlite_database)
    sqlite_database.empty_log()
    file = sqlite_database.file
    assert file is not None
    for part in (file, file.with_name(f"{file.name}-wal")):
        octets = part.read_bytes()
        assert ANN.encode() not in octets, part


def test_everything_holds_what_they_chose_when_they_were_mailed(database: Database) -> None:
    mailed = mail(database, [ANN])
    with database.write() as session:
        person = subscribers.show(session, ANN)
        subscribers.set_preferences(session, LIST, person.id, Preferences(html=False))
        told = histories.everything(session, person.id, ANN)
    assert [json.loads(row["body"])["html"] for row in told["preferences"]] == [True, False]
    assert mailed.ids[ANN] == told["deliveries"][0]["id"]


def test_what_is_queued_for_an_erased_person_is_not_sent(database: Database) -> None:
    stage = set_stage(database, [ANN, "bo@reader.example"])
    due = {one.address: one for one in stage.due()}
    erase_ann(database)
    assert [one.address for one in stage.due()] == ["bo@reader.example"]
    assert stage.commit(claims=[stage.claim(due[ANN])]) == frozenset()


def test_no_import_brings_an_erased_person_back(database: Database) -> None:
    with database.write() as session:
        sync(session)
        join(session, ANN)
    erase_ann(database)
    with database.write() as session:
        erased = erased_among(session, KEY)
        rows = [Member(address="ANN@reader.example"), Member(address="cy@reader.example")]
        added = import_rows(session, LIST, rows, source="a file", now=NOW, erased=erased)
        assert [refusal.admission for refusal in added.refusals] == [Admission.ERASED]
        gone = Member(address=ANN, state=SubscriptionState.LEFT)
        added = import_rows(session, LIST, [gone], source="a file", now=NOW, erased=erased)
        assert [refusal.admission for refusal in added.refusals] == [Admission.ERASED]
        assert len(session.exec(select(SubscriberRow)).all()) == 2
        found = erasure(session, ANN, KEY)
        assert found is not None
        assert found.reason == "asked by letter"
        assert erasure(session, "cy@reader.example", KEY) is None


def test_they_may_come_back_of_their_own_will(database: Database) -> None:
    with database.write() as session:
        sync(session)
        join(session, ANN)
    erase_ann(database)
    with database.write() as session:
        assert join(session, ANN) is Admission.ADDED
    erase_ann(database)


def test_a_missing_or_another_key_is_told(database: Database) -> None:
    with database.write() as session:
        sync(session)
        join(session, ANN)
        join(session, "bo@reader.example")
        assert erased_among(session, None)([ANN]) == frozenset()
    erase_ann(database)
    with database.write() as session:
        with pytest.raises(SettingsError, match="erasure_key is not set"):
            erased_among(session, None)
        with pytest.raises(SettingsError, match="does not rotate"):
            erased_among(session, OTHER)
        with pytest.raises(SettingsError, match="does not rotate"):
            erase(session, "bo@reader.example", OTHER, NOW)


def test_a_short_key_is_refused_and_none_is_shown() -> None:
    with pytest.raises(SettingsError, match="needs 32"):
        ErasureKey("short")
    assert "good length" not in repr(KEY)


def test_who_left_or_bounced_comes_back_by_force_and_reason_alone(database: Database) -> None:
    with database.write() as session:
        sync(session)
        join(session, ANN)
        person = subscribers.show(session, ANN)
        subscribers.leave(session, LIST, person.id, way=Way.PAGE, now=NOW)
        subscribers.suppress(session, ANN, "complaint", NOW)
        assert join(session, ANN) is Admission.LEFT
        again = add(
            session,
            LIST,
            ANN,
            person.subscriptions[LIST].preferences,
            consent_source="",
            now=NOW,
            force="signed a form",
        )
        assert again is Admission.REVIVED
        person = subscribers.show(session, ANN)
        assert person.suppression is None
        assert person.subscriptions[LIST].state is SubscriptionState.ACTIVE
        assert person.subscriptions[LIST].consent_source == "forced: signed a form"
        assert len(departures.departures(session, person.id)) == 1  # the history stays


def test_every_table_that_can_hold_an_address_is_known_to_erasing() -> None:
    holders = {
        name
        for name, table in SQLModel.metadata.tables.items()
        if {"address", "address_key", "subscriber_id"} & set(table.c.keys())
    }
    statements = " ".join(STATEMENTS)
    assert holders
    assert {name for name in holders if f" {name} " not in statements} == {"editors"}


def test_an_erased_person_is_no_editor_any_more(database: Database) -> None:
    with database.write() as session:
        sync(session)
        join(session, ANN)
        editors.add(session, LIST, ANN, NOW)
    erase_ann(database)
    with database.read() as session:
        assert editors.editor_at(session, ANN) is None
