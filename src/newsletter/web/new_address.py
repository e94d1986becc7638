"""A reader's wish for another address: asked at their choices, confirmed from the new one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from newsletter.addresses import mailbox_key, parse_address
from newsletter.errors import AddressError
from newsletter.store.confirmations import VALID_FOR, Wish, WishKind, ask, mail_about
from newsletter.tokens import Purpose
from newsletter.web.client import asked_by, household, shortened
from newsletter.web.language import Language
from newsletter.web.masking import masked
from newsletter.web.site import Here
from newsletter.web.whose import whose

router = APIRouter(default_response_class=HTMLResponse)


class AddressForm(BaseModel):
    """The one field of the form."""

    address: Annotated[str, Field(max_length=400)] = ""


@router.post("/p/{token}/address")
def change(
    site: Here,
    language: Language,
    request: Request,
    token: str,
    form: Annotated[AddressForm, Form()],
) -> Response:
    """Mails a link to the new address; nothing changes before it is used."""
    link = whose(site.keyring, Purpose.MANAGE, token)
    now = site.clock()
    with site.database.read() as session:
        found = link.reader(session)
    chosen = language.choose(*(found.preferences.languages if found else ()))
    client = asked_by(request, site.trusted_proxies)
    try:
        address = parse_address(form.address)
    except AddressError:
        return site.message(
            chosen,
            "That is no address",
            "Mail cannot be sent to it. Please go back and look at it again.",
            status=400,
        )
    if client is not None and not site.joins.allows(household(client), now):
        return site.too_many(chosen)
    if found is not None and site.mailboxes.allows(mailbox_key(address), now):
        wish = Wish(
            kind=WishKind.MOVE,
            list_name=found.list.name,
            address=address,
            language=chosen,
            network=shortened(client),
            subscriber_id=found.subscriber_id,
        )
        with site.database.write() as session:
            number = ask(session, wish, now)
        values = {
            "link": site.letters.confirm(found.list, number),
            "before": masked(found.address),
            "days": VALID_FOR.days,
        }
        mail = site.letters.write("move", found.list, address, chosen, now, values)
        with site.database.write() as session:
            mail_about(session, number, mail, now)
    return site.message(
        chosen,
        "Please look into your mail",
        "A message is on its way to the new address. Its link makes the change; until then "
        "everything stays as it is.",
    )
