"""What the last issue would have been with certain choices."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from newsletter.content.digest import Digest
from newsletter.content.entry import Entry
from newsletter.content.planning import Depth, plan, spoken
from newsletter.content.preferences import Preferences
from newsletter.rendering.mathtext import readable_maths
from newsletter.store.editions import edition_digest
from newsletter.store.issues import get_issue
from newsletter.store.published import published

_LOOKED_AT = 3
"""Issues that are looked at: one that only announces something has no entries to choose from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The titles that a reader would get of an issue, in its order; `total` is all it has."""

    issue: str
    total: int
    titles: tuple[str, ...]


def preview(session: Session, list_name: str, preferences: Preferences) -> Preview | None:
    """The last public issue by `preferences`; None when there is none yet."""
    for issue in published(session, list_name)[:_LOOKED_AT]:
        edition = get_issue(session, list_name, issue.name).edition
        digest = edition_digest(session, edition.id) if edition else None
        if digest is not None and digest.entries:
            return _of(digest, preferences)
    return None


def _of(digest: Digest, preferences: Preferences) -> Preview:
    if preferences.follows == frozenset():
        return Preview(issue=digest.name, total=len(digest.entries), titles=())
    chosen = plan(digest, preferences)
    language = spoken(digest.list, preferences)[0]
    titles = [
        _title(item.entry, language)
        for item, depth in zip(digest.entries, chosen.depths, strict=True)
        if depth is not Depth.ABSENT
    ]
    return Preview(issue=digest.name, total=len(digest.entries), titles=tuple(titles))


def _title(entry: Entry, language: str) -> str:
    translated = entry.texts[language].title if language in entry.texts else ""
    return readable_maths(translated or entry.title)
