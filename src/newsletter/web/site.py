"""What the routes share: the store, the keys, the clock and the pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Path, Request
from fastapi.responses import HTMLResponse

from newsletter.content.links import Links
from newsletter.content.mailinglist import MailingList
from newsletter.delivery.letters import Letters
from newsletter.store.database import Database
from newsletter.store.erasures import ErasureKey
from newsletter.tokens import Keyring, Purpose
from newsletter.web.client import Address, Network, household
from newsletter.web.limits import Limit
from newsletter.web.pages import Pages
from newsletter.web.paths import Paths

MOST_ASKED = 20
"""Requests an hour from one network that may send mail."""

MOST_MAILED = 10
"""Mails a day that strangers can have sent to one mailbox, by whatever `+tags` and lists."""

MOST_CLICKS = 1_000
"""Clicks a minute from one network that are counted; past that a link leads on all the same."""


@dataclass(frozen=True)
class Site:
    """`clock` gives aware instants; `public_url` is where readers reach the pages, or empty.

    `trusted_proxies` may say whom a request came from; `joins` limits what sends mail by who asks,
    `mailboxes` by whom it is for, and `clicks` what is counted of opened links. `erasure_key` is of
    the hashes that are kept of addresses which were given up.
    """

    database: Database
    keyring: Keyring
    clock: Callable[[], dt.datetime]
    public_url: str
    paths: Paths
    pages: Pages
    letters: Letters
    trusted_proxies: Sequence[Network] = ()
    erasure_key: ErasureKey | None = None
    joins: Limit = field(default_factory=lambda: Limit(MOST_ASKED, dt.timedelta(hours=1)))
    mailboxes: Limit = field(default_factory=lambda: Limit(MOST_MAILED, dt.timedelta(days=1)))
    clicks: Limit = field(default_factory=lambda: Limit(MOST_CLICKS, dt.timedelta(minutes=1)))

    def page(
        self,
        name: str,
        language: str,
        *,
        status: int = 200,
        private: bool = False,
        mailing_list: MailingList | None = None,
        **values: Any,
    ) -> HTMLResponse:
        """A page as a response; a `private` one is neither kept nor indexed by anybody."""
        text = self.pages.render(
            f"{name}.html", language, private=private, list=mailing_list, **values
        )
        headers = {"content-language": language, "vary": "Accept-Language"}
        return HTMLResponse(text, status, headers | (PRIVATE if private else PUBLIC))

    def message(
        self,
        language: str,
        heading: str,
        text: str,
        *,
        status: int = 200,
        link: str = "",
        words: str = "",
        **values: Any,
    ) -> HTMLResponse:
        """A page that says one thing, and may lead on by a `link`. `heading`, `text`, and the
        link's `words` are English wording to translate."""
        _ = self.pages.words(language).gettext
        return self.page(
            "message",
            language,
            status=status,
            private=True,
            heading=_(heading),
            text=_(text),
            link=link,
            words=_(words) if words else "",
            **values,
        )

    def asked_too_often(self, client: Address | None, now: dt.datetime) -> bool:
        """Whether too much mail was asked for from a client's network, this time counted in. Who
        comes by a socket without addresses (None) is not counted."""
        return client is not None and not self.joins.allows(household(client), now)

    def too_many(self, language: str, mailing_list: MailingList | None = None) -> HTMLResponse:
        """The answer to who asks too often."""
        found = self.message(
            language,
            "That was often",
            "Please wait an hour, then try again. Nothing was changed.",
            status=429,
            mailing_list=mailing_list,
        )
        found.headers["retry-after"] = "3600"
        return found

    def manage_path(self, subscription_id: int) -> str:
        """Where somebody's choices are, for whoever has just proved that they are theirs."""
        token = self.keyring.current.sign(Purpose.MANAGE_LIST, subscription_id)
        return self.paths.manage(token)

    def neutral(self, mailing_list: MailingList) -> str:
        """Where a link leads that was somebody's own and must not be: the list's public page."""
        return Links(self.public_url or mailing_list.public_url).about(mailing_list.name)


PUBLIC = {"cache-control": "public, max-age=300"}
PRIVATE = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow"}


def _site(request: Request) -> Site:
    found: Site = request.app.state.site
    return found


Here = Annotated[Site, Depends(_site)]
"""The parameter by which a route gets at the site."""

Name = Annotated[str, Path(max_length=200, pattern=r"^[!-~]+$")]
"""A list's or an issue's name in a path; PostgreSQL cannot even be asked for one that holds NUL."""
