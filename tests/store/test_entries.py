from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from newsletter.content.entry import Brief, Entry, EntryText, Period, Tier, title_key
from newsletter.content.serial import dump
from newsletter.content.sources.document import Document
from newsletter.errors import ConflictError, NewsletterError, NotFoundError
from newsletter.store import entries
from newsletter.store.database import Database
from newsletter.store.entries import ImportReport
from newsletter.store.entry_edits import set_text
from tests.builders import WEEK, make_brief, make_entry
from tests.store.stage import NOW, migrate_to

PAPER = make_entry(1, title="Weak forms for stiff flows")
NAMED = replace(PAPER, key=title_key(PAPER.title), arxiv_id=None, texts={})


def document(*papers: Entry, brief: Brief | None = None, key: str = "listing-1") -> Document:
    return Document(
        key=key, name=f"{key}.md", format="listing", entries=papers, brief=brief, remarks=()
    )


def take_in(database: Database, found: Document, sha: str = "one") -> ImportReport:
    with database.write() as session:
        return entries.import_document(session, found, sha, NOW)


def stored(database: Database, ref: str) -> entries.StoredEntry:
    with database.read() as session:
        return entries.get_entry(session, ref)


def test_a_brief_of_an_earlier_version_is_still_there(empty_url: str) -> None:
    database = Database.open(empty_url)
    migrate_to(database, "0016")
    values = {"key": "w", "first": WEEK.first, "last": WEEK.last, "body": dump(make_brief())}
    with database.engine.begin() as connection:
        statement = "INSERT INTO briefs VALUES (:key, :first, :last, :body, 0)"
        connection.execute(text(statement), values)
    database.upgrade()
    with database.read() as session:
        assert entries.briefs_in(session, WEEK) == (make_brief(),)
    database.close()


def test_importing_again_changes_nothing_and_says_so(database: Database) -> None:
    found = document(PAPER, make_entry(2), brief=make_brief())
    first = take_in(database, found)
    assert first.added == (PAPER.key, make_entry(2).key)
    assert first.brief_changed
    again = take_in(database, found)
    assert (again.unchanged, again.before, again.before_as) == (True, NOW, found.name)
    other_bytes = take_in(database, found, "two")
    assert (other_bytes.unchanged, other_bytes.same, other_bytes.brief_changed) == (False, 2, False)
    assert (other_bytes.added, other_bytes.updated) == ((), ())
    with database.read() as session:
        assert entries.entries_in(session, WEEK) == found.entries
        assert entries.briefs_in(session, WEEK) == (make_brief(),)
        earlier = Period(WEEK.first.replace(day=1), WEEK.first)
        assert entries.entries_in(session, earlier) == ()


def test_a_changed_text_updates_its_entry_and_says_which_field(database: Database) -> None:
    take_in(database, document(PAPER))
    changed = replace(PAPER, texts={"en": EntryText(summary="Said better.")})
    report = take_in(database, document(changed), "two")
    assert report.updated == ((PAPER.key, ("texts.en.summary",)),)
    texts = stored(database, PAPER.key).entry.texts
    assert (texts["en"].summary, texts["zh"]) == ("Said better.", PAPER.texts["zh"])


@pytest.mark.parametrize(("first", "second"), [(NAMED, PAPER), (PAPER, NAMED)])
def test_a_paper_named_by_title_and_by_number_is_one(
    database: Database, first: Entry, second: Entry
) -> None:
    take_in(database, document(first, key="brief-1"))
    assert take_in(database, document(second, key="listing-1")).added == ()
    with database.read() as session:
        (found,) = entries.list_entries(session)
    assert found.entry.key == PAPER.key


def test_what_was_dropped_stays_dropped_and_what_was_edited_stays_edited(
    database: Database,
) -> None:
    take_in(database, document(PAPER, make_entry(2)))
    with database.write() as session:
        entries.drop_entry(session, make_entry(2).key, NOW)
        for field, text in (("title", "A better title"), ("tier", "notable")):
            set_text(session, "2602.00001v3", field, text, who="ada", now=NOW)
    take_in(database, document(PAPER, make_entry(2)), "two")
    edited = stored(database, PAPER.key)
    assert (edited.entry.title, edited.entry.tier) == ("A better title", Tier.NOTABLE)
    assert edited.edited == {"title", "tier"}
    with database.write() as session:
        assert [item.entry.key for item in entries.list_entries(session)] == [PAPER.key]
        assert len(entries.list_entries(session, include_dropped=True)) == 2
        assert not entries.restore_entry(session, make_entry(2).key, NOW).dropped


def test_a_retitled_entry_without_a_number_is_still_the_same_paper(database: Database) -> None:
    take_in(database, document(NAMED))
    with database.write() as session:
        set_text(session, "Weak forms", "title", "Strong forms", who="ada", now=NOW)
    assert take_in(database, document(NAMED), "two").added == ()


def test_an_entry_is_found_by_number_id_key_or_the_beginning_of_its_title(
    database: Database,
) -> None:
    take_in(database, document(PAPER, make_entry(2), make_entry(3)))
    number = stored(database, PAPER.key).id
    for ref in (str(number), "2602.00001", "arXiv:2602.00001v2", PAPER.key, "weak FORMS for"):
        assert stored(database, ref).entry == PAPER
    with pytest.raises(ConflictError, match=r"several titles begin with 'Paper': \d+ Paper 2"):
        stored(database, "Paper")
    for ref in ("Unheard of", "9999", "100%"):
        with pytest.raises(NotFoundError, match="newsletter entries list"):
            stored(database, ref)


def test_entries_are_listed_by_window_tier_and_words(database: Database) -> None:
    notable = make_entry(2, tier=Tier.NOTABLE)
    take_in(database, document(PAPER, notable))
    with database.read() as session:
        assert [e.entry for e in entries.list_entries(session, tier=Tier.NOTABLE)] == [notable]
        assert [e.entry for e in entries.list_entries(session, text="STIFF")] == [PAPER]
        assert [e.entry for e in entries.list_entries(session, text="第2篇")] == [notable]
        assert entries.list_entries(session, text="summary:") == ()
        after = Period(WEEK.last.replace(day=20), WEEK.last.replace(day=27))
        assert entries.list_entries(session, window=after) == ()


def test_a_field_that_is_not_there_changes_nothing(database: Database) -> None:
    take_in(database, document(PAPER))
    with pytest.raises(NewsletterError, match="no field 'colour'"), database.write() as session:
        set_text(session, PAPER.key, "colour", "red", who="ada", now=NOW)
    assert stored(database, PAPER.key).entry == PAPER
