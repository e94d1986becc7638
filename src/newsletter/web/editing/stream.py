"""The page is told when to look again: server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from newsletter.content.entry import Period
from newsletter.packaged import packaged
from newsletter.store import issues
from newsletter.web.editing.bench import Bench
from newsletter.web.editing.desk import Desk, Reference, TheDesk, opened
from newsletter.web.editing.watching import READY, changes
from newsletter.web.site import PRIVATE

router = APIRouter()

BEAT = 10.0  # seconds: a line that says nothing, by which a browser that is gone is noticed


@router.get("/api/changes", include_in_schema=False)
async def stream(request: Request, desk: TheDesk, issue: Reference) -> StreamingResponse:
    """An event for each change of what the issue is made of, for as long as the page is open."""
    list_name, name = opened(request, issue)
    window = await asyncio.to_thread(_window, desk.bench, list_name, name)
    watched = (list_name, window)
    desk.watches.room(watched)

    def begin() -> AsyncGenerator[str, None]:
        folders = _folders(desk.bench, list_name)
        return changes(desk.bench.database, list_name, window, folders, desk.stop)

    found = desk.watches.follow(watched, begin)
    return StreamingResponse(
        _events(found, desk),
        media_type="text/event-stream",
        headers=PRIVATE | {"x-accel-buffering": "no"},
    )


def _window(bench: Bench, list_name: str, name: str) -> Period:
    with bench.database.read() as session:
        return issues.get_issue(session, list_name, name).period


def _folders(bench: Bench, list_name: str) -> list[Path]:
    lists = [bench.lists_folder / list_name] if bench.lists_folder else []
    return [*bench.templates, packaged("templates"), *lists]


async def _events(found: AsyncGenerator[str, None], desk: Desk) -> AsyncIterator[str]:
    yield "retry: 500\n\n"
    ahead = asyncio.ensure_future(anext(found, None))
    try:
        while not desk.stop.is_set():
            done, _ = await asyncio.wait([ahead], timeout=BEAT)
            if not done:
                yield ": still here\n\n"
                continue
            what = ahead.result()
            if what is None:
                return
            kind = "ready" if what == READY else "change"
            yield f"event: {kind}\ndata: {json.dumps(what)}\n\n"
            ahead = asyncio.ensure_future(anext(found, None))
    finally:
        ahead.cancel()
        with suppress(asyncio.CancelledError):
            await ahead
        await found.aclose()
