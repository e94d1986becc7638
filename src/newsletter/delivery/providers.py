"""Providers that ask for patience or refuse us are left alone for a while; all others go on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from newsletter.addresses import domain_of
from newsletter.delivery.judging import Judged, Retry
from newsletter.replies import Judgement, provider_of
from newsletter.store.values import Outcome

IN_A_ROW = 5
"""Answers of one kind in a row, with nothing accepted between, after which a provider rests."""

SEVERAL = 3
"""Providers that refuse us by policy before it is the issue that has to stop."""


class Rest(NamedTuple):
    """Until when a provider's deliveries are not tried, and why."""

    provider: str
    until: dt.datetime
    reason: str


@dataclass(slots=True)
class _Standing:
    """How one provider has answered since it last accepted a message."""

    later: int = 0
    refused: int = 0
    rests: int = 0
    latest_due: dt.datetime | None = None
    rest: Rest | None = None


class Providers:
    """What each provider has answered in one send.

    One that says "try later" (4yz) to `IN_A_ROW` readers rests until the last of those is due,
    and longer each time, by `retry`. One that refuses as many by policy (5.7.x, or of our sender
    address: RFC 3463 §3.8 and §3.2) rests for the longest wait there is; `SEVERAL` such providers
    halt the issue.
    What is said of one mailbox (4.2.x) is no word about its provider.
    """

    def __init__(self, retry: Retry) -> None:
        self._retry = retry
        self._standing: dict[str, _Standing] = {}
        self._refusing: set[str] = set()

    def resting(self, address: str, now: dt.datetime) -> Rest | None:
        """The rest that the provider of `address` takes, if it takes one now."""
        if not self._standing:
            return None
        found = self._standing.get(provider_of(domain_of(address)))
        rest = found.rest if found is not None else None
        return rest if rest is not None and rest.until > now else None

    @property
    def halt(self) -> str:
        """Why the issue has to stop, or empty."""
        if len(self._refusing) < SEVERAL:
            return ""
        return (
            f"{', '.join(sorted(self._refusing))} refuse our mail by policy: their replies say why"
        )

    def note(self, address: str, judged: Judged, chance: float) -> Rest | None:
        """Takes account of another answer; the rest that begins by it. `chance` is from 0 to 1."""
        outcome = judged.outcome
        later, refused = _asks_for_patience(judged), _refuses_us(judged)
        if not later and not refused:
            return None
        provider = provider_of(domain_of(address))
        found = self._standing.setdefault(provider, _Standing())
        found.later += later
        found.refused += refused
        if outcome.due is not None:
            found.latest_due = max(outcome.due, found.latest_due or outcome.due)
        if (found.later if later else found.refused) < IN_A_ROW:
            return None
        return self._begin(provider, found, outcome, chance)

    def welcomed(self, address: str) -> None:
        """Takes account of a message that was accepted."""
        if self._standing:  # most sends meet no trouble at all
            provider = provider_of(domain_of(address))
            self._standing.pop(provider, None)
            self._refusing.discard(provider)

    def _begin(self, provider: str, found: _Standing, outcome: Outcome, chance: float) -> Rest:
        if found.refused >= IN_A_ROW:
            self._refusing.add(provider)
            until = outcome.at + self._retry.longest * (0.5 + chance)
            reason = f"{provider} refused {found.refused} in a row by policy"
        else:
            until = outcome.at + self._retry.delay(found.rests, chance)
            until = max(until, found.latest_due or until)
            reason = f"{provider} asked {found.later} times in a row to try later"
        found.rests += found.rest is None or found.rest.until <= outcome.at
        found.rest = Rest(provider, until, reason)
        return found.rest


def _asks_for_patience(judged: Judged) -> bool:
    verdict = judged.verdict
    of_one_mailbox = judged.outcome.enhanced.startswith("4.2.")
    return verdict is not None and verdict.judgement is Judgement.TRY_LATER and not of_one_mailbox


def _refuses_us(judged: Judged) -> bool:
    """By policy or for our sender address; texts without a code are known ones, but for 552."""
    outcome, verdict = judged.outcome, judged.verdict
    if verdict is None or verdict.judgement is not Judgement.REFUSED:
        return False
    if not outcome.enhanced:
        return outcome.code != 552
    return outcome.enhanced.startswith("5.7.") or outcome.enhanced in ("5.1.7", "5.1.8")
