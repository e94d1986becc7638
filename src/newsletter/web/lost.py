"""The page that mails the links to somebody's choices to whoever lost them."""

from __future__ import annotations

import datetime as dt

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from newsletter.store.confirmations import MAILED_EVERY
from newsletter.store.joining import subscriptions_of
from newsletter.store.outbox_once import put_unless_recent
from newsletter.web.by_mail import SentAddress
from newsletter.web.language import Language
from newsletter.web.site import Here, Site

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/manage")
def show(site: Here, language: Language) -> HTMLResponse:
    """The form."""
    return site.page("lost", language.choose(), wrong=False, address="")


@router.post("/manage")
def send(form: SentAddress) -> Response:
    """Mails the links to who has any; the same answer for everybody."""
    return form.answered(
        page="lost",
        mailing=_mail_links,
        told="If that address gets a list from us, the links to its choices are on their way, "
        "once a day at most.",
    )


def _mail_links(site: Site, address: str, language: str, now: dt.datetime) -> None:
    with site.database.read() as session:
        owns = subscriptions_of(session, address)
    if not owns:
        return
    letters = site.letters
    links = [
        (own.list.title(language), letters.manage(own.list, own.subscription_id)) for own in owns
    ]
    mail = letters.write("links", owns[0].list, address, language, now, {"links": links})
    with site.database.write() as session:
        put_unless_recent(session, mail, now, MAILED_EVERY)
