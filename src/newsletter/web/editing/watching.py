"""When to look again: a file was saved, or somebody committed something that the issue is made
of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from pathlib import Path

from watchfiles import awatch

from newsletter.content.entry import Period
from newsletter.store.changes import Commits, fingerprint
from newsletter.store.database import Database

READY = "ready"

POLL = 0.01  # seconds between two looks at the database's counter
_SETTLED = 10  # milliseconds without another change to a file, after which a save is complete


async def changes(
    database: Database, list_name: str, window: Period, folders: Iterable[Path], stop: asyncio.Event
) -> AsyncGenerator[str, None]:
    """What has changed, as often as something does: the names of files, or "stored".

    The first is `READY`: what changes from then on is told, what was before must be looked at.
    """
    found: asyncio.Queue[str] = asyncio.Queue()
    paths = [folder for folder in dict.fromkeys(folders) if folder.is_dir()]
    tasks = [
        asyncio.create_task(_files(paths, found)),
        asyncio.create_task(_stored(database, list_name, window, found, stop)),
    ]
    ended, wanted = asyncio.create_task(stop.wait()), asyncio.create_task(found.get())
    try:
        while True:
            await asyncio.wait([wanted, ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
            if not wanted.done():
                return
            yield wanted.result()
            wanted = asyncio.create_task(found.get())
    finally:
        for task in (*tasks, ended, wanted):
            task.cancel()
        for task in (*tasks, ended, wanted):
            with suppress(asyncio.CancelledError):
                await task


async def _files(paths: list[Path], found: asyncio.Queue[str]) -> None:
    own = asyncio.Event()  # watchfiles sets it when it is cancelled, so it is nobody else's
    if not paths:
        await own.wait()
    async for batch in awatch(*paths, stop_event=own, step=_SETTLED, debounce=100):
        names = sorted({f"{Path(name).parent.name}/{Path(name).name}" for _, name in batch})
        found.put_nowait(", ".join(names))


async def _stored(
    database: Database,
    list_name: str,
    window: Period,
    found: asyncio.Queue[str],
    stop: asyncio.Event,
) -> None:
    def print_of() -> str:
        with database.read() as session:
            return fingerprint(session, list_name, window)

    commits = Commits(database)
    try:
        # Where all connections are taken it waits for one, and nobody else is to wait with it.
        last = await asyncio.to_thread(commits.number)
        known = await asyncio.to_thread(print_of)
        found.put_nowait(READY)  # the files are watched by now: that task began before this one
        while not stop.is_set():
            await asyncio.sleep(POLL)
            number = await asyncio.to_thread(commits.number)
            if number == last:
                continue
            last, now = number, await asyncio.to_thread(print_of)
            if now != known:
                known = now
                found.put_nowait("stored")
    finally:
        await asyncio.to_thread(commits.close)
