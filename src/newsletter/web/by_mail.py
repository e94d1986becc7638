"""Forms of one field that mail something to whom they know, and answer everybody alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import BackgroundTasks, Depends, Form, Request
from fastapi.responses import Response

from newsletter.addresses import parse_address
from newsletter.errors import AddressError, NewsletterError
from newsletter.web.client import asked_by
from newsletter.web.language import Language
from newsletter.web.site import Here, Site

Mailing = Callable[[Site, str, str, dt.datetime], None]
"""Mails, to an address, in a language, what is there for it at that time; if anything is."""


@dataclass(frozen=True, slots=True)
class AddressForm:
    """Such a form as it was sent: `text` is what stood in its field, `later` what is done after
    the answer, which is in `language`."""

    site: Site
    language: str
    request: Request
    later: BackgroundTasks
    text: str

    def answered(self, *, page: str, mailing: Mailing, told: str) -> Response:
        """The answer to it: `told`, or `page` again with what is wrong.

        The mail is for after the answer, whose time would otherwise tell whether there was
        somebody.
        """
        site, now = self.site, self.site.clock()
        try:
            address = parse_address(self.text)
        except AddressError:
            return site.page(
                page, self.language, status=400, private=True, wrong=True, address=self.text
            )
        if site.asked_too_often(asked_by(self.request, site.trusted_proxies), now):
            return site.too_many(self.language)
        self.later.add_task(_mail, mailing, site, address, self.language, now)
        return site.message(self.language, "Please look into your mail", told)


def _sent(
    site: Here,
    language: Language,
    request: Request,
    later: BackgroundTasks,
    address: Annotated[str, Form(max_length=400)] = "",
) -> AddressForm:
    return AddressForm(site, language.choose(), request, later, address)


SentAddress = Annotated[AddressForm, Depends(_sent)]
"""The parameter by which a route gets at such a form."""


def _mail(mailing: Mailing, site: Site, address: str, language: str, now: dt.datetime) -> None:
    try:
        mailing(site, address, language, now)
    except NewsletterError as error:
        # Nobody waits for it any more; the error names no address.
        structlog.get_logger("newsletter.web").error("failed", kind=type(error).__name__)
