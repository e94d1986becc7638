"""Preferences as a form writes them, and back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from newsletter.content.choosing import Choices
from newsletter.content.entry import Tier
from newsletter.content.mailinglist import MailingList
from newsletter.content.preferences import GREATEST_MOST, Preferences
from newsletter.content.topics import GENERAL, TopicTree
from newsletter.content.zones import parse_zone
from newsletter.errors import ZoneError

LISTS_OWN = "list"
"""What a form says for the list's own time zone: an empty field passes for one not sent."""

_Name = Annotated[str, Field(max_length=200)]


class ChoicesForm(BaseModel):
    """The fields of the preferences page. `scope` is always sent, so that a POST of nothing
    is refused and not taken for the wish to reset everything."""

    scope: Literal["everything", "chosen"]
    follow: Annotated[list[_Name], Field(max_length=1000)] = []
    mute: Annotated[list[_Name], Field(max_length=1000)] = []
    only_topics: Literal["yes", ""] = ""
    lowest_tier: Tier = Tier.LISTED
    most: Annotated[int, Field(ge=1, le=GREATEST_MOST)] | Literal[""] = ""
    languages: Annotated[str, Field(max_length=40)] = ""
    html: Literal["yes", "no"] = "yes"
    pause_until: dt.date | Literal[""] = ""
    zone: Annotated[str, Field(max_length=64)] = ""
    do: Literal["save", "preview"] = "save"

    def choices(self, mailing_list: MailingList, before: Choices, today: dt.date) -> Choices:
        """All that the form asks for, over what was chosen before."""
        return Choices(
            preferences=self.preferences(mailing_list, before.preferences),
            paused_until=self.paused_until(today),
            zone=before.zone if (zone := self._zone()) is None else zone,
        )

    def preferences(self, mailing_list: MailingList, before: Preferences) -> Preferences:
        """The preferences that the form asks for.

        What a form cannot say stays as it was; topics and languages that the list does not have
        (any more) are passed over. To who got everything it showed no topic ticked: whoever ticks
        one then means it, also where the choice above the topics was not moved along.
        """
        tree = mailing_list.topics
        ticked = _known(self.follow, tree)
        follows = ticked | (frozenset((GENERAL,)) & (before.follows or set()))
        everything = self.scope == "everything" and not (before.follows is None and ticked)
        return Preferences(
            follows=None if everything else follows,
            mutes=_known(self.mute, tree) | (frozenset((GENERAL,)) & before.mutes),
            only_topics=self.only_topics == "yes",
            lowest_tier=self.lowest_tier,
            languages=self._languages(mailing_list) or before.languages,
            html=self.html == "yes",
            most=self.most or None,
        )

    def paused_until(self, today: dt.date) -> dt.date | None:
        """The day on which mail comes again; None, also for a day that has come: no pause."""
        day = self.pause_until or None
        return day if day and day > today else None

    def _zone(self) -> str | None:
        """The zone; None where the form names none that there is."""
        try:
            return "" if self.zone == LISTS_OWN else parse_zone(self.zone) or None
        except ZoneError:
            return None

    def _languages(self, mailing_list: MailingList) -> tuple[str, ...]:
        asked = tuple(dict.fromkeys(self.languages.split("+")))
        return asked if set(asked) <= set(mailing_list.languages) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Preferences as the page's fields show them."""

    scope: str
    only_topics: bool
    lowest_tier: str
    most: str
    languages: str
    html: str
    pause_until: str
    zone: str

    @classmethod
    def of(cls, choices: Choices, today: dt.date) -> Chosen:
        """What the fields show of `choices`; a pause that is over by `today` is none."""
        preferences, until = choices.preferences, choices.paused_until
        pause = until if until and until > today else None
        return cls(
            scope="everything" if preferences.follows is None else "chosen",
            only_topics=preferences.only_topics,
            lowest_tier=preferences.lowest_tier,
            most=str(preferences.most or ""),
            languages="+".join(preferences.languages),
            html="yes" if preferences.html else "no",
            pause_until=pause.isoformat() if pause else "",
            zone=choices.zone or LISTS_OWN,
        )


def _known(names: Iterable[str], tree: TopicTree) -> frozenset[str]:
    return frozenset(name for name in names if name in tree and name != GENERAL)
