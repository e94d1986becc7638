"""What a frozen issue has for its readers: planned once for each choice, as their rows are made."""

from __future__ import annotations

from functools import lru_cache

from newsletter.content.digest import Digest
from newsletter.content.planning import Plan, plan, spoken
from newsletter.content.preferences import Preferences
from newsletter.content.serial import dump_plan
from newsletter.errors import ConflictError
from newsletter.rendering.compiled import Compiled
from newsletter.store.database import Database
from newsletter.store.editions import compiled
from newsletter.store.issues import Issue
from newsletter.store.values import Skip

_CHOICES = 10_000
"""Of so many, what was planned is remembered: readers share their choices."""


def skip_reason(digest: Digest, preferences: Preferences) -> Skip | None:
    """Why an issue has nothing for readers with these preferences; None: it has."""
    return None if digest.subject else nothing_for(preferences, plan(digest, preferences))


def nothing_for(preferences: Preferences, chosen: Plan) -> Skip | None:
    """Why a plan by these preferences is not worth a message; None: it is."""
    if preferences.follows is not None and not preferences.follows:
        return Skip.NOTHING_CHOSEN
    return None if chosen.chosen else Skip.NOTHING_FOUND


class Choosing:
    """The plans of an issue, as its rows are made."""

    def __init__(self, database: Database, issue: Issue) -> None:
        if issue.edition is None:
            raise ConflictError(f"{issue.ref} is a draft: it has no plans yet")
        self._database, self._digest, self._edition = database, issue.digest, issue.edition.id
        self._plan = lru_cache(maxsize=_CHOICES)(self._planned)
        self._compiled = lru_cache(maxsize=None)(self._load)

    def skip(self, preferences: Preferences) -> Skip | None:
        """Why there is nothing for readers with these preferences; None: there is."""
        if self._digest.subject:
            return None
        return nothing_for(preferences, self._plan(preferences))

    def body(self, preferences: Preferences) -> str:
        """Their plan, as it is stored.

        Raises:
            NotFoundError: the issue was not compiled for their languages.
        """
        return dump_plan(self._plan(preferences))

    def _planned(self, preferences: Preferences) -> Plan:
        form = self._compiled(spoken(self._digest.list, preferences))
        return plan(self._digest, preferences, form)

    def _load(self, languages: tuple[str, ...]) -> Compiled:
        with self._database.read() as session:
            return Compiled.loads(compiled(session, self._edition, "+".join(languages)))
