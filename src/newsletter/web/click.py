"""The way to a link of an issue that counts how often it is taken.

It leads to what was stored with the edition that the mail was sent with, and to nothing else:
whoever makes up a token, or a number, is led nowhere (CWE-601). That is its one duty, and it has to
work for years; the count comes after the answer and may fail.
"""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from starlette.background import BackgroundTask

from newsletter.errors import DatabaseError, NotFoundError
from newsletter.rendering.views import safe_url
from newsletter.store import clicks
from newsletter.store.clicks import Link
from newsletter.tokens import Purpose
from newsletter.tracking.clicks import note, plainly_automatic
from newsletter.web.client import asked_by, household
from newsletter.web.protection import was_head
from newsletter.web.site import PRIVATE, Here, Site

router = APIRouter()

Number = Annotated[str, Path(pattern=r"^(0|[1-9][0-9]{0,5})$", max_length=6)]


@router.get("/c/{token}/{number}", status_code=302, response_class=Response)
def click(site: Here, request: Request, token: str, number: Number) -> Response:
    """Leads on to a link of the reader's issue, and counts that, without who."""
    delivery_id = site.keyring.open(Purpose.CLICK, token)
    with site.database.read() as session:
        found = clicks.link(session, delivery_id, int(number))
    # What is stored was safe when it was; a header is the last place to find out that it is not.
    if found is None or not found.url or safe_url(found.url) != found.url:
        raise NotFoundError("no link of that issue has that number")
    counting = BackgroundTask(_count, site, request, found, delivery_id, int(number))
    return Response(status_code=302, headers=PRIVATE | {"location": found.url}, background=counting)


def _count(site: Site, request: Request, found: Link, delivery_id: int, number: int) -> None:
    now = site.clock()
    if not site.clicks.allows(household(asked_by(request, site.trusted_proxies)), now):
        return
    asked = request.headers
    scanner = plainly_automatic(
        head=was_head(request),
        agent=asked.get("user-agent", ""),
        purpose=f"{asked.get('sec-purpose', '')} {asked.get('purpose', '')}".lower(),
        mailed_at=found.mailed_at,
        now=now,
    )
    try:
        note(site.database, delivery_id, number, scanner=scanner, now=now)
    except DatabaseError as error:
        structlog.get_logger("newsletter.web").warning("click not counted", reason=str(error))
