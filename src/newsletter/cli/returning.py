"""Returned mail, read by `serve` every few minutes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext, suppress

import structlog
from fastapi import FastAPI

from newsletter.cli.clockwork import Lifespan
from newsletter.cli.edge import keyring, now
from newsletter.errors import NewsletterError
from newsletter.settings import Settings
from newsletter.store.database import Database
from newsletter.tracking.returned_mail import read_mailbox
from newsletter.web.metrics import Metrics

LAST_SECONDS = 3.0
"""How long a reading that is under way is waited for when the process is to end."""


def with_returned_mail(
    db: Database, found: Settings, metrics: Metrics, then: Lifespan | None
) -> Lifespan:
    """Reads the settings' mailbox at the start and every `mailbox_minutes`, for
    as long as the pages are served."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stop = threading.Event()
        reading = asyncio.ensure_future(_keep_reading(db, found, metrics, stop))
        try:
            async with then(app) if then else nullcontext():
                yield
        finally:
            stop.set()
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    return lifespan


async def _keep_reading(
    db: Database, found: Settings, metrics: Metrics, stop: threading.Event
) -> None:
    while True:
        await _beside(lambda: _read_once(db, found, metrics, stop))
        await asyncio.sleep(60 * found.mailbox_minutes)


async def _beside(work: Callable[[], None]) -> None:
    """Does blocking work in a thread that no end of the process waits for: a name server or a
    mailbox's may never answer. Whoever cancels this gives it `LAST_SECONDS`, in which a batch is
    committed and marked; one that is cut off is read again, and counts once."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def run() -> None:
        try:
            work()
        finally:
            with suppress(RuntimeError):  # nobody waits any more
                loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=run, name="returned mail", daemon=True).start()
    try:
        await ended.wait()
    except asyncio.CancelledError:
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), LAST_SECONDS)
        raise


def _read_once(db: Database, found: Settings, metrics: Metrics, stop: threading.Event) -> None:
    log = structlog.get_logger("newsletter.returned_mail")
    try:
        taken = read_mailbox(db, keyring(found), found.mailbox, now, stop=stop.is_set)
    except NewsletterError as error:
        reason = str(error)  # it says all; a traceback would say less
    except Exception as error:  # noqa: BLE001 - a fault of ours must not end all later reading
        reason = f"a fault of the program: {type(error).__name__}"  # its text may hold addresses
    else:
        metrics.mailbox_read(taken.messages)
        log.info("returned mail read", messages=sum(taken.messages.values()))
        return
    metrics.mailbox_read(None)
    log.error("returned mail not read", reason=reason)
