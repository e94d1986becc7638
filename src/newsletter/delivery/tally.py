"""What a send came to so far, whichever relays it went over."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from newsletter.delivery.shard import Summary
from newsletter.store.values import DeliveryState, Outcome


class Tally:
    """Counts outcomes, and keeps the first moment at which something may be tried again."""

    def __init__(self) -> None:
        self._counts: Counter[DeliveryState] = Counter()
        self._skipped = 0
        self._next_due: dt.datetime | None = None

    @property
    def queued_again(self) -> int:
        """How many attempts ended with the delivery back in the queue."""
        return self._counts[DeliveryState.QUEUED]

    def add(self, outcome: Outcome) -> None:
        self._counts[outcome.state] += 1
        if outcome.due is not None:
            self.waits(outcome.due)

    def skip(self) -> None:
        self._skipped += 1

    def waits(self, until: dt.datetime) -> None:
        """Something waits for that moment."""
        self._next_due = until if self._next_due is None else min(self._next_due, until)

    def summary(self, *, halt: str, stopped: bool) -> Summary:
        return Summary(
            attempts=dict(self._counts),
            skipped=self._skipped,
            next_due=self._next_due,
            halt=halt,
            stopped=stopped,
        )
