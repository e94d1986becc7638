"""Which answers ask us to slow down, and whom that slows: the provider, or the relay."""

from __future__ import annotations

import re

from newsletter.delivery.judging import Judged
from newsletter.delivery.pacing import Pace
from newsletter.replies import Judgement
from newsletter.store.values import DeliveryState

# A greylister (RFC 6647) says 4.7.1 to whoever is new, however slowly they come.
_GREYLISTED = re.compile(r"gr[ae]y-?\s?list", re.IGNORECASE)


def heed(pace: Pace, address: str, judged: Judged, now: float) -> str:
    """Takes account of an answer; who goes at half the pace by it, or empty."""
    verdict = judged.verdict
    if judged.outcome.state is DeliveryState.SENT:
        pace.accepted()
        return ""
    if verdict is None:
        return ""
    if verdict.judgement is Judgement.RELAY_BUSY:
        return pace.relay_asked(now)
    return pace.asked(pace.provider(address), now) if _too_fast(judged) else ""


def _too_fast(judged: Judged) -> bool:
    """Policy's 4.7.x (RFC 3463 §3.8), or a limit that a provider puts in words."""
    outcome, verdict = judged.outcome, judged.verdict
    if verdict is None or verdict.judgement is not Judgement.TRY_LATER:
        return False
    if _GREYLISTED.search(outcome.text):
        return False
    # Some say 451 or 452 and no more; with an enhanced code it is the code that counts.
    bare = not outcome.enhanced and outcome.code in (421, 451, 452)
    return bare or outcome.enhanced.startswith("4.7.") or verdict.reason.endswith("rate limit")
