"""A viewer of caught mail, for the demo: a newcomer sees what was sent, to whom, in what forms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from newsletter.content.mailinglist import Theme
from newsletter.errors import NotFoundError
from newsletter.web import maildir as mails
from newsletter.web.access_log import AccessLog
from newsletter.web.language import Language
from newsletter.web.maildir import Caught
from newsletter.web.pages import Pages
from newsletter.web.paths import Paths
from newsletter.web.protection import Protection
from newsletter.web.site import PRIVATE

AT_ONCE = 50
"""Messages on one page of the list."""

_PLACE = "/mail"
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
_FRAMING = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
}


router = APIRouter(default_response_class=HTMLResponse)


@dataclass(frozen=True)
class _Mail:
    """What is shown, and how: the Maildir and the pages."""

    maildir: Path
    pages: Pages


def _mail(request: Request) -> _Mail:
    found: _Mail = request.app.state.mail
    return found


_Here = Annotated[_Mail, Depends(_mail)]


def create_catcher_app(
    maildir: Path, public_app: FastAPI | None, *, templates: Sequence[Path] = ()
) -> FastAPI:
    """The viewer at `/mail`, and the public pages beside it so that the links in the mail work.

    `maildir` is read anew for every page, so mail may still be arriving.
    """
    viewer = FastAPI(openapi_url=None)
    viewer.state.mail = _Mail(maildir, Pages(templates, Paths(_PLACE)))
    viewer.include_router(router)
    viewer.add_exception_handler(
        NotFoundError, lambda *_: PlainTextResponse("There is no such message.\n", 404)
    )
    viewer.add_middleware(Protection)
    viewer.add_middleware(AccessLog)

    app = FastAPI(openapi_url=None)
    app.add_api_route(_PLACE, _to_the_list, response_class=RedirectResponse)
    if public_app is None:
        app.add_api_route("/", _to_the_list, response_class=RedirectResponse)
    app.mount(_PLACE, viewer)
    if public_app is not None:
        app.mount("/", public_app)
    return app


def _to_the_list() -> RedirectResponse:
    return RedirectResponse(f"{_PLACE}/")


@router.get("/")
def listing(
    here: _Here,
    language: Language,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    find: Annotated[str, Query(max_length=200)] = "",
    once: Annotated[bool, Query()] = False,
) -> Response:
    """The messages, the newest first; those that hold `find`, or one of each kind."""
    everything = [mails.summary(here.maildir, name) for name in mails.ids(here.maildir)]
    found = [mail for mail in everything if _holds(mail, find)]
    if once:
        found = list({mail.kind: mail for mail in found}.values())
    start = (page - 1) * AT_ONCE
    text = here.pages.render(
        "mails.html",
        language.choose(),
        list=None,
        private=True,
        total=len(everything),
        kinds=Counter(mail.kind for mail in everything),
        found=len(found),
        mails=found[start : start + AT_ONCE],
        page=page,
        last=start + AT_ONCE >= len(found),
        find=find,
        once=once,
    )
    return HTMLResponse(text, headers=PRIVATE)


@router.get("/style.css")
def style(here: _Here) -> Response:
    """The stylesheet of the pages."""
    return Response(here.pages.style(Theme()), media_type="text/css")


@router.get("/{message_id}")
def message(here: _Here, language: Language, message_id: str) -> Response:
    """One message: as a mail client shows it, its text part, its headers."""
    mail = mails.opened(here.maildir, message_id)
    text = here.pages.render("mail.html", language.choose(), list=None, private=True, mail=mail)
    return HTMLResponse(text, headers=PRIVATE | _FRAMING)


@router.get("/{message_id}/html")
def html_part(here: _Here, message_id: str) -> Response:
    """The HTML part, for the frame in the message's page; it can run and load nothing."""
    html = mails.opened(here.maildir, message_id).html
    # Pages refuse to be framed, so a link opens beside the frame.
    shown = html.replace("<head>", '<head><base target="_blank">', 1)
    policy = {"content-security-policy": _MAIL_POLICY, "x-frame-options": "SAMEORIGIN"}
    return HTMLResponse(shown, headers=PRIVATE | policy)


@router.get("/{message_id}/source")
def source(here: _Here, message_id: str) -> Response:
    """The octets as they were received."""
    return Response(
        mails.opened(here.maildir, message_id).source,
        media_type="text/plain; charset=utf-8",
        headers=PRIVATE,
    )


def _holds(mail: Caught, find: str) -> bool:
    return find.casefold() in f"{mail.subject}\n{mail.to}\n{mail.form}".casefold()
