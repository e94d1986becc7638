"""Who is to be put on a list, and what came of it: the values of `store.members`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum

from newsletter.content.preferences import Preferences
from newsletter.store.values import SubscriptionState

MOST_REFUSALS = 1_000
"""Refusals that are told one by one; of the others, how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person as files carry them. `line` is where it stood, 0 if nowhere.

    `left_at` and `left_reason` are of somebody who left elsewhere; `suppressed` is why no list may
    mail them, if a file says so.
    """

    address: str
    preferences: Preferences = field(default_factory=Preferences)
    state: SubscriptionState = SubscriptionState.ACTIVE
    paused_until: dt.date | None = None
    consent_at: dt.datetime | None = None
    consent_source: str = ""
    zone: str = ""
    line: int = 0
    left_at: dt.datetime | None = None
    left_reason: str = ""
    suppressed: str = ""


class Admission(StrEnum):
    """What came of adding somebody."""

    ADDED = "added"
    KNOWN = "is on the list already"  # and keeps the choices they made
    REVIVED = "is on the list again, as forced"
    LEFT = "left the list and is not brought back"
    SUPPRESSED = "must not be mailed"
    ERASED = "was erased and is not brought back"
    MOVED = "moved to another address and is not brought back"
    LEAVES = "leaves by this file"


REFUSED = frozenset({Admission.LEFT, Admission.SUPPRESSED, Admission.ERASED, Admission.MOVED})
"""What leaves somebody as they were who was to be added."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody who was not added, and why; `since` is when they moved to another address."""

    member: Member
    admission: Admission
    since: dt.datetime | None = None

    def __str__(self) -> str:
        return f"{self.admission}{f' (since {self.since:%Y-%m-%d})' if self.since else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What an import did: numbers of people, and those it left as they were for a reason.

    `gone` are those of `added` who get nothing: they had left before, or must not be mailed.
    `moved` are those of `refused` whose person has another address now.
    """

    added: int = 0
    gone: int = 0
    known: int = 0
    revived: int = 0
    leaving: int = 0
    refused: int = 0
    moved: int = 0
    refusals: tuple[Refusal, ...] = ()

    def __add__(self, other: Added) -> Added:
        """Both together; of the refusals that are told, the first `MOST_REFUSALS`."""
        return Added(
            added=self.added + other.added,
            gone=self.gone + other.gone,
            known=self.known + other.known,
            revived=self.revived + other.revived,
            leaving=self.leaving + other.leaving,
            refused=self.refused + other.refused,
            moved=self.moved + other.moved,
            refusals=(*self.refusals, *other.refusals)[:MOST_REFUSALS],
        )
