"""How named editors come in: a form that mails a link, and the link, which opens once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.requests import HTTPConnection

from newsletter.addresses import mailbox_key
from newsletter.delivery.inviting import mail_link
from newsletter.errors import TokenError
from newsletter.store import editors
from newsletter.store.lists import get_list
from newsletter.visits import VISIT_FOR, Opens, Pass, seal, unseal
from newsletter.web.by_mail import SentAddress
from newsletter.web.editing.gate import Editor, from_here
from newsletter.web.language import Asked, Language
from newsletter.web.site import Here, Site

router = APIRouter(default_response_class=HTMLResponse)

COOKIE = "newsletter-editor"
OWN = "same-origin"


@dataclass(frozen=True)
class VisitGate:
    """For named editors, by the cookie of their visit.

    It is sent when they follow a link to the page and not with what another site posts
    (SameSite=Lax); what changes something must come from the page besides.
    """

    site: Site

    def reached(self, host: str) -> bool:
        """Under any name: without the cookie, which belongs to one, nothing opens."""
        return bool(host)

    def origins(self) -> frozenset[str]:
        return frozenset((urlsplit(self.site.public_url).netloc,)) - {""}

    def editor(self, request: HTTPConnection) -> Editor | None:
        found = _visitor(self.site, request)
        return None if found is None else Editor(found.name, frozenset(found.lists))

    def enter(self, request: HTTPConnection, *, known: bool) -> Response | None:
        """The form for a person; for the page itself, that the visit has ended."""
        if known:
            return None
        if "/api/" in request.url.path or "/frame/" in request.url.path:
            return JSONResponse({"error": "your visit has ended: load the page anew"}, 401)
        asked = request.query_params.get("lang", "")
        chosen = Asked(asked, request.headers.get("accept-language", "")).choose()
        return self.site.page("door", chosen, private=True, wrong=False, address="")


@router.post("/edit/link")
def send_link(form: SentAddress) -> Response:
    """Mails a link to who is an editor; the same answer for everybody."""
    return form.answered(
        page="door",
        mailing=_mail,
        told="If that is an editor's address, a link is on its way. It opens once, within a day.",
    )


@router.get("/edit/enter/{pass_text}")
def at_the_door(
    site: Here, language: Language, pass_text: Annotated[str, Path(max_length=400)]
) -> Response:
    """Asks: scanners follow links, and a link opens once."""
    chosen = language.choose()
    if _opened(site, pass_text) is None:
        return _worn_out(site, chosen)
    return site.page("enter", chosen, private=True)


@router.post("/edit/enter/{pass_text}")
def come_in(
    site: Here,
    language: Language,
    request: Request,
    pass_text: Annotated[str, Path(max_length=400)],
) -> Response:
    """Begins a visit, if a person asked at the door: another site's form would let its reader in
    as somebody else, in whose name they then work. (The form's Origin is `null`: no Referer.)"""
    chosen, now = language.choose(), site.clock()
    granted = _opened(site, pass_text)
    if granted is None or request.headers.get("sec-fetch-site", OWN) != OWN:
        return _worn_out(site, chosen)
    try:
        with site.database.write() as session:
            editor, stamp = editors.enter(session, granted.editor_id, granted.stamp, now)
    except TokenError:
        return _worn_out(site, chosen)
    visit = seal(
        site.keyring, Opens.VISIT, Pass(editor_id=editor.id, stamp=stamp, until=now + VISIT_FOR)
    )
    answer = RedirectResponse(site.paths.edit(), 303)
    answer.set_cookie(
        COOKIE,
        visit,
        max_age=int(VISIT_FOR.total_seconds()),
        path=site.paths.edit(),
        secure=site.public_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return answer


@router.post("/edit/out")
def go_out(site: Here, language: Language, request: Request) -> Response:
    """Ends the visit, wherever this editor is in."""
    found = _visitor(site, request)
    if found is not None and from_here(request, VisitGate(site).origins()):
        with site.database.write() as session:
            editors.end_visits(session, found.id)
    chosen = language.choose()
    answer = site.message(chosen, "You are signed out", "A new link lets you in again.")
    answer.delete_cookie(COOKIE, path=site.paths.edit())
    return answer


def _worn_out(site: Site, language: str) -> HTMLResponse:
    return site.message(
        language,
        "This link opens nothing any more",
        "A link opens once, within a day, and a newer one ends it. Nothing was changed.",
        status=404,
    )


def _opened(site: Site, pass_text: str) -> Pass | None:
    try:
        return unseal(site.keyring, Opens.LINK, pass_text, site.clock())
    except TokenError:
        return None


def _visitor(site: Site, request: HTTPConnection) -> editors.Editor | None:
    try:
        visit = unseal(site.keyring, Opens.VISIT, request.cookies.get(COOKIE, ""), site.clock())
    except TokenError:
        return None
    with site.database.read() as session:
        return editors.visiting(session, visit.editor_id, visit.stamp)


def _mail(site: Site, address: str, language: str, now: dt.datetime) -> None:
    with site.database.read() as session:
        editor = editors.editor_at(session, address)
        mailing_list = get_list(session, editor.lists[0]) if editor else None
    if editor is None or mailing_list is None:
        return
    if site.mailboxes.allows(mailbox_key(address), now):
        mail_link(site.database, site.letters, mailing_list, editor, now, language)
