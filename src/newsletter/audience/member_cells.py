"""One person as the cells of a row, and back."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import lru_cache

from newsletter.audience.topic_tables import EVERYTHING, NOTHING
from newsletter.content.entry import Tier
from newsletter.content.mailinglist import MailingList
from newsletter.content.preferences import GREATEST_MOST, Preferences
from newsletter.content.topics import TopicTree
from newsletter.content.zones import parse_zone
from newsletter.errors import ZoneError
from newsletter.store.admission import Member
from newsletter.store.values import SubscriptionState

Cells = Mapping[str, str]
"""The cells of a row by our names of the columns; one that is not there is as good as empty."""

_YES = frozenset({"yes", "y", "true", "wahr", "vrai", "1", "x", "ja", "oui", "是"})
_NO = frozenset({"", "no", "n", "false", "falsch", "faux", "0", "nein", "non", "否"})
# A day as spreadsheets write one anew: 31.12.2026, 2026/12/31. With slashes and the year at the
# end nobody can tell the day from the month.
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(.*)")
_YEAR_FIRST = re.compile(r"(\d{4})[/年](\d{1,2})[/月](\d{1,2})日?(.*)")
_STATES = {
    "": SubscriptionState.ACTIVE,
    "active": SubscriptionState.ACTIVE,
    "subscribed": SubscriptionState.ACTIVE,
    "pending": SubscriptionState.PENDING,
    "left": SubscriptionState.LEFT,
    "unsubscribed": SubscriptionState.LEFT,
    "cleaned": SubscriptionState.LEFT,
    "bounced": SubscriptionState.LEFT,
    "blocked": SubscriptionState.LEFT,
    "blocklisted": SubscriptionState.LEFT,
}
# Those whose mail came back elsewhere are not to be mailed from here either, by any list.
_SUPPRESSED = {
    "cleaned": "bounce",
    "bounced": "bounce",
    "blocked": "blocked",
    "blocklisted": "blocked",
}
_CHOICES = ("topics", "muted", "only_topics", "tier", "language", "format", "most")


class RowError(Exception):
    """Why a row cannot be read. It becomes a `Problem`, and goes no further."""


MemberOf = Callable[[str, Cells, int], Member]
"""The person of an address whose row, on a line, says those cells; raises `RowError`."""


def member_reader(mailing_list: MailingList) -> MemberOf:
    """A reader of rows for a list. It raises `RowError` when a cell cannot be understood: a row is
    not taken by halves."""

    @lru_cache(maxsize=10_000)  # most people of a file share their choices with others
    def preferences(chosen: tuple[str, ...]) -> Preferences:
        return _preferences(dict(zip(_CHOICES, chosen, strict=True)), mailing_list)

    def read(address: str, cells: Cells, line: int) -> Member:
        return Member(
            address=address,
            preferences=preferences(tuple([cells.get(column, "") for column in _CHOICES])),
            state=_state(cells.get("state", "")),
            paused_until=_day(cells.get("paused_until", "")),
            zone=_zone(cells.get("zone", "")),
            consent_at=_instant(cells.get("consent_at", "")),
            consent_source=cells.get("consent_source", ""),
            line=line,
            left_at=_instant(cells.get("left_at", "")),
            left_reason=cells.get("left_reason", ""),
            suppressed=_SUPPRESSED.get(cells.get("state", "").casefold(), ""),
        )

    return read


def _preferences(cells: Cells, mailing_list: MailingList) -> Preferences:
    return Preferences(
        follows=follows_in(cells["topics"], mailing_list.topics),
        mutes=frozenset(topics_in(cells["muted"], mailing_list.topics)),
        only_topics=_yes(cells, "only_topics"),
        lowest_tier=_tier(cells["tier"]),
        languages=languages_in(cells["language"], mailing_list),
        html=_html(cells["format"]),
        most=_most(cells["most"]),
    )


def written(member: Member) -> Cells:
    """The cells that `member_reader` reads back the same."""
    choice = member.preferences
    follows = EVERYTHING if choice.follows is None else "; ".join(sorted(choice.follows)) or NOTHING
    return {
        "address": member.address,
        "topics": follows,
        "muted": "; ".join(sorted(choice.mutes)),
        "only_topics": "yes" if choice.only_topics else "no",
        "tier": choice.lowest_tier.value,
        "language": "+".join(choice.languages),
        "format": "html" if choice.html else "text",
        "most": "" if choice.most is None else str(choice.most),
        "paused_until": member.paused_until.isoformat() if member.paused_until else "",
        "zone": member.zone,
        "state": member.state.value,
        "consent_at": member.consent_at.isoformat() if member.consent_at else "",
        "consent_source": member.consent_source,
    }


def follows_in(cell: str, tree: TopicTree) -> frozenset[str] | None:
    """The topics that a cell follows; None: everything.

    Raises:
        RowError: the tree has no such topic.
    """
    if cell.casefold() in ("", EVERYTHING, "all", "*"):
        return None
    if cell.casefold() in (NOTHING, "-"):
        return frozenset()
    return frozenset(topics_in(cell, tree))


def topics_in(cell: str, tree: TopicTree) -> list[str]:
    """Topics by their names or titles, parted by any of `;`, `|`, `,` or a line break.

    Raises:
        RowError: the tree has no such topic.
    """
    names = {name.casefold(): name for name in tree.by_name}
    for topic in tree.topics:
        for title in topic.titles.values():
            names.setdefault(title.casefold(), topic.name)
    found = []
    for part in filter(None, map(str.strip, re.split(r"[;|,，；、\n]", cell))):
        if part.casefold() not in names:
            near = get_close_matches(part.casefold(), names, 1)
            known = f"; it has {', '.join(sorted(tree.by_name))}"
            meant = f": did you mean {names[near[0]]!r}?" if near else known
            raise RowError(f"the list has no topic {part!r}{meant}")
        found.append(names[part.casefold()])
    return found


def _yes(cells: Cells, column: str) -> bool:
    cell = cells.get(column, "").casefold()
    if cell not in _YES | _NO:
        raise RowError(f"{column} must be yes or no, not {cell!r}")
    return cell in _YES


def _tier(cell: str) -> Tier:
    try:
        return Tier(cell.casefold()) if cell else Tier.LISTED
    except ValueError:
        raise RowError(f"{cell!r} is not a tier: write one of {', '.join(Tier)}") from None


def languages_in(cell: str, mailing_list: MailingList) -> tuple[str, ...]:
    """The languages of a cell, as `en` or `en+zh`; the list's first one if it is empty.

    Raises:
        RowError: they are none of the list's.
    """
    if not cell:
        return mailing_list.languages[:1]
    found = tuple(part.strip().casefold() for part in re.split(r"[+,;/ ]+", cell) if part.strip())
    unknown = [language for language in found if language not in mailing_list.languages]
    if unknown or not 1 <= len(found) <= 2 or len(set(found)) < len(found):
        known = " or ".join(mailing_list.languages)
        raise RowError(f"{cell!r} is not a language of the list: write {known}, or two as en+zh")
    return found


def _html(cell: str) -> bool:
    if cell.casefold() not in ("", "html", "text", "plain"):
        raise RowError(f"the format must be html or text, not {cell!r}")
    return cell.casefold() in ("", "html")


def _most(cell: str) -> int | None:
    if not cell:
        return None
    # A spreadsheet turns 5 into 5.0 when the column has an empty cell.
    number = cell.removesuffix(".0")
    if not (number.isascii() and number.isdigit() and 0 < int(number) <= GREATEST_MOST):
        raise RowError(f"most must be a whole number from 1 to {GREATEST_MOST}, not {cell!r}")
    return int(number)


def _state(cell: str) -> SubscriptionState:
    if cell.casefold() not in _STATES:
        raise RowError(f"{cell!r} is not a state: write active, pending or left")
    return _STATES[cell.casefold()]


def _day(cell: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(_iso(cell)) if cell else None
    except ValueError:
        raise RowError(f"{cell!r} is not a day: write it like 2026-03-31") from None


def _zone(cell: str) -> str:
    try:
        return parse_zone(cell) if cell else ""
    except ZoneError as error:
        raise RowError(str(error)) from None


def _instant(cell: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(_iso(cell)) if cell else None
    except ValueError:
        raise RowError(f"{cell!r} is not a time: write it like 2026-03-31T08:00:00+00:00") from None
    return found.replace(tzinfo=dt.UTC) if found and found.tzinfo is None else found


def _iso(cell: str) -> str:
    if match := _DAY_FIRST.fullmatch(cell):
        day, month, year, rest = match.groups()
    elif match := _YEAR_FIRST.fullmatch(cell):
        year, month, day, rest = match.groups()
    else:
        return cell
    hour, colon, minutes = rest.strip().partition(":")
    return f"{year}-{month:0>2}-{day:0>2}" + (f"T{hour:0>2}:{minutes}" if colon else rest)
