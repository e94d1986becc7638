"""The stylesheet, one for each list's colours, and the small icon."""

from __future__ import annotations

from fastapi import APIRouter, Response

from newsletter.content.mailinglist import Theme
from newsletter.store.lists import get_list
from newsletter.web.site import PUBLIC, Here, Name

router = APIRouter()

_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    '<path fill="#0b5c78" d="M1 3h14v10H1z"/>'
    '<path fill="none" stroke="#fff" d="M1.5 4 8 9l6.5-5"/></svg>'
)


@router.get("/style.css")
def style(site: Here) -> Response:
    """The stylesheet in the colours that a list has when it sets none."""
    return _css(site.pages.style(Theme()))


@router.get("/style/{list_name}.css")
def list_style(site: Here, list_name: Name) -> Response:
    """The stylesheet in the colours of a list."""
    with site.database.read() as session:
        return _css(site.pages.style(get_list(session, list_name).theme))


@router.get("/favicon.ico")
def icon() -> Response:
    """An envelope, so that browsers that look for an icon find one."""
    return Response(_ICON, media_type="image/svg+xml", headers=PUBLIC)


def _css(text: str) -> Response:
    return Response(text, media_type="text/css", headers=PUBLIC)
