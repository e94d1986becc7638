"""Whether the service is alive, whether it can do its work, and whether every list is on time."""

from __future__ import annotations

import datetime as dt

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse

from newsletter.errors import DatabaseError
from newsletter.schedule.outlook import Standing, standing
from newsletter.store import lists
from newsletter.web.site import PRIVATE, Here

router = APIRouter()


@router.get("/healthz", response_class=PlainTextResponse)
def alive() -> PlainTextResponse:
    """200 as long as the process answers."""
    return PlainTextResponse("alive\n", headers=PRIVATE)


@router.get("/readyz", response_class=PlainTextResponse)
def ready(site: Here) -> PlainTextResponse:
    """200 when the database answers and is of this program's version, else 503."""
    try:
        site.database.check_version()
    except DatabaseError as error:
        # The reason names a host or a file, which is nobody's business but the log's.
        structlog.get_logger("newsletter.web").warning("not ready", reason=str(error))
        return PlainTextResponse("not ready\n", 503, headers=PRIVATE)
    return PlainTextResponse("ready\n", headers=PRIVATE)


@router.get("/ontimez")
def on_time(site: Here) -> JSONResponse:
    """When each list went out last and goes out next; 503 when one is late, or nobody knows.

    What is late, and why, is for those who run it: `newsletter status` says so.
    """
    now = site.clock()
    try:
        with site.database.read() as session:
            found = [
                standing(session, lists.get_list(session, name), now)
                for name in lists.list_names(session)
            ]
    except DatabaseError as error:
        structlog.get_logger("newsletter.web").warning("not known", reason=str(error))
        return JSONResponse({"late": True}, 503, headers=PRIVATE)
    late = any(one.late for one in found)
    shown = {one.list_name: _shown(one) for one in found}
    return JSONResponse({"late": late, "lists": shown}, 503 if late else 200, headers=PRIVATE)


def _shown(found: Standing) -> dict[str, object]:
    return {
        "last": _instant(found.last.at if found.last else None),
        "next": _instant(found.next.send if found.next else None),
        "late": bool(found.late),
        "ended": found.ended is not None,
    }


def _instant(at: dt.datetime | None) -> str | None:
    return None if at is None else at.astimezone(dt.UTC).isoformat()
