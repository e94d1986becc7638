"""`newsletter serve`: the public pages and the clock, in one process."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Annotated

import structlog
import typer
from fastapi import FastAPI

from newsletter import schedule, workflow
from newsletter.cli.checking import refuse_errors
from newsletter.cli.edge import database, keyring, now, out, settings, template_folders
from newsletter.cli.logs import configure_logs
from newsletter.cli.signing import signer
from newsletter.content.entry import Period
from newsletter.delivery.outbox import ahead_of
from newsletter.delivery.relay import RelaySettings, parse_relays
from newsletter.delivery.sender import Surroundings
from newsletter.errors import NewsletterError
from newsletter.settings import Settings
from newsletter.store import lists
from newsletter.store.database import Database
from newsletter.store.keys import check_keys
from newsletter.store.values import IssueState
from newsletter.web.app import create_app
from newsletter.web.serve import serve as serve_app


def serve(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes any free one.")] = 8080,
    clock: Annotated[
        bool, typer.Option("--schedule/--no-schedule", help="Keep the lists' schedules, too.")
    ] = True,
) -> None:
    """Serve the public pages, and send each list's issue when its schedule says so."""
    found = settings()
    configure_logs(found.log_level)
    ring = keyring(found)
    with database(found) as db:
        with db.write() as session:
            check_keys(session, ring, now())
        app = create_app(
            db,
            ring,
            clock=now,
            public_url=found.public_url,
            templates=template_folders(found),
        )
        if clock or found.smtp_url:
            app.router.lifespan_context = _with_outbox(
                db,
                parse_relays(found.relay_url, found.fallback_relay_url),
                _with_clock(db, found) if clock else None,
            )
        if clock:
            with db.read() as session:
                for name in lists.list_names(session):
                    moment = schedule.next_moment(lists.get_list(session, name), now())
                    out.print(f"{name} goes out next on {moment:%A %Y-%m-%d %H:%M %Z}")
        serve_app(app, host=host, port=port, started=lambda url: out.print(f"serving {url}"))


Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def _with_outbox(db: Database, relay: RelaySettings, then: Lifespan | None) -> Lifespan:
    """What comes into the outbox goes out for as long as the pages are served."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        around = Surroundings(clock=now, chance=random.SystemRandom().random, stop=asyncio.Event())
        async with ahead_of(db, relay, around), then(app) if then else nullcontext():
            yield

    return lifespan


def _with_clock(db: Database, found: Settings) -> Lifespan:
    """The scheduler for as long as the pages are served; a send under way is drained at the end."""
    relay, signs = parse_relays(found.relay_url, found.fallback_relay_url), signer(found)
    log = structlog.get_logger("newsletter.schedule")

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        stop = asyncio.Event()
        under_way: set[asyncio.Task[None]] = set()

        async def send_week(list_name: str, week: Period) -> None:
            task = asyncio.ensure_future(_send_week(list_name, week))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            await task

        async def _send_week(list_name: str, week: Period) -> None:
            around = Surroundings(clock=now, chance=random.SystemRandom().random, stop=stop)
            try:
                issue = workflow.issue_of_week(db, list_name, week, now(), found.public_url)
                if issue.state is IssueState.DRAFT:
                    refuse_errors(db, found, issue, force=False)
                summary = await workflow.send(
                    db, issue, relay, keyring(found), template_folders(found), around, signs
                )
                log.info("issue sent", issue=issue.ref, halt=summary.halt)
            except NewsletterError as error:
                reason = str(error)  # it says all; a traceback would say less
                log.error("not sent", list=list_name, week=str(week.first), reason=reason)  # noqa: TRY400

        with db.read() as session:
            found_lists = [lists.get_list(session, n) for n in lists.list_names(session)]
        clock = schedule.scheduler(found_lists, send_week, now)
        clock.start()
        try:
            yield
        finally:
            clock.shutdown(wait=False)
            stop.set()
            await asyncio.gather(*under_way, return_exceptions=True)

    return lifespan
