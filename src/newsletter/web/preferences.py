"""The preferences link: what a reader gets of a list, behind a signed link and no password."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from newsletter.content.moments import local_day
from newsletter.content.preferences import GREATEST_MOST
from newsletter.store.choosing import choose
from newsletter.store.endings import ending
from newsletter.store.readers import Reader
from newsletter.store.values import Way
from newsletter.tokens import Purpose
from newsletter.web.branches import branches
from newsletter.web.choices import ChoicesForm, Chosen
from newsletter.web.language import Asked, Language
from newsletter.web.masking import masked
from newsletter.web.nobody import nobody
from newsletter.web.preview import Preview, preview
from newsletter.web.site import Here, Site
from newsletter.web.whose import Whose, whose
from newsletter.web.wording import depths, tongues
from newsletter.web.zones import zones

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/p/{token}")
def show(site: Here, language: Language, token: str) -> Response:
    """The reader's choices as they are; changes nothing."""
    link = whose(site.keyring, Purpose.MANAGE, token)
    with site.database.read() as session:
        found = link.reader(session)
    return _answer(site, language, token, link, found)


@router.post("/p/{token}")
def save(
    site: Here, language: Language, token: str, form: Annotated[ChoicesForm, Form()]
) -> Response:
    """Stores the choices; they hold from the next message that is not yet on its way. Asked for a
    preview, it shows what the last issue would have been with them, and stores nothing."""
    link = whose(site.keyring, Purpose.MANAGE, token)
    now = site.clock()
    if form.do == "preview":
        return _previewed(site, language, token, link, form)
    with site.database.write() as session:
        found = link.reader(session)
        if found is not None and found.active:
            today = local_day(found.list, now)
            wanted = form.choices(found.list, found.choices, today)
            place = (session, found.list.name, found.subscriber_id)
            choose(*place, wanted, way=Way.PAGE, now=now, today=today)
            found = link.reader(session)
    return _answer(site, language, token, link, found, saved=True)


def _previewed(site: Site, language: Asked, token: str, link: Whose, form: ChoicesForm) -> Response:
    with site.database.read() as session:
        found = link.reader(session)
        if found is None or not found.active:
            return _answer(site, language, token, link, found)
        wanted = form.choices(found.list, found.choices, local_day(found.list, site.clock()))
        as_if = replace(
            found,
            preferences=wanted.preferences,
            paused_until=wanted.paused_until,
            zone=wanted.zone,
        )
        shown = preview(session, found.list.name, as_if.preferences)
    return _answer(site, language, token, link, as_if, shown=shown)


def _answer(
    site: Site,
    language: Asked,
    token: str,
    link: Whose,
    found: Reader | None,
    *,
    saved: bool = False,
    shown: Preview | None = None,
) -> Response:
    if found is None:
        return nobody(site, language, link.delivery_id)
    chosen = language.choose(*found.preferences.languages)
    if not found.active:
        return _gone(site, chosen, found)
    today = local_day(found.list, site.clock())
    words = site.pages.words(chosen)
    with site.database.read() as session:
        over = ending(session, found.list.name)
    return site.page(
        "preferences",
        chosen,
        private=True,
        mailing_list=found.list,
        address=masked(found.address),
        saved=saved,
        ended=over is not None,
        preview=shown,
        move_to=site.paths.move(token),
        silent=found.preferences.follows == frozenset(),
        chosen=Chosen.of(found.choices, today),
        tree=branches(found.list.topics, chosen, found.preferences),
        tiers=depths(words),
        tongues=tongues(words, found.list.languages),
        greatest_most=GREATEST_MOST,
        zones=zones(words, found.list.schedule, found.zone),
        tomorrow=today + dt.timedelta(days=1),
    )


def _gone(site: Site, chosen: str, found: Reader) -> Response:
    return site.message(
        chosen,
        "You are not on this list",
        "Its page says how to subscribe.",
        mailing_list=found.list,
    )
