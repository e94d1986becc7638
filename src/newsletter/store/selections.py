"""Preferences, stored once however many readers share them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlmodel import Session, col, select

from newsletter.content.preferences import Preferences
from newsletter.content.serial import dump, load, load_preferences
from newsletter.errors import NotFoundError
from newsletter.store.ignoring import insert_new
from newsletter.store.tables import PreferencesRow

_CHUNK = 500  # well below SQLite's limit of parameters in one statement


def preferences_id(session: Session, preferences: Preferences) -> int:
    """The id of these preferences, stored now if nobody had them yet."""
    return preferences_ids(session, [preferences])[preferences]


def known_id(session: Session, preferences: Preferences) -> int | None:
    """The id of these preferences, if anybody ever had them."""
    digest = hashlib.sha256(dump(preferences).encode()).hexdigest()
    return _known(session, [digest]).get(digest)


def preferences_ids(session: Session, preferences: Iterable[Preferences]) -> dict[Preferences, int]:
    """The ids of many at once."""
    bodies = {choice: dump(choice) for choice in dict.fromkeys(preferences)}
    digests = {choice: hashlib.sha256(body.encode()).hexdigest() for choice, body in bodies.items()}
    found = _known(session, digests.values())
    missing = [choice for choice in bodies if digests[choice] not in found]
    if missing:
        rows = [{"digest": digests[choice], "body": bodies[choice]} for choice in missing]
        insert_new(session, PreferencesRow, rows)
        found |= _known(session, [digests[choice] for choice in missing])
    return {choice: found[digest] for choice, digest in digests.items()}


def selected(session: Session, preferences_id: int) -> Preferences:
    """The preferences of that id.

    Raises:
        NotFoundError: none has it.
    """
    row = session.get(PreferencesRow, preferences_id)
    if row is None:
        raise NotFoundError(f"no preferences are stored under {preferences_id}")
    return load(Preferences, row.body)


def all_selected(session: Session, ids: Iterable[int]) -> dict[int, Preferences]:
    """The preferences of these ids, by id."""
    wanted = list(ids)
    found: dict[int, Preferences] = {}
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        query = select(PreferencesRow.id, PreferencesRow.body)
        rows = session.exec(query.where(col(PreferencesRow.id).in_(chunk)))
        found |= {number: load_preferences(body) for number, body in rows if number is not None}
    return found


def _known(session: Session, digests: Iterable[str]) -> dict[str, int]:
    wanted = list(digests)
    found: dict[str, int] = {}
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        rows = session.exec(
            select(PreferencesRow.digest, PreferencesRow.id).where(
                col(PreferencesRow.digest).in_(chunk)
            )
        )
        found |= {digest: number for digest, number in rows if number is not None}
    return found
