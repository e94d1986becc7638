"""What `serve` forgets in time: where people were who asked to join, and wishes never confirmed."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress

import structlog
from fastapi import FastAPI

from newsletter.cli.clockwork import Lifespan
from newsletter.cli.edge import now
from newsletter.errors import DatabaseError
from newsletter.store import confirmations, lists
from newsletter.store.database import Database

EVERY = 3600.0  # seconds


def forget(db: Database, at: dt.datetime) -> None:
    """Forgets once, by each list's own retention time."""
    with db.write() as session:
        for name in lists.list_names(session):
            days = lists.get_list(session, name).policies.retention_days
            confirmations.forget(session, name, dt.timedelta(days=days), at)


def with_forgetting(db: Database, then: Lifespan | None) -> Lifespan:
    """Forgets at the start and every hour, for as long as the pages are served."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        forgetting = asyncio.ensure_future(_keep_forgetting(db))
        try:
            async with then(app) if then else nullcontext():
                yield
        finally:
            forgetting.cancel()
            with suppress(asyncio.CancelledError):
                await forgetting

    return lifespan


async def _keep_forgetting(db: Database) -> None:
    while True:
        try:
            await asyncio.to_thread(forget, db, now())
        except DatabaseError as error:
            reason = str(error)  # it says all; a traceback would say less
            structlog.get_logger("newsletter.web").warning("not forgotten yet", reason=reason)
        await asyncio.sleep(EVERY)
