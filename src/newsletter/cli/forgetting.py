"""What `serve` forgets in time: where people were who asked to join, wishes never confirmed, what
they had chosen before, in whose message a link was opened, and how often links were; and reports
that nobody could read."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext, suppress

import structlog
from fastapi import FastAPI

from newsletter.cli.clockwork import Lifespan
from newsletter.cli.edge import now
from newsletter.cli.unread import forget_unread
from newsletter.errors import NewsletterError
from newsletter.settings import Settings
from newsletter.store import choice_changes, clicks, confirmations, lists
from newsletter.store.database import Database
from newsletter.tracking.clicks import settle

EVERY = 3600.0  # seconds

CLICKS_EVERY = 60.0  # seconds


def forget(db: Database, found: Settings, at: dt.datetime) -> None:
    """Forgets once, by each list's own retention time and the settings' `unread_days`."""
    forget_unread(db, found, at)
    with db.write() as session:
        for name in lists.list_names(session):
            days = lists.get_list(session, name).policies.retention_days
            retention = dt.timedelta(days=days)
            confirmations.forget(session, name, retention, at)
            clicks.forget(session, name, retention, at)
            choice_changes.forget(session, name, retention, at)


def with_forgetting(db: Database, found: Settings, then: Lifespan | None) -> Lifespan:
    """Forgets at the start and every hour, for as long as the pages are served. Clicks are judged
    every minute, and at the end all that is left: nothing of them waits for the next start."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        doing = (
            asyncio.ensure_future(_keep(EVERY, lambda: forget(db, found, now()))),
            asyncio.ensure_future(_keep(CLICKS_EVERY, lambda: settle(db, now()))),
        )
        try:
            async with then(app) if then else nullcontext():
                yield
        finally:
            for task in doing:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await _once(lambda: settle(db, now(), after=dt.timedelta()))

    return lifespan


async def _keep(seconds: float, work: Callable[[], object]) -> None:
    while True:
        await _once(work)
        await asyncio.sleep(seconds)


async def _once(work: Callable[[], object]) -> None:
    try:
        await asyncio.to_thread(work)
    except NewsletterError as error:
        reason = str(error)  # it says all; a traceback would say less
    except Exception as error:  # noqa: BLE001 - a fault of ours must not end all later forgetting
        reason = f"a fault of the program: {type(error).__name__}"  # its text may hold addresses
    else:
        return
    structlog.get_logger("newsletter.web").warning("not forgotten yet", reason=reason)
