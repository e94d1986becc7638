"""What the clock has done for it, and what it has editors told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from newsletter.store.outbox import Mail
from newsletter.store.slots import Slot


class News(StrEnum):
    """What editors are told that they did not expect."""

    FAILED = "failed"  # a step failed, and is tried again
    MISSED = "missed"  # it asks for somebody's word
    HELD = "held"  # it waits for approval
    PASSED_OVER = "passed over"  # nobody approved it in time
    TOO_FEW = "too few"  # it had fewer entries than its list wants
    STOPPED = "stopped"  # it is on its way and does not get on


class Hands(Protocol):
    """What the clock has done for it. Each may be asked twice, and raises a NewsletterError that
    says why it cannot be done now."""

    def assemble(self, slot: Slot, now: dt.datetime) -> None:
        """Makes the draft of a slot's issue, or makes it anew."""

    def reminder(self, slot: Slot, until: dt.datetime | None, now: dt.datetime) -> Sequence[Mail]:
        """The mails that tell editors of the draft; `until` when it wants approval, if it does."""

    def release(self, slot: Slot, now: dt.datetime, *, approved: bool) -> None:
        """Checks and freezes the issue, if that is so as it was `approved`: from then on it goes
        out, whoever keeps the clock."""

    def files(self, template: str) -> str:
        """What tells the files of a template from any others: a review is of these, too."""

    def alarm(
        self, slot: Slot, news: News, reason: str, until: dt.datetime | None, now: dt.datetime
    ) -> Sequence[Mail]:
        """The mails that tell what did not happen; `until` when something follows by itself."""
