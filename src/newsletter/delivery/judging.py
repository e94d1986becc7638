"""From what came back for a letter to what becomes of the delivery: pure, with the dice given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from newsletter.addresses import domain_of
from newsletter.content.mailinglist import InDoubt
from newsletter.delivery.connection import Answer
from newsletter.replies import ACCEPTED, Judgement, Verdict, classify
from newsletter.store.values import DeliveryState, Due, Fixed, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How deferred deliveries wait: `first`, doubled with each attempt up to `longest`, spread by
    half either way so that those deferred together do not come back together. A delivery whose
    next attempt would be more than `limit` after its first one has failed. `at_once` is how many
    attempts go straight back into the queue when a connection fails under them."""

    first: dt.timedelta = dt.timedelta(minutes=5)
    longest: dt.timedelta = dt.timedelta(hours=4)
    limit: dt.timedelta = dt.timedelta(hours=48)
    at_once: int = 2
    in_doubt: InDoubt = InDoubt.RESEND

    def delay(self, attempts: int, chance: float) -> dt.timedelta:
        """The wait after `attempts` earlier ones; `chance` is from 0 to 1."""
        doubled: dt.timedelta = self.first * 2 ** min(attempts, 30)
        return min(doubled, self.longest) * (0.5 + chance)

    def too_old(self, due: Due, fixed: Fixed | None, at: dt.datetime) -> bool:
        """Whether an attempt at that moment would be past the limit."""
        begun = [due.since] if due.since is not None else []
        begun += [fixed.date] if fixed is not None else []
        return bool(begun) and at - min(begun) > self.limit

    def given_up(self, reason: str) -> str:
        """The reason of a delivery that has failed by its age."""
        return f"given up after {int(self.limit.total_seconds() // 3600)} h: {reason}"


class Judged(NamedTuple):
    """An outcome to record, and the verdict on the reply if there was one."""

    outcome: Outcome
    verdict: Verdict | None


def judge(
    due: Due,
    fixed: Fixed,
    answer: Answer,
    *,
    relay: str,
    now: dt.datetime,
    retry: Retry,
    chance: Callable[[], float],
) -> Judged:
    """What `answer` makes of a delivery that was claimed; `chance` gives from 0 to 1."""
    reply = answer.reply
    if reply is not None and reply.code < 300:
        return Judged(
            Outcome(
                *(due.delivery_id, DeliveryState.SENT, now, relay, answer.stage),
                *(reply.code, reply.enhanced, reply.text),
            ),
            ACCEPTED,
        )
    verdict = None
    if reply is None:
        state, reason = _unanswered(due, answer, retry)
    else:
        verdict = classify(answer.stage, reply, domain_of(fixed.address))
        state, reason = _answered(verdict), _why(verdict)
    next_try = None
    if state is DeliveryState.DEFERRED:
        ours = verdict is not None and verdict.pauses_issue
        # Nothing is wrong with the reader then: they get it when the issue goes on.
        next_try = now if ours else now + retry.delay(due.attempts, chance())
        if not ours and retry.too_old(due, fixed, next_try):
            state, reason = DeliveryState.FAILED, retry.given_up(reason)
            next_try = None
    return Judged(_outcome(due, answer, relay, now, state, reason, next_try), verdict)


def _unanswered(due: Due, answer: Answer, retry: Retry) -> tuple[DeliveryState, str]:
    if answer.in_doubt:
        reason = f"no reply after the final dot: {answer.trouble}"
        if retry.in_doubt is InDoubt.HOLD:
            return DeliveryState.IN_DOUBT, reason
        return DeliveryState.DEFERRED, f"in doubt, and sent again: {reason}"
    again = due.attempts < retry.at_once
    return (DeliveryState.QUEUED if again else DeliveryState.DEFERRED), answer.trouble


def _answered(verdict: Verdict) -> DeliveryState:
    if verdict.judgement is Judgement.ACCEPTED:
        return DeliveryState.SENT
    return DeliveryState.DEFERRED if verdict.again else DeliveryState.FAILED


def _why(verdict: Verdict) -> str:
    if verdict.judgement is Judgement.ACCEPTED:
        return ""
    return f"{verdict.judgement.value}: {verdict.reason}"


def _outcome(
    due: Due,
    answer: Answer,
    relay: str,
    now: dt.datetime,
    state: DeliveryState,
    reason: str,
    next_try: dt.datetime | None,
) -> Outcome:
    reply = answer.reply
    return Outcome(
        delivery_id=due.delivery_id,
        state=state,
        at=now,
        relay=relay,
        stage=answer.stage,
        code=reply.code if reply else 0,
        enhanced=reply.enhanced if reply else "",
        text=reply.text if reply else answer.trouble,
        reason=reason,
        due=next_try,
    )
