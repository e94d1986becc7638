"""What lists there are, and what each is about."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from newsletter.store.endings import ended_lists, ending
from newsletter.store.lists import get_list, list_names
from newsletter.web.branches import branches
from newsletter.web.language import Language
from newsletter.web.site import Here, Name
from newsletter.web.wording import goes_out

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/")
def home(site: Here, language: Language) -> HTMLResponse:
    """All lists, those that have ended last."""
    with site.database.read() as session:
        found = [get_list(session, name) for name in list_names(session)]
        ended = ended_lists(session)
    found.sort(key=lambda one: one.name in ended)
    return site.page("lists", language.choose(), lists=found, ended=ended)


@router.get("/lists/{list_name}")
def about(site: Here, language: Language, list_name: Name) -> HTMLResponse:
    """One list: what it is about, its topics, and how to subscribe."""
    with site.database.read() as session:
        found, over = get_list(session, list_name), ending(session, list_name)
    chosen = language.choose()
    owner = found.reply_to or found.sender.address
    return site.page(
        "about",
        chosen,
        mailing_list=found,
        ended=over is not None,
        tree=branches(found.topics, chosen),
        when=goes_out(site.pages.words(chosen), found.schedule),
        owner=owner,
        # A ? or & in an address would otherwise add fields to the letter (RFC 6068 §2).
        mailto="mailto:" + quote(owner, safe="@"),
    )
