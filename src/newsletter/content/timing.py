"""When a list goes out, as its file says: the moment, and what is done before and around it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from newsletter.content.cron import WEEKDAYS, Cron, parse_cron


class ReviewPolicy(StrEnum):
    """Whether an editor must approve an issue before it goes."""

    NONE = "none"
    REQUIRED = "required"


class Unreviewed(StrEnum):
    """What becomes of an issue that nobody approved until the deadline."""

    WAIT = "wait"  # until somebody does
    SKIP = "skip"  # what it holds goes into the next one
    SEND = "send"


class Waves(StrEnum):
    """By whose clock a reader gets an issue."""

    LIST = "list"  # all at once
    READER = "reader"  # at the schedule's hour of each reader's own zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a list goes out: a weekday's name and a local time, or five fields of cron, in an IANA
    zone. Spans are whole minutes.

    `assemble` and `remind` are how long before the send the draft is made and editors are told of
    it; `deadline` is how long after it an approval is waited for; `grace` is how late a send may be
    that nobody could begin in time. `alarm` is an address that is mailed what did not happen.
    """

    zone: str
    weekday: str = ""
    time: dt.time = dt.time(8)
    cron: str = ""
    assemble: int = 6 * 60
    remind: int = 4 * 60
    grace: int = 12 * 60
    review: ReviewPolicy = ReviewPolicy.NONE
    deadline: int = 0
    unreviewed: Unreviewed = Unreviewed.WAIT
    waves: Waves = Waves.LIST
    alarm: str = ""

    @property
    def rule(self) -> Cron:
        """Its days and its time of day, however they were written.

        Raises:
            ScheduleError: `cron` is not understood; `list.toml` is not read with such a one.
        """
        if self.cron:
            return parse_cron(self.cron)
        return Cron(time=self.time, weekdays=frozenset({WEEKDAYS.index(self.weekday)}))

    @property
    def words(self) -> str:
        """As people say it: `thursday 08:00 Europe/Berlin`."""
        when = f"cron {self.cron}" if self.cron else f"{self.weekday} {self.time:%H:%M}"
        return f"{when} {self.zone}"
