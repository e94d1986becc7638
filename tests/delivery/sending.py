"""Running the sender against a server, for the tests beside this file."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import uvloop

from newsletter.content.mailinglist import InDoubt
from newsletter.delivery.connection import Timeouts
from newsletter.delivery.judging import Retry
from newsletter.delivery.reach import Persistence
from newsletter.delivery.relay import parse_relays
from newsletter.delivery.sender import Manners, Summary, Surroundings, send_issue
from newsletter.store.values import Outcome
from tests.delivery.memory_ledger import NOW, MemoryLedger
from tests.delivery.scripted_server import Kind, ScriptedServer

T = TypeVar("T")
LoopFactory = Callable[[], asyncio.AbstractEventLoop]

QUICK = Timeouts(connect=0.25, mail=0.25, rcpt=0.25, data=0.25, block=0.25, body=0.25, quit=0.1)
PATIENT = Timeouts()
SHORT = 2.5
"""Seconds of patience at a stage where a server falls silent now and then: in vain no longer than
must be, and longer than a busy machine may stand still at the same stage of another message."""

IMPATIENT = Persistence(first=0.01, longest=0.05, failures=4)


@dataclass
class Sending:
    """One call of `send_issue` on a ledger in memory; each value may be replaced before `to`."""

    ledger: MemoryLedger
    connections: int = 2
    size: int = 500
    options: str = ""
    timeouts: Timeouts = PATIENT
    persistence: Persistence = IMPATIENT
    retry: Retry = field(default_factory=lambda: Retry(in_doubt=InDoubt.HOLD))
    drain: float = 60.0
    clock: Callable[[], dt.datetime] = lambda: NOW
    observe: Callable[[Outcome], None] = lambda _outcome: None
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def to(self, port: int) -> Summary:
        options = f"connections={self.connections}{self.options}"
        return await self.to_url(f"smtp://127.0.0.1:{port}?{options}")

    async def to_url(self, url: str, fallback: str = "") -> Summary:
        around = Surroundings(
            clock=self.clock, chance=lambda: 0.5, stop=self.stop, observe=self.observe
        )
        manners = Manners(
            retry=self.retry,
            timeouts=self.timeouts,
            persistence=self.persistence,
            drain=self.drain,
        )
        with ThreadPoolExecutor(1) as executor:
            work = self.ledger.work(executor, self.size)
            return await send_issue(work, parse_relays(url, fallback), around, manners)


def patience_with(server: ScriptedServer) -> Timeouts:
    """Short with a server that falls silent: its silence is over only when patience is. With all
    others nothing must hang on how busy this machine is.

    Where nothing is ever answered nothing can be answered too late: then the shortest will do.
    """
    silent = [fault for fault in server.faults if fault.kind in (Kind.STALL, Kind.GARBAGE)]
    if any(fault.times > 1_000 for fault in silent):
        return QUICK
    # After garbage aiosmtplib waits once more, for as long as for a connection.
    return replace(PATIENT, connect=SHORT, quit=0.2, **{fault.stage: SHORT for fault in silent})


def run(coroutine: Coroutine[Any, Any, T], loop: LoopFactory = uvloop.new_event_loop) -> T:
    """Runs to the end, within five minutes whatever happens; on uvloop, as the commands do."""

    async def bounded() -> T:
        return await asyncio.wait_for(coroutine, 300)

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(bounded())


def run_on_asyncio(coroutine: Coroutine[Any, Any, T]) -> T:
    """The same on asyncio's own loop, whose transports differ in how they buffer."""
    return run(coroutine, asyncio.new_event_loop)
