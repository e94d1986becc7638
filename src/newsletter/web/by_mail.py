"""Forms of one field that mail something to whom they know, and answer everybody alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated

import structlog
from fastapi import BackgroundTasks, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from newsletter.addresses import parse_address
from newsletter.errors import AddressError, NewsletterError
from newsletter.web.client import asked_by, household
from newsletter.web.site import Site

Mailing = Callable[[Site, str, str, dt.datetime], None]
"""Mails, to an address, in a language, what is there for it at that time; if anything is."""


class AddressForm(BaseModel):
    """The one field."""

    address: Annotated[str, Field(max_length=400)] = ""


def mailed_to(
    site: Site,
    language: str,
    request: Request,
    later: BackgroundTasks,
    text: str,
    *,
    page: str,
    mailing: Mailing,
    told: str,
) -> Response:
    """The answer to a form with `text` as its address: `told`, or `page` again with what is wrong.

    The mail is for after the answer, whose time would otherwise tell whether there was somebody.
    """
    now = site.clock()
    try:
        address = parse_address(text)
    except AddressError:
        return site.page(page, language, status=400, private=True, wrong=True, address=text)
    client = asked_by(request, site.trusted_proxies)
    if client is not None and not site.joins.allows(household(client), now):
        return site.too_many(language)
    later.add_task(_mail, mailing, site, address, language, now)
    return site.message(language, "Please look into your mail", told)


def _mail(mailing: Mailing, site: Site, address: str, language: str, now: dt.datetime) -> None:
    try:
        mailing(site, address, language, now)
    except NewsletterError as error:
        # Nobody waits for it any more; the error names no address.
        structlog.get_logger("newsletter.web").error("failed", kind=type(error).__name__)
