"""What the sender is given and gives back: its work, its surroundings, its manners, a summary."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import NamedTuple

from newsletter.delivery.committer import AtOnce, Ledger, Skipped
from newsletter.delivery.connection import Capabilities, Letter, Timeouts, wire_address
from newsletter.delivery.feed import Pages
from newsletter.delivery.judging import Retry
from newsletter.delivery.pacing import Paces
from newsletter.delivery.reach import Persistence
from newsletter.errors import AddressError
from newsletter.store.values import DeliveryState, Due, Fixed, Outcome

DRAIN_SECONDS = 60.0
"""How long a sender that was told to stop waits for replies to what it has sent."""


class Prepared(NamedTuple):
    """A delivery ready to go: what is fixed, its plan as `Claim` has it, the message, the envelope
    sender as it goes on the wire. `dotless`: no line of the message begins with a dot."""

    fixed: Fixed
    plan: str
    content: bytes
    envelope_sender: str
    dotless: bool = False


Assembler = Callable[[Due, Capabilities], Prepared | Skipped]
"""The message of a delivery, for a relay with these capabilities, or why there is none."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is to be sent and where it is accounted for.

    `pages` and `going` are asked for what is left and whether the issue may still go out; the
    ledger is called in `executor`, one call at a time; with `at_once`, on the event loop first.
    """

    pages: Pages
    going: Callable[[], Awaitable[bool]]
    assemble: Assembler
    ledger: Ledger
    executor: Executor
    at_once: AtOnce | None = None


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Time, chance, and who looks on. `stop` drains: no new letter is begun once it is set. Who
    shares `paces` shares the rate of a relay. `alone`: nothing else runs on this event loop, so it
    may wait for the disk. `held` is told until when all but the first few wait."""

    clock: Callable[[], dt.datetime]
    chance: Callable[[], float]
    stop: asyncio.Event
    observe: Callable[[Outcome], None] = lambda _outcome: None
    paces: Paces = field(default_factory=Paces)
    alone: bool = False
    held: Callable[[dt.datetime], None] = lambda _until: None


@dataclass(frozen=True, kw_only=True)
class Manners:
    """How a relay is treated."""

    retry: Retry = field(default_factory=Retry)
    timeouts: Timeouts = field(default_factory=Timeouts)
    persistence: Persistence = field(default_factory=Persistence)
    drain: float = DRAIN_SECONDS


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How a send ended. `attempts` counts outcomes by state, `next_due` is when the first of those
    that it deferred may be tried again, `halt` why it stopped of itself, or empty."""

    attempts: Mapping[DeliveryState, int]
    skipped: int
    next_due: dt.datetime | None
    halt: str = ""
    stopped: bool = False


def fitted(prepared: Prepared, offered: Capabilities) -> tuple[Letter | None, str]:
    """The letter, or why a relay that offers this cannot carry it."""
    try:
        recipient = wire_address(prepared.fixed.address)
        sender = wire_address(prepared.envelope_sender)
    except AddressError as error:
        return None, str(error)
    eight_bit = prepared.fixed.encoding == "8bit"
    letter = Letter(sender, recipient, prepared.content, eight_bit, prepared.dotless)
    if letter.utf8 and not offered.utf8:
        return None, "the address needs SMTPUTF8 (RFC 6531), which the relay does not offer"
    if letter.eight_bit and not offered.eight_bit:
        return None, "fixed as 8bit by an earlier attempt; this relay does not offer 8BITMIME"
    if offered.size is not None and len(letter.content) > offered.size:
        return None, f"{len(letter.content)} octets; the relay takes {offered.size} at most"
    return letter, ""
