"""The leaving link: GET asks and changes nothing, POST acts (RFC 8058)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from newsletter.store.readers import lists_of_sender
from newsletter.store.values import Way
from newsletter.tokens import Purpose
from newsletter.tracking.leaving import MOST_WORDS, PAUSES, Done, Leave, can_undo, grant, wish
from newsletter.web.branches import branches, flat
from newsletter.web.fewer import spares_mail
from newsletter.web.language import Asked, Language
from newsletter.web.leave_outcome import outcome
from newsletter.web.masking import masked
from newsletter.web.nobody import nobody
from newsletter.web.site import PRIVATE, Here, Site
from newsletter.web.whose import Whose, whose
from newsletter.web.wording import reasons

router = APIRouter(default_response_class=HTMLResponse)


class LeaveForm(BaseModel):
    """The one field of a one-click POST, or those of the page's forms."""

    model_config = ConfigDict(extra="ignore")

    one_click: Annotated[str, Field(alias="List-Unsubscribe", max_length=100)] = ""
    choice: Annotated[str, Field(max_length=20)] = ""
    topic: Annotated[str, Field(max_length=200)] = ""
    weeks: Annotated[str, Field(max_length=3)] = ""
    tier: Annotated[str, Field(max_length=20)] = ""
    reason: Annotated[str, Field(max_length=40)] = ""
    all: Annotated[str, Field(max_length=3)] = ""
    words: Annotated[str, Field(max_length=4 * MOST_WORDS)] = ""


@router.get("/u/{token}")
def show(site: Here, language: Language, token: str) -> Response:
    """Asks what should happen; changes nothing."""
    link = whose(site.keyring, Purpose.LEAVE, token)
    with site.database.read() as session:
        found = link.reader(session)
        undoable = found is not None and can_undo(session, found, "", site.clock())
        more = () if found is None else lists_of_sender(session, found)
        fewer = found is not None and spares_mail(session, found)
    if found is None:
        return nobody(site, language, link.delivery_id)
    if not found.active:
        return outcome(site, language, found, Done.LEFT, undoable=undoable)
    chosen = language.choose(*found.preferences.languages)
    return site.page(
        "leave",
        chosen,
        private=True,
        mailing_list=found.list,
        address=masked(found.address),
        topics=tuple(
            topic
            for topic in flat(branches(found.list.topics, chosen, found.preferences))
            if found.preferences.gets(found.list.topics.lineage(topic.name))
        ),
        reasons=reasons(site.pages.words(chosen)),
        pauses=PAUSES,
        fewer=fewer,
        sender=found.list.sender.name if len(more) > 1 else "",
        most_words=MOST_WORDS,
    )


@router.post("/u/{token}")
def act(site: Here, language: Language, token: str, form: Annotated[LeaveForm, Form()]) -> Response:
    """Does what a mail client's one click or the page's form asks."""
    link = whose(site.keyring, Purpose.LEAVE, token)
    asked = wish(form.model_dump(by_alias=True))
    if asked is None:
        return _nothing_chosen(site, language, link)
    now = site.clock()
    with site.database.write() as session:
        found = before = link.reader(session)
        done = grant(session, found, asked, now=now) if found else Done.NOTHING
        found = link.reader(session) if found else None  # as they stand now
        topic = asked.topic if isinstance(asked, Leave) and done is Done.LEFT_TOPIC else ""
        left = done in (Done.LEFT, Done.LEFT_TOPIC, Done.LEFT_EVERYTHING)
        undoable = left and found is not None and can_undo(session, found, topic, now)
    if isinstance(asked, Leave) and asked.way is Way.ONE_CLICK:
        # A machine asked: the same answer for a first, a repeated and a stale one, without a name.
        return PlainTextResponse("Done.\n", headers=PRIVATE)
    if found is None or before is None:
        return nobody(site, language, link.delivery_id)
    return outcome(
        site,
        language,
        found,
        done,
        topic=topic,
        undoable=undoable,
        tier=before.preferences.lowest_tier,
    )


def _nothing_chosen(site: Site, language: Asked, link: Whose) -> Response:
    with site.database.read() as session:
        found = link.reader(session)
    return site.message(
        language.choose(*(found.preferences.languages if found else ())),
        "Nothing was chosen",
        "Nothing was changed. Please open the link from the mail again and choose.",
        status=400,
        mailing_list=found.list if found else None,
    )
