"""However many pages show an issue, it is watched once; and nobody waits for those who watch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import ExitStack, aclosing
from http.client import HTTPConnection, HTTPResponse
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import pytest

from newsletter.errors import ConflictError, DatabaseError
from newsletter.web.editing.watches import Watches
from newsletter.web.editing.watching import READY
from tests.cli.conftest import ISSUE
from tests.web.editing.project import Project

PATIENCE = 60.0  # seconds
PAGES = 100
T = TypeVar("T")


class Source:
    """What is watched: it tells what is put into it."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.told: asyncio.Queue[str | Exception] = asyncio.Queue()

    async def begin(self) -> AsyncGenerator[str, None]:
        self.begun += 1
        try:
            yield READY
            while True:
                what = await self.told.get()
                if isinstance(what, Exception):
                    raise what
                yield what
        finally:
            self.ended += 1


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(work, PATIENCE))


def test_many_pages_share_one_watch_and_each_is_told() -> None:
    async def work() -> None:
        source, watches = Source(), Watches()
        pages = [watches.follow("W06", source.begin) for _ in range(PAGES)]
        assert [await anext(page) for page in pages] == [READY] * PAGES
        source.told.put_nowait("saved")
        assert [await anext(page) for page in pages] == ["saved"] * PAGES
        assert (source.begun, len(watches)) == (1, 1)
        for page in pages[1:]:
            await page.aclose()
        assert source.ended == 0
        await pages[0].aclose()
        assert (source.ended, len(watches)) == (1, 0)

    run(work())


def test_a_page_that_comes_later_is_ready_at_once() -> None:
    async def work() -> None:
        source, watches = Source(), Watches()
        async with (
            aclosing(watches.follow("W06", source.begin)) as first,
            aclosing(watches.follow("W06", source.begin)) as second,
        ):
            assert await anext(first) == READY
            assert await anext(second) == READY
            assert source.begun == 1

    run(work())


def test_too_many_issues_are_not_watched_but_another_page_of_one_is() -> None:
    async def work() -> None:
        source, watches = Source(), Watches(most=1)
        async with aclosing(watches.follow("W06", source.begin)) as page:
            await anext(page)
            watches.room("W06")
            with pytest.raises(ConflictError, match="close a page"):
                watches.room("W07")
        watches.room("W07")

    run(work())


def test_when_the_database_fails_the_pages_end_and_may_come_again() -> None:
    async def work() -> None:
        source, watches = Source(), Watches()
        pages = [watches.follow("W06", source.begin) for _ in range(2)]
        assert [await anext(page) for page in pages] == [READY] * 2
        source.told.put_nowait(DatabaseError("away"))
        assert [await anext(page, None) for page in pages] == [None, None]
        assert len(watches) == 0
        async with aclosing(watches.follow("W06", source.begin)) as again:
            assert await anext(again) == READY

    run(work())


def test_a_hundred_open_pages_keep_nobody_waiting(project: Project) -> None:
    with project.served() as link, ExitStack() as held:
        address = urlsplit(link)
        cookie = f"newsletter-preview-{address.port}={project.gate.key}"

        def get(path: str) -> HTTPResponse:
            connection = HTTPConnection(str(address.hostname), address.port, timeout=PATIENCE)
            held.callback(connection.close)
            connection.request("GET", path, headers={"cookie": cookie})
            return connection.getresponse()

        asked = urlencode({"issue": ISSUE})
        streams = [get(f"/edit/api/changes?{asked}") for _ in range(PAGES)]
        for stream in streams:
            held.callback(stream.close)
            while not stream.readline().startswith(b"event: ready"):
                pass
        assert get(f"/edit/api/shown?{asked}").status == 200
        assert len(project.desk.watches) == 1
