"""The options by which the admin sets a reader's preferences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

import typer

from newsletter.content.entry import Tier
from newsletter.content.mailinglist import MailingList
from newsletter.content.preferences import GREATEST_MOST, Preferences
from newsletter.content.zones import parse_zone
from newsletter.errors import NewsletterError


class Format(StrEnum):
    HTML = "html"
    TEXT = "text"


FollowOption = Annotated[
    str | None, typer.Option(help="Topics, comma-separated; `all` follows all, `none` nothing.")
]
MuteOption = Annotated[str | None, typer.Option(help="Topics, comma-separated; `none` for none.")]
OnlyTopicsOption = Annotated[
    bool | None, typer.Option(help="Without general entries and the editorial.")
]
TierOption = Annotated[Tier | None, typer.Option(help="The lowest tier they want.")]
LanguagesOption = Annotated[str | None, typer.Option(help="`en`, `zh`, or `en,zh` for both.")]
FormatOption = Annotated[Format | None, typer.Option("--format", help="HTML or text only.")]
ZoneOption = Annotated[
    str | None,
    typer.Option("--zone", help="Their time zone, as Europe/Berlin; `list` for the list's own."),
]
MostOption = Annotated[
    int | None,
    typer.Option(min=0, max=GREATEST_MOST, help="Most entries an issue; 0: no limit."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was given on the command line; None leaves a preference as it is."""

    follow: str | None
    mute: str | None
    only_topics: bool | None
    tier: Tier | None
    languages: str | None
    format: Format | None
    most: int | None

    def over(self, before: Preferences, mailing_list: MailingList) -> Preferences:
        """`before` with what was given in its place.

        Raises:
            NewsletterError: the list has no such topic or language.
        """
        after = before
        if self.follow is not None:
            follows = None if self.follow == "all" else _topics(self.follow, mailing_list)
            after = replace(after, follows=follows)
        if self.mute is not None:
            after = replace(after, mutes=_topics(self.mute, mailing_list))
        if self.only_topics is not None:
            after = replace(after, only_topics=self.only_topics)
        if self.tier is not None:
            after = replace(after, lowest_tier=self.tier)
        if self.languages is not None:
            after = replace(after, languages=_languages(self.languages, mailing_list))
        if self.format is not None:
            after = replace(after, html=self.format is Format.HTML)
        if self.most is not None:
            after = replace(after, most=self.most or None)
        return after


def zone_over(before: str, given: str | None) -> str:
    """The zone that `--zone` gives, or the one of before without it.

    Raises:
        ZoneError: there is no such zone.
    """
    if given is None:
        return before
    return "" if given == "list" else parse_zone(given)


def _topics(text: str, mailing_list: MailingList) -> frozenset[str]:
    if text == "none":
        return frozenset()
    names = _split(text)
    for name in names:
        if name not in mailing_list.topics:
            known = ", ".join(topic.name for topic in mailing_list.topics.topics)
            raise NewsletterError(f"{mailing_list.name} has no topic {name!r}; it has {known}")
    return frozenset(names)


def _languages(text: str, mailing_list: MailingList) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(_split(text)))
    unknown = [one for one in chosen if one not in mailing_list.languages]
    if unknown or not 1 <= len(chosen) <= 2:
        raise NewsletterError(
            f"{text!r} is no choice of languages: write one or two of "
            f"{', '.join(mailing_list.languages)}"
        )
    return chosen


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
