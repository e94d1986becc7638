"""What the parts of one send over one relay share, and how any of them ends it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import structlog

from newsletter.delivery.committer import Committer
from newsletter.delivery.connecting import open_relay
from newsletter.delivery.feed import Feed
from newsletter.delivery.lanes import Lanes
from newsletter.delivery.offers import Offers
from newsletter.delivery.pacing import Pace
from newsletter.delivery.providers import Providers
from newsletter.delivery.reach import Reach
from newsletter.delivery.relay import RelaySettings
from newsletter.delivery.shard import Manners, Surroundings, Work
from newsletter.delivery.tally import Tally
from newsletter.errors import NewsletterError


class Lasting(NamedTuple):
    """What stays when a send goes on over another relay."""

    tally: Tally
    providers: Providers
    offers: Offers


@dataclass(slots=True)
class Course:
    """A send over one relay. `feed` is of the present pass over what is due, `halt` says why the
    issue has to stop, `trouble` is what made going on impossible; `second`: this is the fallback.
    """

    work: Work
    relay: RelaySettings
    around: Surroundings
    manners: Manners
    lasting: Lasting
    second: bool
    pace: Pace | None
    reach: Reach
    committer: Committer
    feed: Feed | Lanes
    log: structlog.stdlib.BoundLogger
    halt: str = ""
    trouble: NewsletterError | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def begun(
        cls,
        work: Work,
        relay: RelaySettings,
        around: Surroundings,
        manners: Manners,
        lasting: Lasting,
        *,
        second: bool,
    ) -> Course:
        patience = manners.persistence
        if relay.fallback is not None:
            patience = replace(patience, failures=patience.failures_before_another)
        log = structlog.get_logger("newsletter.delivery").bind(relay=relay.name)
        reach = Reach(
            lambda: open_relay(relay, manners.timeouts),
            patience,
            around.chance,
            lambda failures: log.warning("relay failed", in_a_row=failures),
        )
        return cls(
            work=work,
            relay=relay,
            around=around,
            manners=manners,
            lasting=lasting,
            second=second,
            pace=around.paces.of(relay),
            reach=reach,
            committer=Committer(work.ledger, work.executor, reach.count, work.at_once),
            feed=Feed(work.pages),
            log=log,
        )

    def open_feed(self, passed: frozenset[str]) -> None:
        """Begins another pass; `passed` are the providers of what the last one left."""
        feed = self.feed = Feed(self.work.pages)
        if self.pace is not None:
            self.feed = Lanes(feed, self.pace, self.around.clock, self.stop, passed)

    def end(self) -> None:
        """No new letter is begun from here on."""
        self.stop.set()
        self.reach.wake()

    def give_up(self, error: NewsletterError) -> None:
        """Ends it for a reason that is raised when all is settled."""
        self.trouble = self.trouble or error
        self.end()

    def halt_for(self, reason: str) -> None:
        """Ends it for a reason that concerns the issue."""
        self.halt = self.halt or reason
        self.end()
