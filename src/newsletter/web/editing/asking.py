"""As whom an issue is looked at: a subscriber, a selection that many share, or one made up."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field
from sqlmodel import Session

from newsletter.addresses import as_stored
from newsletter.content.entry import Tier
from newsletter.content.mailinglist import MailingList
from newsletter.content.preferences import GREATEST_MOST, Preferences
from newsletter.delivery.repeating import without_had
from newsletter.errors import NotFoundError
from newsletter.store import subscribers
from newsletter.store.issues import Issue, audience_preview, selected
from newsletter.web.choices import ChoicesForm

NOBODY = "reader@example.org"
"""To whom a message is addressed that is nobody's in particular; a domain of RFC 2606."""

_Short = Annotated[str, Field(max_length=320)]


class Asked(BaseModel):
    """What the page asks for. One of `to` (an address), `choice` (the id of preferences) and
    `scope` (preferences clicked together) says as whom; none of them: as most readers are.

    `speak` and `form`, where given, take the place of the reader's own languages and form.
    """

    issue: _Short
    to: Annotated[_Short, AfterValidator(as_stored)] = ""
    choice: Annotated[int, Field(ge=0, lt=2**31)] = 0
    scope: Literal["", "everything", "chosen"] = ""
    follow: Annotated[list[_Short], Field(max_length=1000)] = []
    mute: Annotated[list[_Short], Field(max_length=1000)] = []
    only_topics: Literal["yes", ""] = ""
    lowest_tier: Tier = Tier.LISTED
    most: Annotated[int, Field(ge=1, le=GREATEST_MOST)] | Literal[""] = ""
    speak: Annotated[str, Field(max_length=40)] = ""
    form: Literal["", "html", "text"] = ""


@dataclass(frozen=True, kw_only=True)
class Who:
    """Somebody to show an issue to. `own` tells whether that is what this subscriber gets, with
    nothing of it changed for trying."""

    address: str
    preferences: Preferences
    own: bool


def who(session: Session, asked: Asked, issue: Issue, today: dt.date) -> Who:
    """Who is meant.

    Raises:
        NotFoundError: nobody on the list has that address, or no preferences have that id.
    """
    chosen = _preferences(session, asked, issue, today)
    wanted = _changed(chosen, asked, issue.digest.list)
    own = bool(asked.to) and wanted == chosen
    return Who(address=asked.to or NOBODY, preferences=wanted, own=own)


def _preferences(session: Session, asked: Asked, issue: Issue, today: dt.date) -> Preferences:
    if asked.to:
        person = subscribers.show(session, asked.to)
        subscription = person.subscriptions.get(issue.list_name)
        if subscription is None:
            raise NotFoundError(f"{person.address} is not on {issue.list_name}, and never was")
        return without_had(session, issue, person.id, subscription.preferences)
    if asked.choice:
        return selected(session, asked.choice)
    first = Preferences(languages=issue.digest.list.languages[:1])
    if asked.scope:
        return _clicked(asked, issue.digest.list, first)
    most = next(audience_preview(session, issue.list_name, today=today), None)
    return most[0].preferences if most else first


def _clicked(asked: Asked, mailing_list: MailingList, before: Preferences) -> Preferences:
    form = ChoicesForm(
        scope="chosen" if asked.scope == "chosen" else "everything",
        follow=asked.follow if asked.scope == "chosen" else [],
        mute=asked.mute,
        only_topics=asked.only_topics,
        lowest_tier=asked.lowest_tier,
        most=asked.most,
    )
    return form.preferences(mailing_list, before)


def _changed(chosen: Preferences, asked: Asked, mailing_list: MailingList) -> Preferences:
    languages = tuple(dict.fromkeys(filter(None, asked.speak.split("+"))))
    if languages and set(languages) <= set(mailing_list.languages):
        chosen = replace(chosen, languages=languages)
    return replace(chosen, html=asked.form == "html") if asked.form else chosen
