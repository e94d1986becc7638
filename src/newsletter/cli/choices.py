"""The options by which the admin sets a reader's preferences: the columns of a file of subscribers,
and what they are told is read as its cells are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any

import typer

from newsletter.audience.member_cells import RowError, follows_in, languages_in, topics_in
from newsletter.audience.topic_tables import NOTHING
from newsletter.content.entry import Tier
from newsletter.content.mailinglist import MailingList
from newsletter.content.preferences import GREATEST_MOST, Preferences
from newsletter.content.zones import parse_zone
from newsletter.errors import NewsletterError


class Format(StrEnum):
    HTML = "html"
    TEXT = "text"


FollowOption = Annotated[
    str | None,
    typer.Option(
        "--topics", help="Names or titles, by comma or semicolon; `all` for all, `none` for none."
    ),
]
MuteOption = Annotated[
    str | None, typer.Option("--muted", help="Topics that they do not want; `none` for none.")
]
OnlyTopicsOption = Annotated[
    bool | None, typer.Option(help="Without general entries and the editorial.")
]
TierOption = Annotated[Tier | None, typer.Option(help="The lowest tier they want.")]
LanguagesOption = Annotated[
    str | None, typer.Option("--language", help="`en`, `zh`, or `en+zh` for both.")
]
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
        try:
            return replace(before, **self._given(mailing_list))
        except RowError as error:
            raise NewsletterError(f"{mailing_list.name}: {error}") from None

    def _given(self, mailing_list: MailingList) -> dict[str, Any]:
        tree, found = mailing_list.topics, dict[str, Any]()
        if self.follow is not None:
            found["follows"] = follows_in(self.follow, tree)
        if self.mute is not None:
            # A file leaves such a cell empty, which nobody types.
            muted = "" if self.mute.casefold() == NOTHING else self.mute
            found["mutes"] = frozenset(topics_in(muted, tree))
        if self.only_topics is not None:
            found["only_topics"] = self.only_topics
        if self.tier is not None:
            found["lowest_tier"] = self.tier
        if self.languages is not None:
            found["languages"] = languages_in(self.languages, mailing_list)
        if self.format is not None:
            found["html"] = self.format is Format.HTML
        if self.most is not None:
            found["most"] = self.most or None
        return found


def zone_over(before: str, given: str | None) -> str:
    """The zone that `--zone` gives, or the one of before without it.

    Raises:
        ZoneError: there is no such zone.
    """
    if given is None:
        return before
    return "" if given == "list" else parse_zone(given)
