"""A judgement is about one draft: a draft that changed after it wants another."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from newsletter.content.mailinglist import Policies
from newsletter.errors import ConflictError, NotFoundError
from newsletter.store import issues, reviews
from newsletter.store.database import Database
from newsletter.store.editing import set_note
from newsletter.store.issues import Issue
from newsletter.store.reviews import Review, ReviewState
from tests.builders import make_digest, make_entry
from tests.store.stage import NOW, sync

LATER = NOW + dt.timedelta(hours=1)
EVA = "eva@news.example.org"


@pytest.fixture
def draft(database: Database) -> Issue:
    with database.write() as session:
        sync(session)
        return issues.save_draft(session, make_digest(), NOW)


def now_of(database: Database, draft: Issue) -> Review:
    with database.read() as session:
        return reviews.review(session, draft.id)


def approve(database: Database, draft: Issue, **how: Any) -> Review:
    with database.write() as session:
        return reviews.approve(session, draft.id, EVA, LATER, **how)


def assemble_again(database: Database, **changes: Any) -> None:
    with database.write() as session:
        issues.save_draft(session, make_digest(**changes), LATER)


def test_a_draft_of_which_nobody_was_asked_says_so(database: Database, draft: Issue) -> None:
    assert now_of(database, draft) == Review(state=ReviewState.DRAFT)
    with database.read() as session:
        assert reviews.reviewed_digest(session, draft.id) is None


def test_who_approved_and_when_is_kept_with_what_came_before(
    database: Database, draft: Issue
) -> None:
    with database.write() as session:
        reviews.ask(session, draft.id, NOW)
        reviews.reject(session, draft.id, EVA, NOW, note=" The second title is cut. ")
    made = approve(database, draft)
    assert made == now_of(database, draft)
    assert made == Review(state=ReviewState.APPROVED, by=EVA, at=LATER)
    with database.read() as session:
        steps = reviews.history(session, draft.id)
    assert [(step.state, step.by, step.note) for step in steps] == [
        (ReviewState.ASKED, "", ""),
        (ReviewState.CHANGES_WANTED, EVA, "The second title is cut."),
        (ReviewState.APPROVED, EVA, ""),
    ]


def test_a_note_written_after_the_approval_wants_it_anew(database: Database, draft: Issue) -> None:
    approve(database, draft)
    with database.write() as session:
        set_note(session, draft.id, "en", "note", "One more thing.", who="eva", now=LATER)
    found = now_of(database, draft)
    assert (found.state, found.changed, found.by) == (ReviewState.ASKED, True, EVA)
    with database.read() as session:
        before = reviews.reviewed_digest(session, draft.id)
    assert before is not None
    assert before.notes == {}
    approve(database, draft)
    assert now_of(database, draft).state is ReviewState.APPROVED


def reject(database: Database, draft: Issue) -> Review:
    with database.write() as session:
        return reviews.reject(session, draft.id, EVA, LATER, note="The second title is cut.")


def test_a_wish_for_changes_holds_whatever_is_changed_until_somebody_approves(
    database: Database, draft: Issue
) -> None:
    made = reject(database, draft)
    assemble_again(database, entries=[make_entry(71)])
    assert now_of(database, draft) == replace(made, changed=True)
    with database.write() as session:
        kept = reviews.ask(session, draft.id, LATER)
    assert kept.state is ReviewState.CHANGES_WANTED, "the clock's reminder lifts it no more"
    assert now_of(database, draft) == replace(made, changed=True)
    approve(database, draft)
    assert now_of(database, draft).state is ReviewState.APPROVED


def test_an_approval_of_what_was_wanted_otherwise_ends_with_a_change(
    database: Database, draft: Issue
) -> None:
    reject(database, draft)
    approve(database, draft)
    assemble_again(database, entries=[make_entry(71)])
    found = now_of(database, draft)
    assert (found.state, found.changed) == (ReviewState.ASKED, True)


def test_an_entry_more_wants_approval_anew_and_the_same_again_does_not(
    database: Database, draft: Issue
) -> None:
    approve(database, draft)
    assemble_again(database)
    assert now_of(database, draft).state is ReviewState.APPROVED
    assemble_again(database, entries=[make_entry(71)])
    assert now_of(database, draft).state is ReviewState.ASKED
    assemble_again(database)
    assert now_of(database, draft).state is ReviewState.APPROVED


def test_when_it_goes_and_how_it_is_retried_is_no_part_of_what_was_approved(
    database: Database, draft: Issue
) -> None:
    approve(database, draft)
    old = draft.digest.list.schedule
    assemble_again(
        database, policies=Policies(retry_hours=1), schedule=replace(old, time=dt.time(9))
    )
    assert now_of(database, draft).state is ReviewState.APPROVED
    assemble_again(database, template="listing")
    assert now_of(database, draft).state is ReviewState.ASKED


def test_nobody_approves_what_they_have_not_seen(database: Database, draft: Issue) -> None:
    seen = reviews.fingerprint(draft.digest)
    assemble_again(database, entries=[make_entry(71)])
    with pytest.raises(ConflictError, match="changed since you looked"):
        approve(database, draft, seen=seen)
    assert now_of(database, draft).state is ReviewState.DRAFT
    assemble_again(database)
    assert approve(database, draft, seen=seen).state is ReviewState.APPROVED


def test_what_is_frozen_is_not_reviewed_any_more(database: Database, draft: Issue) -> None:
    with database.write() as session:
        issues.freeze(session, draft.id, {"en": b"compiled"}, NOW)
    with pytest.raises(ConflictError, match="only a draft is reviewed"):
        approve(database, draft)


def test_an_issue_that_is_not_there_cannot_be_reviewed(database: Database) -> None:
    with database.read() as session, pytest.raises(NotFoundError):
        reviews.review(session, 7)


def test_who_approved_before_being_asked_need_not_do_it_again(
    database: Database, draft: Issue
) -> None:
    approve(database, draft)
    with database.write() as session:
        assert reviews.ask(session, draft.id, LATER).state is ReviewState.APPROVED
    assert now_of(database, draft).state is ReviewState.APPROVED
