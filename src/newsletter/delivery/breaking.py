"""The breaker of a send: too many refusals, or too many bad addresses at once, pause the issue.

It is more likely then that a provider, the relay or we are at fault than that so many readers are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from newsletter.delivery.shard import Surroundings
from newsletter.store import breaker
from newsletter.store.database import Database
from newsletter.store.deliveries import waiting
from newsletter.store.issues import Issue
from newsletter.store.values import DeliveryState, Outcome

FIRST = 1_000
"""Answers of a run by which it is judged whether too many are refusals."""

FEWEST = 10
"""Refusals below which no share is asked for."""

SETTLE_EVERY = 10
"""Looks at the issue between two at the bad addresses."""


class Breaker:
    """Watches one run. `going` may be asked in another thread than the outcomes come in."""

    def __init__(self, database: Database, issue: Issue, clock: Callable[[], dt.datetime]) -> None:
        self._database, self._issue, self._clock = database, issue, clock
        with database.read() as session:
            expected = waiting(session, issue.id, now=clock(), most=FIRST)
        self._most = max(FEWEST - 1, expected * issue.digest.list.policies.most_refused / 100)
        self._answered = self._refused = self._looks = 0
        self._reason = ""

    def watching(self, around: Surroundings) -> Surroundings:
        """`around`, with an eye on each outcome; too many refusals set its `stop`."""

        def observe(outcome: Outcome) -> None:
            if self._too_many(outcome):
                around.stop.set()
            around.observe(outcome)

        return replace(around, observe=observe)

    def going(self, going: Callable[[], bool]) -> bool:
        """Whether the issue may still go out: `going` says so, and no domain turned bad."""
        self._looks += 1
        if self._looks % SETTLE_EVERY == 0:
            self.settle()
        return not self._reason and going()

    def settle(self) -> str:
        """Suppresses the addresses that were proven bad so far, or holds them for an admin where
        they are too many; why the issue should pause, or empty."""
        now = self._clock()
        with self._database.write() as session:
            breaker.accuse_refused(session, self._issue.id, now)
            held = breaker.settle(session, self._issue.id, now).held
        if held:
            self._reason = (
                f"{held} addresses turned bad at once, and nobody is suppressed yet: "
                "`newsletter bounces review` asks"
            )
        return self._reason

    def _too_many(self, outcome: Outcome) -> bool:
        if self._answered < FIRST and not self._reason:
            refused = outcome.state is DeliveryState.FAILED and outcome.code >= 500
            self._answered += refused or outcome.state is DeliveryState.SENT
            self._refused += refused
            if self._refused > self._most:
                self._reason = f"{self._refused} of the first {self._answered} were refused"
                return True
        return False
