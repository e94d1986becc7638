"""What a frozen issue has for its readers: planned once for each choice, as their rows are made."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from newsletter.content.digest import Digest
from newsletter.content.planning import Plan, plan, spoken
from newsletter.content.preferences import Preferences
from newsletter.content.serial import dump_plan
from newsletter.errors import ConflictError
from newsletter.rendering.compiled import Compiled
from newsletter.store.database import Database
from newsletter.store.editions import compiled
from newsletter.store.fanout import Choose, upcoming
from newsletter.store.issues import Issue
from newsletter.store.values import Skip


def skip_reason(digest: Digest, preferences: Preferences) -> Skip | None:
    """Why an issue has nothing for readers with these preferences; None: it has."""
    return None if digest.subject else nothing_for(preferences, plan(digest, preferences))


def nothing_for(preferences: Preferences, chosen: Plan) -> Skip | None:
    """Why a plan by these preferences is not worth a message; None: it is."""
    if preferences.follows is not None and not preferences.follows:
        return Skip.NOTHING_CHOSEN
    return None if chosen.chosen else Skip.NOTHING_FOUND


class Choosing:
    """The plans of an issue's present edition, as its rows are made."""

    def __init__(self, database: Database, issue: Issue) -> None:
        if issue.edition is None:
            raise ConflictError(f"{issue.ref} is a draft: it has no plans yet")
        self._database, self._digest, self._issue_id = database, issue.digest, issue.id
        self._edition = issue.edition.id
        self._decisions: dict[Preferences, _Decision] = {}
        self._compiled = lru_cache(maxsize=None)(self._load)

    @property
    def choose(self) -> Choose:
        """What the rows are made with, beside `skip`."""
        return Choose(self._edition, self.body)

    def foresee(self, chunk: int) -> None:
        """Decides for those whose rows are made next, so that nobody who writes waits for it; what
        was decided before is stored and forgotten here.

        Raises:
            NotFoundError: the issue was not compiled for their languages.
        """
        with self._database.read() as session:
            wanted = upcoming(session, self._issue_id, chunk)
        self._decisions = {preferences: self._decide(preferences) for preferences in wanted}

    def skip(self, preferences: Preferences) -> Skip | None:
        """Why there is nothing for readers with these preferences; None: there is."""
        return self._decided(preferences).skip

    def body(self, preferences: Preferences) -> str:
        """Their plan, as it is stored; empty if there is nothing for them."""
        return self._decided(preferences).body

    def _decided(self, preferences: Preferences) -> _Decision:
        found = self._decisions.get(preferences)
        if found is None:
            found = self._decisions[preferences] = self._decide(preferences)
        return found

    def _decide(self, preferences: Preferences) -> _Decision:
        form = self._compiled(spoken(self._digest.list, preferences))
        chosen = plan(self._digest, preferences, form)
        skip = None if self._digest.subject else nothing_for(preferences, chosen)
        return _Decision(skip, "" if skip else dump_plan(chosen))

    def _load(self, languages: tuple[str, ...]) -> Compiled:
        with self._database.read() as session:
            return Compiled.loads(compiled(session, self._edition, "+".join(languages)))


class _Decision(NamedTuple):
    skip: Skip | None
    body: str
