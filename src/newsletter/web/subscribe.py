"""The form by which somebody joins a list. What it answers tells nothing about anybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from newsletter.addresses import mailbox_key, parse_address
from newsletter.content.mailinglist import MailingList
from newsletter.content.preferences import Preferences
from newsletter.content.topics import GENERAL
from newsletter.errors import AddressError
from newsletter.store.confirmations import Wish, WishKind
from newsletter.store.endings import ending
from newsletter.store.lists import get_list
from newsletter.web.branches import branches
from newsletter.web.client import asked_by, shortened
from newsletter.web.ended import ended
from newsletter.web.joining import ask
from newsletter.web.language import Language
from newsletter.web.site import Here, Name, Site
from newsletter.web.wording import tongues

router = APIRouter(default_response_class=HTMLResponse)


class JoinForm(BaseModel):
    """The fields of the page. `website` is for machines that fill in everything: people do not
    see it."""

    address: Annotated[str, Field(max_length=400)] = ""
    follow: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=1000)] = []
    languages: Annotated[str, Field(max_length=40)] = ""
    website: Annotated[str, Field(max_length=400)] = ""

    def preferences(self, mailing_list: MailingList, language: str) -> Preferences:
        """What the form asks for. No topic ticked means everything, those added later too."""
        known = {topic.name for topic in mailing_list.topics.topics} - {GENERAL}
        asked = tuple(dict.fromkeys(self.languages.split("+")))
        usual = language if language in mailing_list.languages else mailing_list.languages[0]
        return Preferences(
            follows=frozenset(self.follow) & known or None,
            languages=asked if set(asked) <= set(mailing_list.languages) else (usual,),
        )


@router.get("/lists/{list_name}/subscribe")
def show(site: Here, language: Language, list_name: Name) -> HTMLResponse:
    """The form; a list that has ended says so (410)."""
    with site.database.read() as session:
        found, over = get_list(session, list_name), ending(session, list_name)
    if over is not None:
        return ended(site, language.choose(), found)
    return _page(site, found, language.choose(), JoinForm())


@router.post("/lists/{list_name}/subscribe")
def send(
    site: Here,
    language: Language,
    request: Request,
    list_name: Name,
    form: Annotated[JoinForm, Form()],
) -> Response:
    """Mails a link that confirms; the same answer whoever is on the list already."""
    with site.database.read() as session:
        found, over = get_list(session, list_name), ending(session, list_name)
    chosen, now = language.choose(), site.clock()
    if over is not None:
        return ended(site, chosen, found)
    try:
        address = parse_address(form.address)
    except AddressError:
        return _page(site, found, chosen, form, wrong=True)
    client = asked_by(request, site.trusted_proxies)
    if site.asked_too_often(client, now):
        return site.too_many(chosen, found)
    if not form.website and site.mailboxes.allows(mailbox_key(address), now):
        wish = Wish(
            kind=WishKind.JOIN,
            list_name=found.name,
            address=address,
            language=chosen,
            network=shortened(client),
            wording=consent(site, found, chosen),
            preferences=form.preferences(found, chosen),
        )
        ask(site, found, wish, now)
    return site.message(
        chosen,
        "Please look into your mail",
        "A message is on its way to the address that you gave. Its link does the rest. "
        "Nothing there after some minutes? It may be among the spam.",
        mailing_list=found,
    )


def consent(site: Site, mailing_list: MailingList, language: str) -> str:
    """What somebody agrees to, in the words of the page; stored with the consent."""
    words = site.pages.words(language)
    said = words.gettext("I want to get %s by mail. I can leave with one click at any time.")
    return said % mailing_list.title(language)


def _page(
    site: Site, found: MailingList, chosen: str, form: JoinForm, *, wrong: bool = False
) -> HTMLResponse:
    preferences = form.preferences(found, chosen)
    return site.page(
        "subscribe",
        chosen,
        status=400 if wrong else 200,
        private=wrong,
        mailing_list=found,
        wrong=wrong,
        form=form,
        spoken="+".join(preferences.languages),
        tree=branches(found.topics, chosen, preferences),
        tongues=tongues(site.pages.words(chosen), found.languages),
        consent=consent(site, found, chosen),
    )
