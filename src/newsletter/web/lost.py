"""The page that mails the links to somebody's choices to whoever lost them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import structlog
from fastapi import APIRouter, BackgroundTasks, Form, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from newsletter.addresses import parse_address
from newsletter.errors import AddressError, NewsletterError
from newsletter.store.confirmations import MAILED_EVERY
from newsletter.store.joining import subscriptions_of
from newsletter.store.outbox_once import put_unless_recent
from newsletter.web.client import asked_by, household
from newsletter.web.language import Language
from newsletter.web.site import Here, Site

router = APIRouter(default_response_class=HTMLResponse)


class LostForm(BaseModel):
    """The one field of the page."""

    address: Annotated[str, Field(max_length=400)] = ""


@router.get("/manage")
def show(site: Here, language: Language) -> HTMLResponse:
    """The form."""
    return site.page("lost", language.choose(), wrong=False, address="")


@router.post("/manage")
def send(
    site: Here,
    language: Language,
    request: Request,
    later: BackgroundTasks,
    form: Annotated[LostForm, Form()],
) -> Response:
    """Mails the links to who has any; the same answer for everybody."""
    chosen, now = language.choose(), site.clock()
    try:
        address = parse_address(form.address)
    except AddressError:
        return site.page("lost", chosen, status=400, private=True, wrong=True, address=form.address)
    client = asked_by(request, site.trusted_proxies)
    if client is not None and not site.joins.allows(household(client), now):
        return site.too_many(chosen)
    # After the answer, whose time would otherwise tell whether there was somebody to mail.
    later.add_task(_mail, site, address, chosen, now)
    return site.message(
        chosen,
        "Please look into your mail",
        "If that address gets a list from us, the links to its choices are on their way, "
        "once a day at most.",
    )


def _mail(site: Site, address: str, language: str, now: dt.datetime) -> None:
    try:
        _mail_links(site, address, language, now)
    except NewsletterError as error:
        # Nobody waits for it any more; the error names no address.
        structlog.get_logger("newsletter.web").error("failed", kind=type(error).__name__)


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
