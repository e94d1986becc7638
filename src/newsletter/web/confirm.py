"""The link that confirms a wish: GET shows it, since scanners open links; POST confirms."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from newsletter.content.mailinglist import MailingList
from newsletter.errors import EndedError
from newsletter.store.confirmations import VALID_FOR, Confirmation, WishKind, confirmation
from newsletter.store.endings import ending
from newsletter.store.lists import get_list
from newsletter.tokens import Purpose
from newsletter.web.ended import ended
from newsletter.web.joining import admit, take_address
from newsletter.web.language import Asked, Language
from newsletter.web.masking import masked
from newsletter.web.site import Here, Site

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/confirm/{token}")
def show(site: Here, language: Language, token: str) -> Response:
    """What there is to confirm; changes nothing."""
    asked = _asked(site, token)
    if asked is None:
        return _too_late(site, language)
    chosen = language.choose(asked.wish.language)
    with site.database.read() as session:
        found = get_list(session, asked.wish.list_name)
        over = ending(session, found.name)
    if asked.confirmed_at is not None:
        return _done_before(site, chosen, found)
    if over is not None and asked.wish.kind is WishKind.JOIN:
        return ended(site, chosen, found)
    _ = site.pages.words(chosen).gettext
    moves = asked.wish.kind is WishKind.MOVE
    return site.page(
        "confirm",
        chosen,
        private=True,
        mailing_list=found,
        address=masked(asked.wish.address),
        heading=_("Is this your new address?")
        if moves
        else _("Subscribe to %s?") % found.title(chosen),
        button=_("Use this address") if moves else _("Confirm"),
    )


@router.post("/confirm/{token}")
def act(site: Here, language: Language, token: str) -> Response:
    """Confirms; to do so again changes nothing."""
    asked = _asked(site, token)
    if asked is None:
        return _too_late(site, language)
    chosen, now = language.choose(asked.wish.language), site.clock()
    if asked.wish.kind is WishKind.MOVE:
        return _moved(site, chosen, asked, done=take_address(site, asked, now))
    try:
        own = admit(site, asked, now)
    except EndedError:
        return _ended(site, chosen, asked)
    if not own.active or now - asked.requested_at > VALID_FOR:
        # An old mail must not hand out the way to somebody's choices for ever.
        return _done_before(site, chosen, own.list)
    return site.message(
        chosen,
        "You are on the list",
        "The next issue comes by itself.",
        mailing_list=own.list,
        link=site.manage_path(own.subscription_id),
        words="See or change your choices",
    )


def _moved(site: Site, chosen: str, asked: Confirmation, *, done: bool) -> Response:
    if not done:
        return site.message(
            chosen,
            "That address cannot be used",
            "It has a subscription of its own, or asked for no mail. Nothing was changed.",
            status=409,
            mailing_list=_list(site, asked),
        )
    return site.message(
        chosen,
        "The address has changed",
        "Your mail comes here from the next one on.",
        mailing_list=_list(site, asked),
    )


def _ended(site: Site, chosen: str, asked: Confirmation) -> Response:
    found = _list(site, asked)
    if asked.confirmed_at is not None:
        return _done_before(site, chosen, found)
    return ended(site, chosen, found)


def _list(site: Site, asked: Confirmation) -> MailingList:
    with site.database.read() as session:
        return get_list(session, asked.wish.list_name)


def _asked(site: Site, token: str) -> Confirmation | None:
    """The wish behind a link, if it can (still) be confirmed."""
    number = site.keyring.open(Purpose.CONFIRM, token)
    with site.database.read() as session:
        found = confirmation(session, number)
    if found is None or found.wish.kind is WishKind.KNOWN or found.expired(site.clock()):
        return None
    return found


def _done_before(site: Site, chosen: str, found: MailingList) -> Response:
    return site.message(
        chosen,
        "This was confirmed before",
        "There is nothing more to do. The way to your choices is in every mail.",
        mailing_list=found,
    )


def _too_late(site: Site, language: Asked) -> Response:
    return site.message(
        language.choose(),
        "This link has expired",
        "Nothing was changed. Please ask again on the page where you asked first.",
        status=410,
    )
