"""An issue's notes are kept with its draft, and no longer changed once it is frozen."""

from __future__ import annotations

import pytest

from newsletter.errors import ConflictError, NotFoundError
from newsletter.store import issues
from newsletter.store.database import Database
from newsletter.store.notes import note_to_edit, notes_of, set_note
from tests.builders import make_digest
from tests.store.stage import LIST, NOW, sync

NAME = "2026-W06"


@pytest.fixture
def draft(database: Database) -> Database:
    with database.write() as session:
        sync(session)
        issues.save_draft(session, make_digest(), NOW)
    return database


def put(database: Database, language: str, text: str) -> bool:
    with database.write() as session:
        return set_note(session, LIST, NAME, language, text)


def test_notes_are_kept_by_language(draft: Database) -> None:
    assert put(draft, "en", " Hello.\n")
    assert put(draft, "zh", "你好。")
    assert not put(draft, "en", "Hello.")
    with draft.read() as session:
        assert issues.get_issue(session, LIST, NAME).digest.notes == {
            "en": "Hello.",
            "zh": "你好。",
        }
        assert note_to_edit(session, LIST, NAME, "zh") == "你好。"


def test_an_empty_note_is_none(draft: Database) -> None:
    put(draft, "en", "Hello.")
    assert put(draft, "en", "  \n")
    assert not put(draft, "en", "")
    assert notes_of_now(draft) == {}
    with draft.read() as session:
        assert note_to_edit(session, LIST, NAME, "en") == ""


def notes_of_now(database: Database) -> dict[str, str]:
    with database.write() as session:
        return dict(notes_of(session, LIST, NAME))


def test_an_issue_that_there_is_not_has_no_notes(draft: Database) -> None:
    with draft.write() as session:
        assert notes_of(session, LIST, "2026-W07") == {}
    with draft.read() as session, pytest.raises(NotFoundError, match="issues list"):
        note_to_edit(session, LIST, "2026-W07", "en")


def test_a_language_that_the_list_has_not_is_refused(draft: Database) -> None:
    with pytest.raises(NotFoundError, match="it has en, zh"):
        put(draft, "fr", "Bonjour.")


def test_a_frozen_issue_keeps_its_notes(draft: Database) -> None:
    put(draft, "en", "Hello.")
    with draft.write() as session:
        issue = issues.get_issue(session, LIST, NAME)
        issues.freeze(session, issue.id, {"en": b"compiled"}, NOW)
    with pytest.raises(ConflictError, match="stays as it was frozen"):
        put(draft, "en", "Too late.")
    assert notes_of_now(draft) == {"en": "Hello."}
