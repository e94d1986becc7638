"""What `serve` does by the clock: each list's slots, and whatever has to wait of an issue."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial

import structlog
from fastapi import FastAPI

from newsletter import workflow
from newsletter.cli.edge import keyring, now, template_folders
from newsletter.cli.proving import prove_leaving
from newsletter.cli.signing import signer
from newsletter.delivery.letters import Letters
from newsletter.delivery.pacing import Paces
from newsletter.delivery.relay import parse_relays
from newsletter.delivery.sender import Surroundings
from newsletter.errors import ConflictError, DatabaseError, NewsletterError
from newsletter.schedule.doing import Doing, Prove
from newsletter.schedule.engine import look_now, scheduler
from newsletter.schedule.stepping import Event
from newsletter.schedule.ticking import next_due, tick
from newsletter.settings import Settings
from newsletter.store import issues, retries, slots
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.values import IssueState
from newsletter.web.metrics import Metrics

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def hands(db: Database, found: Settings, prove: Prove | None = None) -> Doing:
    """The clock's hands by the settings; `prove` stands in for the test of the leaving link."""
    letters = Letters(keyring(found), template_folders(found), found.public_url, signer(found))

    def by_one_click(issue: Issue) -> None:
        # The clock works in a thread of its own, where no loop runs.
        asyncio.run(prove_leaving(found, issue))

    return Doing(db, letters, template_folders(found), found.public_url, prove or by_one_click)


def with_clock(db: Database, found: Settings, paces: Paces, metrics: Metrics) -> Lifespan:
    """The scheduler for as long as the pages are served; a send under way is drained at the end."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        sends = Sends(db, found, paces, metrics)
        clock = scheduler(sends.look, now)
        sends.ended = lambda: look_now(clock, now())
        clock.start()
        try:
            yield
        finally:
            clock.shutdown(wait=False)
            await sends.drain()

    return lifespan


class Sends:
    """The clock's work, and the sends that it has begun. `ended` is called when one of
    them has reached everybody."""

    def __init__(
        self,
        db: Database,
        found: Settings,
        paces: Paces | None = None,
        metrics: Metrics | None = None,
        *,
        prove: Prove | None = None,
        clock: Callable[[], dt.datetime] = now,
    ) -> None:
        self._db, self._found, self._clock = db, found, clock
        self._paces, self._metrics = paces or Paces(), metrics or Metrics()
        self._relay = parse_relays(found.relay_url, found.fallback_relay_url)
        self._hands = hands(db, found, prove)
        self.ended: Callable[[], None] = lambda: None
        self._stop = asyncio.Event()
        self._looking = asyncio.Lock()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._log = structlog.get_logger("newsletter.schedule")

    async def look(self) -> dt.datetime | None:
        """Does what is due of every slot, then begins to go on with what waits; when something is
        due next, as far as is known."""
        try:
            async with self._looking:
                with suppress(ConflictError):  # another clock does what is due
                    await asyncio.to_thread(self.tick)
                await self.waiting()
                return await asyncio.to_thread(self._next_due)
        except DatabaseError as error:
            reason = str(error)  # it says all; a traceback would say less
            self._log.error("the clock waits", reason=reason)
            return None

    def tick(self) -> tuple[Event, ...]:
        """One look at all slots, in a thread that may wait.

        Raises:
            ConflictError: another clock is at it.
            DatabaseError: the database does not answer.
        """
        return tick(self._db, self._hands, self._clock())

    async def waiting(self) -> None:
        """Begins to go on with every issue that is going out and has something due: what was
        deferred, and what a sender left that was stopped or killed. A paused one is let be."""
        for issue in await asyncio.to_thread(self._waiting):
            self._begin(issue, partial(self._go_on, issue))

    def _waiting(self) -> list[Issue]:
        with self._db.read() as session:
            ids = retries.waiting_issues(session, self._clock())
            return [issues.issue_by_id(session, number) for number in ids]

    def _next_due(self) -> dt.datetime | None:
        at = self._clock()
        with self._db.read() as session:
            waits = retries.next_deferred(session, at)
        return min(filter(None, (next_due(self._db, at), waits)), default=None)

    async def drain(self) -> None:
        """Lets what is under way end as soon as nothing is in doubt."""
        self._stop.set()
        async with self._looking:  # a step that was begun is not cut off
            await self.settled()

    async def settled(self) -> None:
        """Waits for the sends that are under way."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _begin(self, issue: Issue, send: Callable[[], Awaitable[None]]) -> None:
        if issue.ref in self._under_way or self._stop.is_set():
            return
        task = self._under_way[issue.ref] = asyncio.ensure_future(self._logged(issue, send))
        task.add_done_callback(lambda _: self._under_way.pop(issue.ref))

    async def _logged(self, issue: Issue, send: Callable[[], Awaitable[None]]) -> None:
        reason = ""
        try:
            await send()
        except NewsletterError as error:
            reason = str(error)  # it says all; a traceback would say less
            self._log.error("not sent", issue=issue.ref, reason=reason)
        except Exception as error:  # noqa: BLE001 - what dies in a task is told by nobody
            reason = f"a fault of the program ({type(error).__name__}: {error}); its log says more"
            self._log.exception("not sent", issue=issue.ref)
        # On record, so that `schedule` shows it and editors are told.
        gone = await asyncio.to_thread(self._note, issue, reason)
        if gone and not self._stop.is_set():
            self.ended()

    def _note(self, issue: Issue, reason: str) -> bool:
        """Notes what hinders an issue; whether it has gone, so that its slot can be closed. One
        that waits for another sender, or for tomorrow, must not be looked at again at once."""
        try:
            with self._db.write() as session:
                slots.hindered(session, issue.list_name, issue.name, reason)
                return issues.issue_state(session, issue.id) is IssueState.SENT
        except DatabaseError as error:
            why = str(error)
            self._log.error("not noted", issue=issue.ref, reason=why)
            return False

    async def _go_on(self, issue: Issue) -> None:
        try:
            await self._send(issue)
        except ConflictError as error:  # somebody sends it already, or has just paused it
            self._log.info("let be", issue=issue.ref, reason=str(error))

    async def _send(self, issue: Issue) -> None:
        around = Surroundings(
            clock=self._clock,
            chance=random.SystemRandom().random,
            stop=self._stop,
            observe=self._metrics.attempts("issue"),
            paces=self._paces,
        )
        begun = time.monotonic()
        summary = await workflow.send(
            self._db,
            issue,
            self._relay,
            keyring(self._found),
            template_folders(self._found),
            around,
            signer(self._found),
        )
        self._metrics.sent(time.monotonic() - begun)
        self._log.info("issue sent", issue=issue.ref, halt=summary.halt)
