"""One watch of what an issue is made of, for all pages that show it.

A watch holds a connection to the database and asks it many times a second: were each page to have
its own, some tens of them would take every connection from those who read and leave.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Hashable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

from newsletter.errors import ConflictError, DatabaseError
from newsletter.web.editing.watching import READY

MOST = 16
"""Issues that are watched at once, well below the connections that a process may open."""

Begin = Callable[[], AsyncGenerator[str, None]]
"""Begins to watch: its first word is `READY`, and it ends when nothing more will be told."""


@dataclass(eq=False)
class _Watch:
    """`pages` are told what the task finds; None says that it has ended."""

    pages: set[asyncio.Queue[str | None]] = field(default_factory=set)
    ready: bool = False
    task: asyncio.Task[None] | None = None


class Watches:
    """The watches at work, by what they watch. All is done in one event loop."""

    def __init__(self, most: int = MOST) -> None:
        self._watches: dict[Hashable, _Watch] = {}
        self._most = most

    def __len__(self) -> int:
        return len(self._watches)

    def room(self, name: Hashable) -> None:
        """Whether another page may follow `name`.

        Raises:
            ConflictError: too many others are followed.
        """
        if name not in self._watches and len(self) >= self._most:
            raise ConflictError(f"{len(self)} issues are watched already: close a page of another")

    async def follow(self, name: Hashable, begin: Begin) -> AsyncGenerator[str, None]:
        """What the watch of `name` tells from now on, `READY` first; it ends with its last page."""
        watch = self._watches.get(name) or self._begun(name, begin)
        page: asyncio.Queue[str | None] = asyncio.Queue()
        if watch.ready:
            page.put_nowait(READY)
        watch.pages.add(page)
        try:
            while (what := await page.get()) is not None:
                yield what
        finally:
            watch.pages.discard(page)
            if not watch.pages:
                await self._ended(name, watch)

    def _begun(self, name: Hashable, begin: Begin) -> _Watch:
        watch = self._watches[name] = _Watch()
        watch.task = asyncio.create_task(self._run(name, watch, begin))
        return watch

    async def _run(self, name: Hashable, watch: _Watch, begin: Begin) -> None:
        try:
            async with aclosing(begin()) as found:
                async for what in found:
                    watch.ready = True
                    for page in watch.pages:
                        page.put_nowait(what)
        except DatabaseError:
            pass  # the pages come again in half a second, and are told what is the matter
        finally:
            self._forget(name, watch)
            for page in watch.pages:
                page.put_nowait(None)

    async def _ended(self, name: Hashable, watch: _Watch) -> None:
        self._forget(name, watch)
        if watch.task is not None:
            watch.task.cancel()
            with suppress(asyncio.CancelledError):
                await watch.task

    def _forget(self, name: Hashable, watch: _Watch) -> None:
        """A page that comes now begins another watch, while this one ends."""
        if self._watches.get(name) is watch:
            del self._watches[name]
