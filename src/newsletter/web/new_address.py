"""A reader's wish for another address: asked at their choices, confirmed from the new one."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from newsletter.addresses import mailbox_key, parse_address
from newsletter.content.mailinglist import MailingList
from newsletter.errors import AddressError
from newsletter.store.confirmations import VALID_FOR, Wish, WishKind, ask, mail_about
from newsletter.store.readers import Reader
from newsletter.tokens import Purpose
from newsletter.web.client import asked_by, shortened
from newsletter.web.language import Language
from newsletter.web.masking import masked
from newsletter.web.site import Here, Site
from newsletter.web.whose import whose

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/p/{token}/address")
def back(site: Here, request: Request, token: str) -> Response:
    """Leads who reloads the answer, or wants it in another language, to the choices."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(site.paths.manage(token) + query, status_code=303)


@router.post("/p/{token}/address")
def change(
    site: Here,
    language: Language,
    request: Request,
    token: str,
    address: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Mails a link to the new address; nothing changes before it is used."""
    link = whose(site.keyring, Purpose.MANAGE, token)
    now = site.clock()
    with site.database.read() as session:
        found = link.reader(session)
    chosen = language.choose(*(found.preferences.languages if found else ()))
    own = found.list if found else None
    client = asked_by(request, site.trusted_proxies)
    try:
        asked = parse_address(address)
    except AddressError:
        return _said(
            site,
            chosen,
            own,
            token,
            "That is no address",
            "Mail cannot be sent to it. Please go back and look at it again.",
            status=400,
        )
    if site.asked_too_often(client, now):
        return site.too_many(chosen, own)
    if found is not None and site.mailboxes.allows(mailbox_key(asked), now):
        wish = Wish(
            kind=WishKind.MOVE,
            list_name=found.list.name,
            address=asked,
            language=chosen,
            network=shortened(client),
            subscriber_id=found.subscriber_id,
        )
        _ask_by_mail(site, found, wish, now)
    return _said(
        site,
        chosen,
        own,
        token,
        "Please look into your mail",
        "A message is on its way to the new address. Its link makes the change; until then "
        "everything stays as it is.",
    )


def _said(
    site: Site,
    language: str,
    mailing_list: MailingList | None,
    token: str,
    heading: str,
    text: str,
    *,
    status: int = 200,
) -> Response:
    """An answer, and the way back to the choices that were asked from."""
    return site.message(
        language,
        heading,
        text,
        status=status,
        mailing_list=mailing_list,
        link=site.paths.manage(token),
        words="See or change your choices",
    )


def _ask_by_mail(site: Site, reader: Reader, wish: Wish, now: dt.datetime) -> None:
    with site.database.write() as session:
        number = ask(session, wish, now)
    values = {
        "link": site.letters.confirm(reader.list, number),
        "before": masked(reader.address),
        "days": VALID_FOR.days,
    }
    # Written between two transactions: compiling takes longer than a writer should be waited for.
    mail = site.letters.write("move", reader.list, wish.address, wish.language, now, values)
    with site.database.write() as session:
        mail_about(session, number, mail, now)
