"""Whether the service is alive, and whether it can do its work."""

from __future__ import annotations

import structlog
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from newsletter.errors import DatabaseError
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
