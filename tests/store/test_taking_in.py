"""Every entry comes into one issue: none is lost between two, whenever it is stored."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from newsletter.content.entry import Entry, Period
from newsletter.content.mailinglist import MailingList, Policies
from newsletter.content.sources.document import Document
from newsletter.store import editing, entries, issues, lists
from newsletter.store.clock_tables import SlotRow
from newsletter.store.database import Database
from newsletter.store.drafting import draft_digest
from newsletter.store.issues import Issue
from newsletter.store.slots import SlotState
from newsletter.store.steering import cancel
from tests.builders import WEEK, make_brief, make_entry, make_list
from tests.store.stage import LIST, NOW

DAY = dt.timedelta(days=1)


def week(number: int) -> Period:
    shift = 7 * number * DAY
    return Period(WEEK.first + shift, WEEK.last + shift)


def paper(number: int, day: dt.date, **changes: object) -> Entry:
    return make_entry(number, period=Period(day, day), **changes)


def take_in(session: Session, *found: Entry) -> None:
    key = f"document-{'-'.join(entry.key for entry in found)}"
    document = Document(key=key, name=key, format="listing", entries=found, brief=None, remarks=())
    entries.import_document(session, document, key, NOW)


def the_list(**policies: object) -> MailingList:
    return make_list(policies=Policies(**policies))  # type: ignore[arg-type]  # as named


def draft(session: Session, number: int, mailing_list: MailingList | None = None) -> Issue:
    made = mailing_list or make_list()
    lists.sync_list(session, made, {}, now=NOW)
    return issues.save_draft(session, draft_digest(session, made, week(number)), NOW)


def freeze(session: Session, issue: Issue) -> None:
    issues.freeze(session, issue.id, {"en": b"compiled"}, NOW)


def sent(session: Session, number: int, mailing_list: MailingList | None = None) -> list[str]:
    issue = draft(session, number, mailing_list)
    freeze(session, issue)
    return keys(issue)


def keys(issue: Issue) -> list[str]:
    return [item.entry.key for item in issue.digest.entries]


def key(number: int) -> str:
    return make_entry(number).key


def skip(session: Session, number: int, *, carry: bool) -> None:
    session.add(
        SlotRow(
            list_name=LIST,
            issue=f"slot-{number}",
            first_day=week(number).first,
            last_day=week(number).last,
            day=week(number).last,
            state=SlotState.SKIPPED,
            carry=carry,
            assemble_at=0,
            remind_at=0,
            send_at=0,
            due_at=0,
        )
    )
    session.flush()


def test_a_late_entry_comes_into_the_next_issue_and_into_that_alone(database: Database) -> None:
    with database.write() as session:
        take_in(session, paper(1, WEEK.last))
        assert sent(session, 0) == [key(1)]
        take_in(session, paper(2, WEEK.last), paper(3, week(1).first))
        assert sorted(sent(session, 1)) == [key(2), key(3)]
        take_in(session, paper(4, WEEK.first))
        assert sent(session, 2) == [key(4)]
        assert sent(session, 3) == []


def test_a_list_may_let_late_entries_be(database: Database) -> None:
    with database.write() as session:
        sent(session, 0)
        take_in(session, paper(1, WEEK.last), paper(2, WEEK.last - 3 * DAY))
        assert keys(draft(session, 1, the_list(late_days=0))) == []
        assert keys(draft(session, 1, the_list(late_days=1))) == [key(1)]
        assert len(keys(draft(session, 1, the_list(late_days=4)))) == 2


def test_what_was_stored_after_the_last_assembling_is_late_too(database: Database) -> None:
    with database.write() as session:
        issue = draft(session, 0)
        take_in(session, paper(1, WEEK.last))
        freeze(session, issue)
        assert sent(session, 1) == [key(1)]


def test_what_an_editor_left_out_does_not_come_back(database: Database) -> None:
    with database.write() as session:
        take_in(session, paper(1, WEEK.last), paper(2, WEEK.last), paper(3, WEEK.last))
        entries.drop_entry(session, key(2), NOW)
        issue = draft(session, 0)
        editing.drop(session, issue.id, key(1), who="Ada", now=NOW)
        freeze(session, issues.issue_by_id(session, issue.id))
        assert keys(draft(session, 1)) == []
        # Dropped from all issues and then taken back, it missed its week.
        entries.restore_entry(session, key(2), NOW)
        assert keys(draft(session, 1)) == [key(2)]


def test_weeks_before_the_first_issue_and_skipped_ones_are_not_late(database: Database) -> None:
    with database.write() as session:
        take_in(session, paper(1, week(-1).last), paper(2, week(0).last), paper(3, week(1).last))
        assert sent(session, 0) == [key(2)]
        assert sent(session, 2) == []


def test_a_new_version_under_another_name_is_not_late(database: Database) -> None:
    with database.write() as session:
        take_in(session, paper(1, WEEK.last))
        sent(session, 0)
        again = replace(
            paper(1, WEEK.last),
            key="title:second",
            title="Second version",
            arxiv_id=None,
            links=("https://arxiv.org/abs/2602.00001v2",),
        )
        session.add(entries._new(again, NOW))
        session.flush()
        assert keys(draft(session, 1)) == []


@pytest.mark.parametrize("late_days", [0, 28])
def test_a_skipped_week_that_is_carried_comes_whole_into_the_next(
    database: Database, late_days: int
) -> None:
    made = the_list(late_days=late_days)
    with database.write() as session:
        lists.sync_list(session, made, {}, now=NOW)
        document = Document(
            key="brief",
            name="brief",
            format="brief",
            entries=(paper(1, week(0).first), paper(2, week(1).last), paper(3, week(2).last)),
            brief=make_brief(period=week(1)),
            remarks=(),
        )
        entries.import_document(session, document, "brief", NOW)
        skip(session, 0, carry=True)
        skip(session, 1, carry=True)
        issue = draft(session, 2, made)
        assert sorted(keys(issue)) == [key(1), key(2), key(3)]
        assert [brief.key for brief in issue.digest.briefs] == [make_brief().key]
        freeze(session, issue)
        assert keys(draft(session, 3, made)) == []
        assert issues.get_issue(session, LIST, issue.name).digest == issue.digest


def test_a_week_that_was_skipped_without_carrying_is_let_be(database: Database) -> None:
    with database.write() as session:
        lists.sync_list(session, make_list(), {}, now=NOW)
        take_in(session, paper(1, week(0).first))
        skip(session, 0, carry=False)
        assert sent(session, 1) == []


def test_a_cancelled_issue_had_nothing(database: Database) -> None:
    with database.write() as session:
        take_in(session, paper(1, WEEK.last))
        issue = draft(session, 0)
        freeze(session, issue)
        cancel(session, issue.id, NOW)
        skip(session, 0, carry=True)
        assert sent(session, 1) == [key(1)]


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_entry_is_lost_and_none_comes_twice(
    sqlite_database: Database, data: st.DataObject
) -> None:
    """Papers are stored on any day, of any earlier day, between the issues of six weeks, of which
    some are skipped and carried; in the end each was in one issue."""
    with sqlite_database.write() as session:
        lists.sync_list(session, make_list(), {}, now=NOW)
        stored: list[str] = []
        printed: list[str] = []
        for number in range(6):
            for _ in range(data.draw(st.integers(0, 3))):
                back = data.draw(st.integers(0, 6 + 7 * min(number, 3)))
                stored.append(key(len(stored)))
                take_in(session, paper(len(stored) - 1, week(number).last - back * DAY))
            if number < 5 and data.draw(st.booleans()):
                skip(session, number, carry=True)
            else:
                printed += sent(session, number)
        printed += sent(session, 6)
        assert sorted(printed) == sorted(stored)
        session.rollback()
