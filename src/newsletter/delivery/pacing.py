"""How fast mail may go: by relay, by provider, and by day while a relay is being warmed up.

Pure: each call is told the time in seconds, of a clock that never goes back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from newsletter.addresses import domain_of
from newsletter.delivery.bucket import Bucket
from newsletter.delivery.relay import RATE, RelaySettings
from newsletter.replies import provider_of

SEVERAL = 3
"""Providers that ask us to slow down, with nothing accepted between, before it is the relay that
asks: what is said of everybody's readers is no word of one provider."""

FIRST_DAY, DOUBLINGS = 200, 14
"""Messages on the first day of a warm-up, and how often the next day may have twice as many."""


@dataclass(slots=True)
class Day:
    """The messages of a day of warming up."""

    day: dt.date
    gone: int = 0


@dataclass(slots=True)
class Pace:
    """How fast one relay is given mail, in this process: by issues and the outbox together.

    `behind` names the provider of an address's domain; without it, only well-known domains have
    one. `today` is what has gone on a day of the warm-up.
    """

    relay: RelaySettings
    behind: Callable[[str], str] = provider_of
    today: Day | None = None
    _whole: Bucket | None = None
    _each: dict[str, Bucket] = field(default_factory=dict)
    _asking: set[str] = field(default_factory=set)

    def provider(self, address: str) -> str:
        """Who takes mail for an address."""
        domain = domain_of(address)
        limits = self.relay.rates
        return domain if domain in limits else self.behind(domain)

    def relay_wait(self, now: float) -> float:
        """Seconds until the relay may be given a message."""
        bucket = self._relay(now)
        return 0.0 if bucket is None else bucket.wait(now)

    def wait(self, provider: str, now: float) -> float:
        """Seconds until a provider may be, as far as it alone is concerned."""
        bucket = self._of(provider, now)
        return 0.0 if bucket is None else bucket.wait(now)

    def take(self, provider: str, now: float) -> None:
        """A message goes to that provider."""
        for bucket in (self._relay(now), self._of(provider, now)):
            if bucket is not None:
                bucket.take(now)
        if self.today is not None:
            self.today.gone += 1

    def give_back(self, provider: str, now: float) -> None:
        """One that was to go did not."""
        for bucket in (self._relay(now), self._of(provider, now)):
            if bucket is not None:
                bucket.give_back()
        if self.today is not None:
            self.today.gone -= 1

    def left(self, day: dt.date) -> int | None:
        """Messages that the warm-up leaves for that day; None: it sets no limit."""
        most = ramp(self.relay.warmup, day)
        if most is None:
            self.today = None
            return None
        if self.today is None or self.today.day != day:
            self.today = Day(day)
        return max(0, most - self.today.gone)

    def accepted(self) -> None:
        """A message was: so it is not everybody who asks us to slow down."""
        self._asking.clear()

    def asked(self, provider: str, now: float) -> str:
        """A provider asks us to slow down. Who is slowed by it, or empty: it has just been."""
        self._asking.add(provider)
        if len(self._asking) >= SEVERAL:
            for name in self._asking & self._each.keys():
                self._each[name].forgive()
            return self.relay_asked(now)
        bucket = self._of(provider, now)
        if bucket is None:
            bucket = self._each[provider] = Bucket(self.relay.rate or RATE, now)
        return provider if bucket.slow(now) else ""

    def relay_asked(self, now: float) -> str:
        """The relay itself asks. Its name if it is slowed by that, else empty."""
        bucket = self._relay(now)
        if bucket is None:
            bucket = self._whole = Bucket(RATE, now)
        return self.relay.name if bucket.slow(now) else ""

    def rate(self, provider: str, now: float) -> float | None:
        """Messages a second that a provider (or the relay, by its name) may get now, if limited."""
        bucket = self._relay(now) if provider == self.relay.name else self._of(provider, now)
        return None if bucket is None else bucket.rate(now)

    def _relay(self, now: float) -> Bucket | None:
        if self.relay.rate:
            self._whole = self._whole or Bucket(self.relay.rate, now)
        elif self._whole is not None and self._whole.recovered(now):
            self._whole = None
        return self._whole

    def _of(self, provider: str, now: float) -> Bucket | None:
        found = self._each.get(provider)
        if provider in self.relay.rates:
            if found is None:
                found = self._each[provider] = Bucket(self.relay.rates[provider], now)
        elif found is not None and found.recovered(now):
            del self._each[provider]
            return None
        return found


def ramp(began: dt.date | None, day: dt.date) -> int | None:
    """Messages that may go on a day of a warm-up that began on another: `FIRST_DAY`, then twice as
    many each day, and from the 16th on as many as there are (None). None, too, without one."""
    if began is None or (day - began).days > DOUBLINGS:
        return None
    return FIRST_DAY << max(0, (day - began).days)


def next_day(now: dt.datetime) -> dt.datetime:
    """When the next day of a warm-up begins: at midnight UTC."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(days=1)


class Paces:
    """The pace of each relay in this process. `behind` as in `Pace`."""

    def __init__(self, behind: Callable[[str], str] = provider_of) -> None:
        self._behind = behind
        self._known: dict[str, Pace] = {}

    def of(self, relay: RelaySettings) -> Pace | None:
        """The pace of a relay; None for one that nothing limits, which costs nothing then."""
        if not relay.paced:
            return None
        found = self._known.get(relay.name)
        if found is None:
            found = self._known[relay.name] = Pace(relay, self._behind)
        return found
