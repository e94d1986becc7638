"""A token bucket that goes slower when asked to. Pure: told the time, in seconds."""

from __future__ import annotations

SLOWEST = 0.1
"""Messages a second to which a relay or a provider is slowed at most."""

RECOVERY = 600.0
"""Seconds without another complaint in which the full rate comes back, evenly."""

SETTLES = 5.0
"""Seconds in which complaints count as one: those of messages that were under way already."""


class Bucket:
    """A token bucket: in any `t` seconds at most `rate * t + burst` messages.

    `rate` is in messages a second. What asks for patience is slowed by half, and gets its full
    rate back bit by bit.
    """

    __slots__ = ("_at", "_burst", "_full", "_level", "_low", "_slowed_at")

    def __init__(self, rate: float, now: float) -> None:
        self._full = rate
        self._burst = self._level = 1.0 + rate / 10  # who comes a little late loses nothing
        self._at = now
        self._low: float | None = None
        self._slowed_at = now

    def rate(self, now: float) -> float:
        """The rate at that moment."""
        if self._low is None:
            return self._full
        back = min(1.0, max(0.0, now - self._slowed_at) / RECOVERY)
        return self._low + (self._full - self._low) * back

    def wait(self, now: float) -> float:
        """Seconds until a message may go; 0: now."""
        self._fill(now)
        lacks = 1.0 - self._level
        return lacks / self.rate(now) if lacks > 1e-9 else 0.0  # what rounding may leave

    def take(self, now: float) -> None:
        """A message goes."""
        self._fill(now)
        self._level -= 1.0

    def give_back(self) -> None:
        """One that was to go did not."""
        self._level = min(self._burst, self._level + 1.0)

    def slow(self, now: float) -> bool:
        """Halves the rate; False if it has just been."""
        if self._low is not None and now - self._slowed_at < SETTLES:
            return False
        self._fill(now)
        self._low = max(min(SLOWEST, self._full), self.rate(now) / 2)
        self._slowed_at = now
        self._level = min(self._level, 0.0)
        return True

    def recovered(self, now: float) -> bool:
        """Whether the full rate is back."""
        return self._low is None or now - self._slowed_at >= RECOVERY

    def forgive(self) -> None:
        """Takes the slowing back: it was not this one's fault."""
        self._low = None

    def _fill(self, now: float) -> None:
        if now > self._at:
            # The rate only rises between two complaints, so the earlier moment's is never too much.
            self._level = min(self._burst, self._level + self.rate(self._at) * (now - self._at))
            self._at = now
