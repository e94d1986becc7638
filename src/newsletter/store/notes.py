"""The editor's notes of an issue: Markdown by language, stored with the draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlmodel import Session, select

from newsletter.content.digest import Digest
from newsletter.content.serial import dump, load
from newsletter.errors import ConflictError, NotFoundError
from newsletter.store.tables import IssueRow
from newsletter.store.values import IssueState


def notes_of(session: Session, list_name: str, name: str) -> Mapping[str, str]:
    """The notes of an issue by language, none if there is no such issue yet; held until the
    transaction ends, so that an assembling cannot lose what is written meanwhile."""
    row = _row(session, list_name, name, hold=True)
    return {} if row is None else load(Digest, row.digest).notes


def note_to_edit(session: Session, list_name: str, name: str, language: str) -> str:
    """The note of a draft in one language, empty if there is none.

    Raises:
        NotFoundError: there is no such issue, or the list has no such language.
        ConflictError: the issue is frozen.
    """
    row = _draft(session, list_name, name, language, hold=False)
    return load(Digest, row.digest).notes.get(language, "")


def set_note(session: Session, list_name: str, name: str, language: str, text: str) -> bool:
    """Sets the note of a draft in one language; empty text removes it. Whether that changed it.

    Raises:
        NotFoundError: there is no such issue, or the list has no such language.
        ConflictError: the issue is frozen.
    """
    row = _draft(session, list_name, name, language, hold=True)
    digest = load(Digest, row.digest)
    kept = {code: note for code, note in digest.notes.items() if code != language}
    notes = kept | ({language: text.strip()} if text.strip() else {})
    if notes == digest.notes:
        return False
    row.digest = dump(replace(digest, notes=notes))
    session.add(row)
    session.flush()
    return True


def _draft(session: Session, list_name: str, name: str, language: str, *, hold: bool) -> IssueRow:
    row = _row(session, list_name, name, hold=hold)
    if row is None:
        raise NotFoundError(
            f"there is no issue {list_name}/{name}: `newsletter issues list` shows those there are"
        )
    if row.state != IssueState.DRAFT:
        raise ConflictError(
            f"{list_name}/{name} is {row.state} and stays as it was frozen: its note too"
        )
    languages = load(Digest, row.digest).list.languages
    if language not in languages:
        raise NotFoundError(
            f"{list_name} has no language {language!r}: it has {', '.join(languages)}"
        )
    return row


def _row(session: Session, list_name: str, name: str, *, hold: bool) -> IssueRow | None:
    query = select(IssueRow).where(IssueRow.list_name == list_name, IssueRow.name == name)
    return session.exec(query.with_for_update() if hold else query).first()
