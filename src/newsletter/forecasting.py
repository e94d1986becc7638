"""Who would get an issue if it went out now, and who would not and why; nothing is changed."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from newsletter.content.digest import Digest
from newsletter.content.moments import local_day
from newsletter.content.preferences import Preferences
from newsletter.delivery.choosing import skip_reason
from newsletter.store import issues, subscribers
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.repeats import repeats
from newsletter.store.values import DeliveryState, IssueState, Skip, SubscriptionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How many people an issue goes to, how many it does not and why, and how many have it.

    `repeated` of its entries stood in other issues: who has all that an issue has for them is
    among the recipients and gets none, which is known of each when their message is written.
    """

    recipients: int
    skipped: Mapping[str, int]
    reached: int = 0
    repeated: int = 0


def forecast(db: Database, issue: Issue, now: dt.datetime) -> Forecast:
    """Who gets it: from the present audience until all have their rows, else from those."""
    with db.read() as session:
        known = repeats(session, issue.id, issue.digest)
        repeated = 0 if known is None else known.number
        if issue.state not in (IssueState.DRAFT, IssueState.FROZEN):
            left = _remaining(issues.counts(session, issue.id), issues.skips(session, issue.id))
            return replace(left, repeated=repeated)
        today = local_day(issue.digest.list, now)
        only = issue.corrects
        standing = issues.standing_counts(session, issue.list_name, today=today, corrects=only)
        skipped: Counter[str] = Counter({skip.value: people for skip, people in standing.items()})
        recipients = 0
        reason_for = _judge(issue.digest)
        for choice, people in issues.audience_preview(
            session, issue.list_name, today=today, corrects=only
        ):
            if reason := reason_for(choice.preferences):
                skipped[reason.value] += people
            else:
                recipients += people
    return Forecast(recipients=recipients, skipped=dict(skipped.most_common()), repeated=repeated)


def _remaining(counts: Mapping[DeliveryState, int], skips: Mapping[str, int]) -> Forecast:
    lost = (DeliveryState.FAILED, DeliveryState.IN_DOUBT)
    return Forecast(
        recipients=sum(n for state, n in counts.items() if not state.final and state not in lost),
        skipped={**skips, **{state.value: counts[state] for state in lost if state in counts}},
        reached=counts.get(DeliveryState.SENT, 0) + counts.get(DeliveryState.BOUNCED, 0),
    )


def why_not(db: Database, issue: Issue, address: str, now: dt.datetime) -> str | None:
    """Why somebody would get no message of an issue if it were frozen now; None where they would.

    Raises:
        NotFoundError: nobody has that address.
    """
    with db.read() as session:
        person = subscribers.show(session, address)
    subscription = person.subscriptions.get(issue.list_name)
    if subscription is None or subscription.state is SubscriptionState.LEFT:
        return Skip.LEFT
    if subscription.state is SubscriptionState.PENDING:
        return "not confirmed"
    if person.suppression:
        return Skip.SUPPRESSED
    until = subscription.paused_until
    if until is not None and until > local_day(issue.digest.list, now):
        return Skip.PAUSED
    return skip_reason(issue.digest, subscription.preferences)


def _judge(digest: Digest) -> Callable[[Preferences], Skip | None]:
    """`skip_reason` for one digest, remembered: many readers share preferences."""
    return lru_cache(maxsize=10_000)(lambda preferences: skip_reason(digest, preferences))
