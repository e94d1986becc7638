"""An issue in waves: a reader's row waits for its hour, and is found there as any that waits."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import text

from newsletter.content.mailinglist import MailingList
from newsletter.content.moments import moment_on
from newsletter.content.timing import Schedule, Waves
from newsletter.store import amending, issues, ledger, lists, slots, subscribers
from newsletter.store.canary import draw, is_drawn, is_open, want
from newsletter.store.database import Database
from newsletter.store.deliveries import waiting
from newsletter.store.departures import leave, pause, undo_leave
from newsletter.store.retries import next_deferred, waiting_issues
from newsletter.store.values import DeliveryState, IssueState, Skip, Way
from newsletter.store.waves import waiting_waves, waves_of
from tests.builders import make_digest, make_entry, make_list
from tests.store.stage import LIST, Stage, everybody, join

DAY = dt.date(2026, 2, 12)
ZONES = {"ann": "Asia/Shanghai", "bo": "", "cy": "America/Los_Angeles", "di": "Pacific/Auckland"}


def at(written: str) -> dt.datetime:
    return dt.datetime.fromisoformat(written).replace(tzinfo=dt.UTC)


READY = at("2026-02-12 00:00")  # 08:00 in Shanghai


@pytest.fixture
def in_waves() -> MailingList:
    return make_list(
        schedule=Schedule(
            weekday="thursday", time=dt.time(8), zone="Europe/Berlin", waves=Waves.READER
        )
    )


def fan_out(database: Database, mailing_list: MailingList, now: dt.datetime) -> Stage:
    with database.write() as session:
        lists.sync_list(session, mailing_list, {}, now=now)
        for name, zone in ZONES.items():
            join(session, f"{name}@example.org")
            person = subscribers.show(session, f"{name}@example.org")
            subscribers.set_zone(session, LIST, person.id, zone)
        moment = moment_on(mailing_list, DAY, ZONES.values())
        slots.plan(session, LIST, "2026-W06", moment, "")
        session.connection().execute(text("UPDATE subscriptions SET created_at = 0"))
        draft = issues.save_draft(session, make_digest(), now)
        edition = issues.freeze(session, draft.id, {"en": b"compiled"}, now)
        wave = waves_of(session, mailing_list, "2026-W06", now)
        while issues.fan_out(session, draft.id, everybody, today=DAY, chunk=3, wave=wave):
            pass
        issues.begin_sending(session, draft.id)
    return Stage(database, draft.id, edition.id)


def due(stage: Stage, now: dt.datetime) -> list[str]:
    return [delivery.address.partition("@")[0] for delivery in stage.due(now)]


def test_each_reader_is_due_at_the_hour_of_their_own_zone(
    database: Database, in_waves: MailingList
) -> None:
    stage = fan_out(database, in_waves, READY)
    assert due(stage, READY) == ["ann"]
    assert due(stage, at("2026-02-12 06:59")) == ["ann"]
    assert due(stage, at("2026-02-12 07:00")) == ["ann", "bo"]
    assert due(stage, at("2026-02-12 16:00")) == ["ann", "bo", "cy"]
    # It was Wednesday in Berlin when Auckland's Thursday morning came.
    assert due(stage, at("2026-02-12 19:00")) == ["ann", "bo", "cy", "di"]
    with database.read() as session:
        found = waiting_waves(session, stage.issue_id)
        assert next_deferred(session, READY) == at("2026-02-12 07:00")
        assert waiting(session, stage.issue_id, most=10, now=READY) == 1
    assert [(wave.at.hour, wave.readers) for wave in found] == [(7, 1), (16, 1), (19, 1)]


def test_a_list_without_waves_sends_to_all_at_once(database: Database) -> None:
    stage = fan_out(database, make_list(), READY)
    assert len(due(stage, READY)) == 4


def test_an_hour_that_just_passed_is_made_up_for_and_one_long_ago_waits_a_day(
    database: Database, in_waves: MailingList
) -> None:
    late = at("2026-02-12 18:00")  # the grace is twelve hours: Shanghai's hour is too long ago
    stage = fan_out(database, in_waves, late)
    assert due(stage, late) == ["bo", "cy"]
    assert due(stage, at("2026-02-13 00:00")) == ["ann", "bo", "cy", "di"]


def test_between_waves_the_issue_waits_and_does_not_end(
    database: Database, in_waves: MailingList
) -> None:
    stage = fan_out(database, in_waves, READY)
    (first,) = stage.due(READY)
    with database.write() as session:
        session.connection().execute(
            text("UPDATE deliveries SET state = 'sent' WHERE id = :id"), {"id": first.delivery_id}
        )
        assert not issues.finish_if_done(session, stage.issue_id, READY)
        assert waiting_issues(session, READY) == ()
        assert waiting_issues(session, at("2026-02-12 07:00")) == (stage.issue_id,)
        assert issues.issue_state(session, stage.issue_id) is IssueState.SENDING


def test_who_leaves_or_pauses_before_their_hour_is_not_mailed(
    database: Database, in_waves: MailingList
) -> None:
    stage = fan_out(database, in_waves, READY)
    with database.write() as session:
        bo = subscribers.show(session, "bo@example.org").id
        cy = subscribers.show(session, "cy@example.org").id
        leave(session, LIST, bo, way=Way.PAGE, now=READY)
        pause(session, LIST, cy, DAY + dt.timedelta(weeks=2), today=DAY)
    assert due(stage, at("2026-02-13 00:00")) == ["ann", "di"]
    assert stage.state("bo@example.org") is stage.state("cy@example.org") is DeliveryState.SKIPPED


def test_a_canary_is_drawn_from_those_whose_hour_it_is(
    database: Database, in_waves: MailingList
) -> None:
    stage = fan_out(database, in_waves, READY)
    with database.write() as session:
        want(session, stage.issue_id, 3, dt.timedelta(minutes=30))
        draw(session, stage.issue_id, lambda: 0.5, READY)
        few = session.connection().execute(text("SELECT count(*) FROM canary_deliveries")).scalar()
    assert few == 1


def test_an_undone_leave_gives_back_the_hour_too(database: Database, in_waves: MailingList) -> None:
    stage = fan_out(database, in_waves, READY)
    with database.write() as session:
        bo = subscribers.show(session, "bo@example.org").id
        leave(session, LIST, bo, way=Way.PAGE, now=READY)
        undo_leave(session, LIST, bo, READY)
        assert len(waiting_waves(session, stage.issue_id)) == 3
    assert due(stage, READY) == ["ann"]
    assert due(stage, at("2026-02-12 07:00")) == ["ann", "bo"]


def test_before_anybodys_hour_no_canary_is_drawn(database: Database, in_waves: MailingList) -> None:
    early = at("2026-02-11 23:30")
    stage = fan_out(database, in_waves, early)
    assert due(stage, early) == []
    with database.write() as session:
        want(session, stage.issue_id, 1, dt.timedelta(minutes=30))
        draw(session, stage.issue_id, lambda: 0.5, early)
        assert is_open(session, stage.issue_id)
        assert not is_drawn(session, stage.issue_id), "nor is nobody's answer waited for"
        draw(session, stage.issue_id, lambda: 0.5, READY)
        assert is_drawn(session, stage.issue_id)
    with database.read() as session:
        few = ledger.due(session, stage.issue_id, now=READY, limit=9, canary=True)
    assert [delivery.address for delivery in few] == ["ann@example.org"]


def test_who_has_something_in_an_amended_issue_gets_it_at_their_hour(
    database: Database, in_waves: MailingList
) -> None:
    stage = fan_out(database, in_waves, READY)
    with database.write() as session:
        session.connection().execute(
            text("UPDATE deliveries SET state = 'skipped', reason = :reason, due_at = 0"),
            {"reason": Skip.NOTHING_FOUND},
        )
        digest = replace(make_digest([make_entry(1)]), list=in_waves)
        amending.amend(session, stage.issue_id, digest, {"en": b"other"}, READY)
    assert due(stage, READY) == ["ann"]
    assert due(stage, at("2026-02-12 16:00")) == ["ann", "bo", "cy"]
