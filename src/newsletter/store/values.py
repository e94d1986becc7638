"""The small values that the store takes and returns beside those of `content`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from newsletter.content.preferences import Preferences


class IssueState(StrEnum):
    """`draft → frozen (rows being written) → sending → sent`, or cancelled; held while paused."""

    DRAFT = "draft"
    FROZEN = "frozen"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"


class DeliveryState(StrEnum):
    """Where a delivery is; each is in exactly one state."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"  # accepted by the relay; what happens after that is not known here
    DEFERRED = "deferred"
    FAILED = "failed"
    SKIPPED = "skipped"
    IN_DOUBT = "in doubt"
    BOUNCED = "bounced"

    __hash__ = str.__hash__  # that of enumerations is slow, and this one is asked for every message

    @property
    def final(self) -> bool:
        """Whether nothing is left to be done by sending."""
        return self in _FINAL


_FINAL = frozenset(
    {
        DeliveryState.SENT,
        DeliveryState.FAILED,
        DeliveryState.SKIPPED,
        DeliveryState.BOUNCED,
    }
)


class SubscriptionState(StrEnum):
    """Where somebody stands with a list."""

    PENDING = "pending"  # asked to join; not yet confirmed
    ACTIVE = "active"
    LEFT = "left"


class Way(StrEnum):
    """How somebody left."""

    ONE_CLICK = "one-click"
    PAGE = "page"
    MAIL = "mail"
    COMPLAINT = "complaint"
    BOUNCE = "bounce"
    ADMIN = "admin"
    IMPORT = "import"


class Skip(StrEnum):
    """Why an issue has a row for a subscriber and sends nothing."""

    NOTHING_CHOSEN = "no topics chosen"
    NOTHING_FOUND = "nothing in this issue for their choices"
    PAUSED = "paused"
    LEFT = "left the list"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedPreferences:
    """Preferences and the id under which equal ones are stored once."""

    id: int
    preferences: Preferences


class Fixed(NamedTuple):
    """What the first `sending` settles; every later attempt repeats the same bytes from it.

    `date` is in whole seconds, UTC. `encoding` is the MIME transfer encoding of the message.
    """

    edition: int
    address: str
    preferences_id: int
    message_id: str
    date: dt.datetime
    key_id: str
    encoding: str


class Due(NamedTuple):
    """A delivery that may be sent now. `fixed` is None before its first attempt; `since` is when
    that was, or when it would have been, had its provider not been resting."""

    delivery_id: int
    subscriber_id: int
    address: str
    preferences_id: int
    attempts: int
    fixed: Fixed | None
    since: dt.datetime | None = None


class Claim(NamedTuple):
    """The wish to send: granted only to a row that is still queued or deferred.

    `plan` is `Plan` as text, to be kept beside the edition and preferences that it came from; empty
    if it is known to be there.
    """

    delivery_id: int
    fixed: Fixed
    plan: str
    at: dt.datetime


class Outcome(NamedTuple):
    """How an attempt ended. `state` is sent, deferred, failed, in doubt, or queued again when
    nothing had been asked of the relay; `due` is when a deferred one may be tried again.

    `stage` is the SMTP command that was answered (`connect`, `mail`, `rcpt`, `data`, `body`),
    `code` the reply code (RFC 5321 §4.2; 0: none), `enhanced` its enhanced code (RFC 3463) or "".
    """

    delivery_id: int
    state: DeliveryState
    at: dt.datetime
    relay: str
    stage: str = ""
    code: int = 0
    enhanced: str = ""
    text: str = ""
    reason: str = ""
    due: dt.datetime | None = None
