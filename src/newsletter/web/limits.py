"""How often a network may ask for what sends mail, and how much of it one mailbox gets.

Counted in memory: a restart forgives.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from threading import Lock

_MOST_KNOWN = 50_000
"""Networks or mailboxes that are counted at once; those not heard of for longest are forgotten
first."""


@dataclass
class Limit:
    """At most `most` requests in any span of `within` from one network, or for one mailbox."""

    most: int
    within: dt.timedelta
    _seen: OrderedDict[str, deque[dt.datetime]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def allows(self, whose: str, now: dt.datetime) -> bool:
        """Whether `whose` may ask, or be asked for, once more; if so, it is counted."""
        with self._lock:
            times = self._seen.setdefault(whose, deque(maxlen=self.most))
            self._seen.move_to_end(whose)
            if len(self._seen) > _MOST_KNOWN:
                self._seen.popitem(last=False)
            if len(times) == self.most and now - times[0] < self.within:
                return False
            times.append(now)
            return True
