"""Editors' changes: each in the history with its name, each undone and done again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from newsletter.content.digest import Digest
from newsletter.content.entry import Period, Tier
from newsletter.content.sources.document import Document
from newsletter.errors import ConflictError, NewsletterError, NotFoundError
from newsletter.store import drafting, editing, entries, issues
from newsletter.store.database import Database
from newsletter.store.edits import Edit
from tests.builders import WEEK, make_brief, make_entries, make_entry, make_list
from tests.store.stage import LIST, NOW, sync

NAME = "2026-W06"
ADA = "Ada Example"
FIRST = "Long-range force fields"
FIELD = "texts.en.summary"
WEEKS = dt.timedelta(weeks=3)


@pytest.fixture
def draft(database: Database) -> Iterator[Session]:
    """A draft of the week that make_entries() fills, in one transaction."""
    with database.write() as session:
        sync(session)
        take_in(session, "week")
        digest = drafting.draft_digest(session, make_list(), WEEK)
        issues.save_draft(session, digest, NOW)
        yield session


def take_in(session: Session, key: str, *numbers: int) -> None:
    found = [make_entry(number) for number in numbers] or make_entries()
    document = Document(
        key=key,
        name=key,
        format="listing",
        entries=tuple(found),
        brief=None if numbers else make_brief(),
        remarks=(),
    )
    entries.import_document(session, document, key, NOW)


def digest_of(session: Session) -> Digest:
    return issues.get_issue(session, LIST, NAME).digest


def number_of(session: Session) -> int:
    return issues.get_issue(session, LIST, NAME).id


def titles(session: Session) -> list[str]:
    return [item.entry.title for item in digest_of(session).entries]


def test_a_moved_entry_stands_where_it_was_put(draft: Session) -> None:
    issue = number_of(draft)
    before = titles(draft)
    done = editing.move(draft, issue, before[1], 1, who=ADA, now=NOW)
    assert done is not None
    assert done.said == f"moved “{before[1]}” from 2 to 1"
    assert titles(draft) == [before[1], before[0], *before[2:]]
    assert editing.move(draft, issue, before[1], 1, who=ADA, now=NOW) is None


def test_an_entry_is_moved_no_further_than_its_tier(draft: Session) -> None:
    issue = number_of(draft)
    done = editing.move(draft, issue, FIRST, 99, who=ADA, now=NOW)
    assert done is not None
    assert done.after == "2"


def test_a_tier_is_the_issues_and_the_entry_keeps_its_own(draft: Session) -> None:
    issue = number_of(draft)
    done = editing.set_tier(draft, issue, FIRST, Tier.MENTION, who=ADA, now=NOW)
    assert done is not None
    assert (done.before, done.after) == ("breakthrough", "mention")
    shown = {item.entry.title: item.entry.tier for item in digest_of(draft).entries}
    assert shown["Long-range force fields for macromolecules, part 1"] is Tier.MENTION
    assert entries.get_entry(draft, FIRST).entry.tier is Tier.BREAKTHROUGH
    back = editing.set_tier(draft, issue, FIRST, None, who=ADA, now=NOW)
    assert back is not None
    assert back.after == "breakthrough"


def test_what_is_left_out_comes_back_to_its_place(draft: Session) -> None:
    issue = number_of(draft)
    before = titles(draft)
    assert editing.drop(draft, issue, FIRST, who=ADA, now=NOW) is not None
    assert editing.drop(draft, issue, FIRST, who=ADA, now=NOW) is None
    assert titles(draft) == before[1:]
    assert [item.entry.title for item in editing.left_out(draft, issue)] == before[:1]
    assert editing.restore(draft, issue, FIRST, who=ADA, now=NOW) is not None
    assert titles(draft) == before


@pytest.mark.parametrize("field", editing.NOTE_FIELDS)
def test_notes_and_editorial_are_set_by_language_and_taken_back(draft: Session, field: str) -> None:
    issue = number_of(draft)
    before = editing.said(digest_of(draft))
    done = editing.set_note(draft, issue, "en", field, " Said *better*.\r\n", who=ADA, now=NOW)
    assert done is not None
    assert editing.said(digest_of(draft))[field] == before[field] | {"en": "Said *better*."}
    assert editing.set_note(draft, issue, "en", field, "Said *better*.", who=ADA, now=NOW) is None
    editing.set_note(draft, issue, "en", field, "", who=ADA, now=NOW)
    assert "en" not in editing.said(digest_of(draft))[field]
    editing.undo(draft, issue, who=ADA, now=NOW)
    editing.undo(draft, issue, who=ADA, now=NOW)
    assert editing.said(digest_of(draft)) == before


def test_a_summary_left_to_the_brief_again_follows_the_brief(draft: Session) -> None:
    issue = number_of(draft)
    own = editing.said(digest_of(draft))["summary"]
    editing.set_note(draft, issue, "en", "summary", "Ours.", who=ADA, now=NOW)
    editing.set_note(draft, issue, "en", "summary", None, who=ADA, now=NOW)
    assert editing.said(digest_of(draft))["summary"] == own


def test_a_text_is_the_entrys_and_every_draft_says_it(draft: Session) -> None:
    issue = number_of(draft)
    done = editing.set_text(draft, FIRST, FIELD, "Shorter.", who=ADA, now=NOW, issue_id=issue)
    assert done is not None
    assert done.said == f"wrote {FIELD} of “{titles(draft)[0]}”"
    assert digest_of(draft).entries[0].entry.texts["en"].summary == "Shorter."
    assert FIELD in entries.get_entry(draft, FIRST).edited
    editing.undo(draft, issue, who="Béla Sample", now=NOW)
    assert digest_of(draft).entries[0].entry.texts["en"].summary == ""
    assert FIELD not in entries.get_entry(draft, FIRST).edited


def test_a_text_that_was_changed_elsewhere_since_is_not_undone(draft: Session) -> None:
    issue = number_of(draft)
    editing.set_text(draft, FIRST, FIELD, "Ours.", who=ADA, now=NOW, issue_id=issue)
    editing.set_text(draft, FIRST, FIELD, "Theirs.", who="Béla Sample", now=NOW)
    with pytest.raises(ConflictError, match="was changed again since"):
        editing.undo(draft, issue, who=ADA, now=NOW)


def test_the_history_names_who_did_what_and_who_took_it_back(draft: Session) -> None:
    issue = number_of(draft)
    later = NOW + dt.timedelta(minutes=5)
    editing.drop(draft, issue, FIRST, who=ADA, now=NOW)
    editing.set_note(draft, issue, "zh", "note", "你好。", who="Béla Sample", now=later)
    editing.undo(draft, issue, who=ADA, now=later)
    found = editing.history(draft, issue)
    assert [(edit.said, edit.who, edit.undone_by, edit.at) for edit in found] == [
        ("wrote the zh note", "Béla Sample", ADA, later),
        (f"left out “{make_entries()[0].title}”", ADA, "", NOW),
    ]
    again = editing.redo(draft, issue, who=ADA, now=later)
    assert again is not None
    assert digest_of(draft).notes == {"zh": "你好。"}
    assert editing.redo(draft, issue, who=ADA, now=later) is None


def test_what_was_undone_is_not_done_again_after_another_change(draft: Session) -> None:
    issue = number_of(draft)
    editing.drop(draft, issue, FIRST, who=ADA, now=NOW)
    editing.undo(draft, issue, who=ADA, now=NOW)
    editing.set_note(draft, issue, "en", "note", "Hello.", who=ADA, now=NOW)
    assert editing.redo(draft, issue, who=ADA, now=NOW) is None
    assert editing.undo(draft, issue, who=ADA, now=NOW) is not None
    assert editing.undo(draft, issue, who=ADA, now=NOW) is None


def test_a_draft_assembled_anew_keeps_every_choice(draft: Session) -> None:
    issue = number_of(draft)
    editing.move(draft, issue, titles(draft)[1], 1, who=ADA, now=NOW)
    editing.set_tier(draft, issue, "Paper 31", Tier.NOTABLE, who=ADA, now=NOW)
    editing.drop(draft, issue, "Paper 11", who=ADA, now=NOW)
    editing.set_note(draft, issue, "en", "takeaway", "Ours.", who=ADA, now=NOW)
    before = titles(draft)
    take_in(draft, "more", 98, 99)
    again = drafting.draft_digest(draft, make_list(), WEEK)
    found = issues.save_draft(draft, again, NOW)
    after = [item.entry.title for item in found.digest.entries]
    assert [title for title in after if title in before] == before
    assert len(after) == len(before) + 2
    assert editing.said(found.digest)["takeaway"]["en"] == "Ours."


def test_a_key_that_changes_takes_the_choice_along(draft: Session) -> None:
    issue = number_of(draft)
    plain = Document(
        key="plain",
        name="plain",
        format="brief",
        entries=(
            make_entry(
                77, key="title:a paper of no number", title="A paper of no number", arxiv_id=None
            ),
        ),
        brief=None,
        remarks=(),
    )
    entries.import_document(draft, plain, "plain", NOW)
    editing.set_note(draft, issue, "en", "note", "Hello.", who=ADA, now=NOW)
    editing.drop(draft, issue, "A paper of no number", who=ADA, now=NOW)
    named = Document(
        key="named",
        name="named",
        format="listing",
        entries=(make_entry(77, title="A paper of no number"),),
        brief=None,
        remarks=(),
    )
    entries.import_document(draft, named, "named", NOW)
    shown = drafting.draft_digest(draft, make_list(), WEEK)
    assert "A paper of no number" not in [item.entry.title for item in shown.entries]


def test_a_frozen_issue_is_not_edited(draft: Session) -> None:
    issue = number_of(draft)
    issues.freeze(draft, issue, {"en": b"compiled"}, NOW)
    acts: list[Callable[[], Edit | None]] = [
        lambda: editing.move(draft, issue, FIRST, 2, who=ADA, now=NOW),
        lambda: editing.drop(draft, issue, FIRST, who=ADA, now=NOW),
        lambda: editing.set_note(draft, issue, "en", "note", "x", who=ADA, now=NOW),
        lambda: editing.undo(draft, issue, who=ADA, now=NOW),
    ]
    for act in acts:
        with pytest.raises(ConflictError, match="issues amend"):
            act()


def test_what_cannot_be_said_is_told(draft: Session) -> None:
    issue = number_of(draft)
    with pytest.raises(NotFoundError, match="it has en, zh"):
        editing.set_note(draft, issue, "fr", "note", "Bonjour.", who=ADA, now=NOW)
    with pytest.raises(NotFoundError, match="it has note, summary, takeaway"):
        editing.set_note(draft, issue, "en", "trend", "Up.", who=ADA, now=NOW)
    with pytest.raises(NewsletterError, match="control character"):
        editing.set_note(draft, issue, "en", "note", "a\x1bb", who=ADA, now=NOW)
    with pytest.raises(NewsletterError, match="has no field"):
        editing.set_text(draft, FIRST, "colour", "red", who=ADA, now=NOW)
    with pytest.raises(NewsletterError, match="20000 at most"):
        editing.set_note(draft, issue, "en", "note", "a" * 20_001, who=ADA, now=NOW)
    take_in(draft, "elsewhere", 55)
    editing.drop(draft, issue, "Paper 55", who=ADA, now=NOW)
    with pytest.raises(NotFoundError, match="does not have “Paper 55"):
        editing.move(draft, issue, "Paper 55", 1, who=ADA, now=NOW)


def test_what_is_no_entry_of_an_issue_is_not_changed_from_there(draft: Session) -> None:
    """Editors may change what their lists' issues have, and nothing that only others have."""
    other = make_entry(56, period=Period(WEEK.last + WEEKS, WEEK.last + WEEKS))
    document = Document(
        key="far", name="far", format="listing", entries=(other,), brief=None, remarks=()
    )
    entries.import_document(draft, document, "far", NOW)
    issue = number_of(draft)
    with pytest.raises(NotFoundError, match="does not have “Paper 56"):
        editing.set_text(draft, other.key, FIELD, "Ours.", who=ADA, now=NOW, issue_id=issue)
    editing.drop(draft, issue, FIRST, who=ADA, now=NOW)
    assert editing.set_text(draft, FIRST, FIELD, "Ours.", who=ADA, now=NOW, issue_id=issue)


@settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_undoing_everything_is_where_one_began(
    sqlite_database: Database, data: st.DataObject
) -> None:
    with sqlite_database.write() as session:
        sync(session)
        take_in(session, "week")
        issue = issues.save_draft(
            session, drafting.draft_digest(session, make_list(), WEEK), NOW
        ).id
        states = [digest_of(session)]
        for _ in range(data.draw(st.integers(1, 6))):
            states += [digest_of(session)] if change(session, issue, data) else []
        ends = list(states)
        while len(states) > 1:
            assert digest_of(session) == states.pop()
            assert editing.undo(session, issue, who=ADA, now=NOW) is not None
        assert digest_of(session) == states[0]
        assert editing.undo(session, issue, who=ADA, now=NOW) is None
        for state in ends[1:]:
            assert editing.redo(session, issue, who=ADA, now=NOW) is not None
            assert digest_of(session) == state
        session.rollback()


def change(session: Session, issue: int, data: st.DataObject) -> Edit | None:
    present = titles(session)
    entry = data.draw(st.sampled_from(present))
    match data.draw(st.sampled_from(["move", "tier", "drop", "restore", "note", "text", "all"])):
        case "move":
            place = data.draw(st.integers(0, len(present) + 1))
            return editing.move(session, issue, entry, place, who=ADA, now=NOW)
        case "tier":
            tier = data.draw(st.none() | st.sampled_from(Tier))
            return editing.set_tier(session, issue, entry, tier, who=ADA, now=NOW)
        case "drop" if len(present) > 1:
            return editing.drop(session, issue, entry, who=ADA, now=NOW)
        case "restore":
            out = editing.left_out(session, issue)
            return (
                editing.restore(session, issue, str(out[0].id), who=ADA, now=NOW) if out else None
            )
        case "all" if len(present) > 1:
            return editing.set_dropped(session, entry, True, who=ADA, now=NOW)
        case "text":
            said = data.draw(st.sampled_from(["", "One.", "Two."]))
            return editing.set_text(session, entry, FIELD, said, who=ADA, now=NOW, issue_id=issue)
    field = data.draw(st.sampled_from(editing.NOTE_FIELDS))
    text = data.draw(st.sampled_from(["", "One.", "Two.", None]))
    return editing.set_note(session, issue, "en", field, text, who=ADA, now=NOW)
