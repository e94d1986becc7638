"""What `serve` does by the clock: each list's week, and whatever of it has to wait."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial

import structlog
from fastapi import FastAPI

from newsletter import schedule, workflow
from newsletter.cli.checking import refuse_errors
from newsletter.cli.edge import keyring, now, template_folders
from newsletter.cli.proving import prove_leaving
from newsletter.cli.signing import signer
from newsletter.content.entry import Period
from newsletter.delivery.pacing import Paces
from newsletter.delivery.relay import parse_relays
from newsletter.delivery.sender import Surroundings
from newsletter.errors import ConflictError, NewsletterError, OneClickError
from newsletter.settings import Settings
from newsletter.store import issues, lists, retries
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.values import IssueState
from newsletter.web.metrics import Metrics

PROOFS = 30
"""How often an unsubscribe address that does not answer is tried, before the week is given up."""

BETWEEN_PROOFS = 60.0  # seconds

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def with_clock(db: Database, found: Settings, paces: Paces, metrics: Metrics) -> Lifespan:
    """The scheduler for as long as the pages are served; a send under way is drained at the end."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        sends = Sends(db, found, paces, metrics)
        with db.read() as session:
            found_lists = [lists.get_list(session, n) for n in lists.list_names(session)]
        clock = schedule.scheduler(found_lists, sends.week, now, sends.waiting)
        clock.start()
        try:
            yield
        finally:
            clock.shutdown(wait=False)
            await sends.drain()

    return lifespan


class Sends:
    """The sends that the clock has begun."""

    def __init__(
        self,
        db: Database,
        found: Settings,
        paces: Paces | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._db, self._found = db, found
        self._paces, self._metrics = paces or Paces(), metrics or Metrics()
        self._relay = parse_relays(found.relay_url, found.fallback_relay_url)
        self._stop = asyncio.Event()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._log = structlog.get_logger("newsletter.schedule")

    async def week(self, list_name: str, week: Period) -> None:
        """Assembles, checks and sends the issue of a list for a week."""
        task = self._begin(f"{list_name} {week.first}", partial(self._week, list_name, week))
        if task is not None:
            # The scheduler's own job may be cancelled when the service ends; a send is drained.
            await asyncio.shield(task)

    async def waiting(self) -> None:
        """Begins to go on with every issue that is going out and has something due: what was
        deferred, and what a sender left that was stopped or killed. A paused one is let be."""
        with self._db.read() as session:
            found = [issues.issue_by_id(session, n) for n in retries.waiting_issues(session, now())]
        for issue in found:
            self._begin(issue.ref, partial(self._go_on, issue))

    async def drain(self) -> None:
        """Lets what is under way end as soon as nothing is in doubt."""
        self._stop.set()
        await self.settled()

    async def settled(self) -> None:
        """Waits for the sends that are under way."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _begin(self, what: str, send: Callable[[], Awaitable[None]]) -> asyncio.Task[None] | None:
        if what in self._under_way or self._stop.is_set():
            return None
        task = self._under_way[what] = asyncio.ensure_future(self._logged(what, send))
        task.add_done_callback(lambda _: self._under_way.pop(what))
        return task

    async def _logged(self, what: str, send: Callable[[], Awaitable[None]]) -> None:
        try:
            await send()
        except NewsletterError as error:
            reason = str(error)  # it says all; a traceback would say less
            self._log.error("not sent", what=what, reason=reason)

    async def _week(self, list_name: str, week: Period) -> None:
        issue = workflow.issue_of_week(self._db, list_name, week, now(), self._found.public_url)
        if issue.state is IssueState.DRAFT:
            refuse_errors(self._db, self._found, issue, force=False)
        if issue.state in (IssueState.DRAFT, IssueState.FROZEN, IssueState.SENDING):
            await self._prove(issue)
            await self._send(issue)

    async def _go_on(self, issue: Issue) -> None:
        try:
            await self._send(issue)
        except ConflictError as error:  # somebody sends it already, or has just paused it
            self._log.info("let be", issue=issue.ref, reason=str(error))

    async def _prove(self, issue: Issue) -> None:
        """A proxy that is being restarted must not cost a whole week."""
        for _ in range(PROOFS - 1):
            try:
                return await prove_leaving(self._found, issue)
            except OneClickError as error:
                if self._stop.is_set():
                    raise
                self._log.warning("waits", issue=issue.ref, reason=str(error))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), BETWEEN_PROOFS)
        return await prove_leaving(self._found, issue)

    async def _send(self, issue: Issue) -> None:
        around = Surroundings(
            clock=now,
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
