from __future__ import annotations

import datetime as dt

import pytest

from newsletter.content.preferences import Preferences
from newsletter.errors import ConflictError, NotFoundError
from newsletter.store import departures, issues, ledger, subscribers
from newsletter.store.database import Database
from newsletter.store.editions import edition_digest
from newsletter.store.values import DeliveryState, IssueState, Skip, Way
from tests.builders import make_digest, make_entry
from tests.store.stage import LIST, NOW, TODAY, everybody, join, sync, those_who_chose

WEEK_LATER = NOW + dt.timedelta(days=7)


def test_assembling_again_updates_the_draft(database: Database) -> None:
    with database.write() as session:
        sync(session)
        first = issues.save_draft(session, make_digest(), NOW)
        again = issues.save_draft(session, make_digest([make_entry(1)]), WEEK_LATER)
    assert (again.id, again.state, again.edition) == (first.id, IssueState.DRAFT, None)
    assert again.ref == "ai-for-science/2026-W06"
    with database.read() as session:
        assert issues.get_issue(session, LIST, "2026-W06") == again
        assert issues.list_issues(session) == (again,)
    assert again.digest == make_digest([make_entry(1)])


def test_a_frozen_issue_stays_as_it_is(database: Database) -> None:
    with database.write() as session:
        sync(session)
        draft = issues.save_draft(session, make_digest(), NOW)
        edition = issues.freeze(session, draft.id, {"en": b"\0one", "en+zh": b"two"}, NOW)
    with database.write() as session, pytest.raises(ConflictError, match="is frozen and stays"):
        issues.save_draft(session, make_digest([]), WEEK_LATER)
    with database.write() as session, pytest.raises(ConflictError, match="only a draft"):
        issues.freeze(session, draft.id, {}, NOW)
    with database.read() as session:
        assert issues.issue_by_id(session, draft.id).edition == edition
        assert edition.number == 1
        assert edition_digest(session, edition.id) == make_digest()
        assert issues.compiled(session, edition.id, "en") == b"\0one"
        with pytest.raises(NotFoundError, match="languages zh"):
            issues.compiled(session, edition.id, "zh")


def test_an_issue_that_is_not_there_is_told(database: Database) -> None:
    missing = pytest.raises(NotFoundError, match="no issue ai-for-science/2026-W01")
    with database.read() as session, missing:
        issues.get_issue(session, LIST, "2026-W01")


def test_each_reader_gets_one_row_or_a_reason_however_often_it_is_repeated(
    database: Database,
) -> None:
    with database.write() as session:
        sync(session)
        for name in ("ada", "bela", "chen", "dana", "emil"):
            nothing = Preferences(follows=frozenset()) if name == "bela" else None
            join(session, f"{name}@example.test", nothing)
        chen, emil = (
            subscribers.show(session, f"{name}@example.test").id for name in ("chen", "emil")
        )
        until = TODAY + dt.timedelta(days=1)
        departures.pause(session, LIST, chen, until, today=TODAY)
        subscribers.suppress(session, "dana@example.test", "complaint", NOW)
        subscribers.leave(session, LIST, emil, way=Way.PAGE, now=NOW)
        issue = issues.save_draft(session, make_digest(), NOW)
        with pytest.raises(ConflictError, match="freeze it first"):
            issues.fan_out(session, issue.id, everybody, today=TODAY, chunk=2)
        issues.freeze(session, issue.id, {}, NOW)
    more = [True]
    while more[-1]:
        with database.write() as session:
            more.append(issues.fan_out(session, issue.id, those_who_chose, today=TODAY, chunk=2))
    with database.write() as session:
        # As after a crash between the rows and the cursor.
        session.connection().exec_driver_sql("UPDATE issues SET cursor = 0")
    with database.write() as session:
        assert not issues.fan_out(session, issue.id, those_who_chose, today=TODAY, chunk=100)
    with database.read() as session:
        found = {v.address.partition("@")[0]: v for v in ledger.deliveries(session, issue.id)}
        assert {name: view.reason for name, view in found.items()} == {
            "ada": "",
            "bela": Skip.NOTHING_CHOSEN,
            "chen": Skip.PAUSED,
            "dana": Skip.SUPPRESSED,
        }
        assert issues.counts(session, issue.id) == {
            DeliveryState.QUEUED: 1,
            DeliveryState.SKIPPED: 3,
        }
        assert sum(issues.skips(session, issue.id).values()) == 3


def test_a_pause_ends_on_its_day(database: Database) -> None:
    with database.write() as session:
        sync(session)
        join(session, "ada@example.test")
        ada = subscribers.show(session, "ada@example.test").id
        departures.pause(session, LIST, ada, TODAY, today=TODAY)
        ((choice, people),) = issues.audience_preview(session, LIST, today=TODAY)
        assert (choice.preferences, people) == (Preferences(), 1)
        yesterday = TODAY - dt.timedelta(days=1)
        assert list(issues.audience_preview(session, LIST, today=yesterday)) == []


def test_who_joins_after_the_freezing_waits_for_the_next_issue(database: Database) -> None:
    with database.write() as session:
        sync(session)
        issue = issues.save_draft(session, make_digest(), NOW)
        issues.freeze(session, issue.id, {}, NOW - dt.timedelta(hours=1))
        join(session, "late@example.test")
        assert not issues.fan_out(session, issue.id, everybody, today=TODAY, chunk=100)
        assert issues.counts(session, issue.id) == {}


def test_only_a_frozen_issue_begins_to_go_out(database: Database) -> None:
    with database.write() as session:
        sync(session)
        issue = issues.save_draft(session, make_digest(), NOW)
        with pytest.raises(ConflictError, match="is draft: it cannot be sent"):
            issues.begin_sending(session, issue.id)
        issues.freeze(session, issue.id, {}, NOW)
        assert issues.begin_sending(session, issue.id).state is IssueState.SENDING
        assert issues.begin_sending(session, issue.id).state is IssueState.SENDING
        assert issues.finish_if_done(session, issue.id, NOW)
        assert issues.begin_sending(session, issue.id).state is IssueState.SENT
