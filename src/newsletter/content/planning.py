"""A plan: which part of a digest one reader gets, in what form, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from itertools import compress
from typing import NamedTuple, Protocol

from newsletter.content.digest import Digest, Kind
from newsletter.content.entrysets import (
    NO_ENTRIES,
    EntrySet,
    beyond,
    entry_set,
    first,
    flags,
    from_flags,
    last,
)
from newsletter.content.mailinglist import MailingList, Untranslated
from newsletter.content.preferences import Preferences
from newsletter.content.topics import GENERAL


class Depth(IntEnum):
    """How much of an entry a reader gets."""

    ABSENT = 0
    TITLE = 1
    FULL = 2


class Rule(StrEnum):
    """What decided about an entry."""

    EVERYTHING = "everything"  # they follow all topics
    FOLLOWS = "follows"  # they follow the verdict's topic
    GENERAL = "general"  # no topic's rule maps it, so everybody gets it
    NOT_FOLLOWED = "not-followed"
    MUTED = "muted"  # they muted the verdict's topic
    ONLY_TOPICS = "only-topics"  # general, and they asked for their topics alone
    BELOW_TIER = "below-tier"
    NOT_TRANSLATED = "not-translated"  # and the list holds what is not
    ALREADY_SENT = "already-sent"  # they got it in an earlier issue
    OVER_MOST = "over-most"  # beyond the number of entries they asked for

    __hash__ = str.__hash__  # that of enumerations is slow, and verdicts are looked up by it


_CHOSEN = frozenset((Rule.EVERYTHING, Rule.FOLLOWS, Rule.GENERAL))


class Verdict(NamedTuple):
    """A rule and the topic that it is about, if any: the one the reader named."""

    rule: Rule
    topic: str | None = None

    @property
    def chosen(self) -> bool:
        """Whether the entry is for this reader."""
        return self.rule in _CHOSEN


Grounds = Mapping[Verdict, EntrySet]
"""For each verdict, the entries that it is about; every entry has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Of `total` entries, those shown in `full` and those of which the title stands.

    An entry that is chosen but not shown was folded, by the size budget, into the count of those
    that stand on the web only; likewise one whose verdict is OVER_MOST. `choosy` tells whether
    their subscription is a choice among its list's topics, whatever these brought this time.
    """

    total: int
    full: EntrySet
    titles: EntrySet
    grounds: Grounds = field(hash=False)
    editorial: bool
    choosy: bool
    languages: tuple[str, ...]
    html: bool

    @classmethod
    def of(
        cls,
        depths: Sequence[Depth],
        verdicts: Sequence[Verdict],
        *,
        editorial: bool,
        choosy: bool,
        languages: tuple[str, ...],
        html: bool,
    ) -> Plan:
        """The plan whose depths and verdicts run along `Digest.entries`."""
        grounds: dict[Verdict, EntrySet] = {}
        for index, verdict in enumerate(verdicts):
            grounds[verdict] = grounds.get(verdict, NO_ENTRIES) | 1 << 8 * index
        return cls(
            total=len(depths),
            full=from_flags(bytes([depth is Depth.FULL for depth in depths])),
            titles=from_flags(bytes([depth is Depth.TITLE for depth in depths])),
            grounds=grounds,
            editorial=editorial,
            choosy=choosy,
            languages=languages,
            html=html,
        )

    @property
    def depths(self) -> tuple[Depth, ...]:
        """That of each entry, along `Digest.entries`."""
        return tuple(map(Depth, flags(self.titles + 2 * self.full, self.total)))

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """That on each entry, along `Digest.entries`."""
        return tuple(map(list(self.grounds).__getitem__, self.kinds))

    @property
    def kinds(self) -> list[int]:
        """For each entry, along `Digest.entries`, the place of its verdict in `grounds`."""
        found = [0] * self.total
        for kind, entries in enumerate(self.grounds.values()):
            for index in compress(range(self.total), flags(entries, self.total)):
                found[index] = kind
        return found

    @property
    def shown(self) -> EntrySet:
        """The entries in the message, in full or as a title."""
        return self.full | self.titles

    @property
    def chosen(self) -> EntrySet:
        """The entries that are for this reader, shown or not."""
        return _chosen(self.grounds)

    @property
    def folded(self) -> EntrySet:
        """Those of them that had no room."""
        return self.chosen & ~self.shown

    @property
    def over_most(self) -> EntrySet:
        """Those beyond the number of entries that the reader asked for."""
        return self.grounds.get(_OVER_MOST, NO_ENTRIES) & ~self.shown

    @property
    def more(self) -> EntrySet:
        """The entries for this reader that the message leaves to the web."""
        return self.folded | self.over_most


_OVER_MOST = Verdict(Rule.OVER_MOST)


def _chosen(grounds: Grounds) -> EntrySet:
    found = NO_ENTRIES
    for verdict, entries in grounds.items():
        if verdict.rule in _CHOSEN:
            found |= entries
    return found


class Sizes(Protocol):
    """Decoded UTF-8 octets of the HTML part of any plan, as a compiled issue knows them."""

    def html_octets(self, plan: Plan) -> int:
        """Octets of the HTML part for `plan`, slots at their greatest width."""

    def fits(self, plan: Plan, budget: int) -> bool:
        """Whether `html_octets` is `budget` at most, which may be known without measuring."""

    def entry_octets(self, index: int, depth: Depth) -> int:
        """Octets that entry `index` alone takes at `depth`."""


def plan(digest: Digest, preferences: Preferences, sizes: Sizes | None = None) -> Plan:
    """What a reader with `preferences` gets of `digest`.

    With `sizes`, an HTML part over the list's budget is folded: from the last entry of the lowest
    tier up, full texts become titles until it fits, then titles become a count.
    """
    languages = spoken(digest.list, preferences)
    grounds = _judged(digest, preferences, languages)
    chosen = Plan(
        total=len(digest.entries),
        full=_chosen(grounds),
        titles=NO_ENTRIES,
        grounds=grounds,
        editorial=not preferences.only_topics,
        choosy=preferences.choosy,
        languages=languages,
        html=preferences.html,
    )
    if sizes is None or not preferences.html:
        return chosen
    return fold(chosen, sizes, digest.list.policies.html_budget)


def spoken(mailing_list: MailingList, preferences: Preferences) -> tuple[str, ...]:
    """The reader's languages that the list has, two at most; its first one if it has none."""
    known = tuple([one for one in preferences.languages if one in mailing_list.languages])
    return known[:2] or mailing_list.languages[:1]


def _judged(digest: Digest, preferences: Preferences, languages: tuple[str, ...]) -> Grounds:
    """The verdicts on all entries: topics decide first, then tier, language and number."""
    grounds: dict[Verdict, EntrySet] = {}
    for kind in digest.kinds:
        verdict = _by_topic(kind, preferences)
        grounds[verdict] = grounds.get(verdict, NO_ENTRIES) | kind.entries
    _withhold(grounds, digest.below[preferences.lowest_tier], Rule.BELOW_TIER)
    if digest.list.policies.untranslated is Untranslated.HOLD:
        held = digest.told
        for language in languages:
            held &= ~digest.told_in.get(language, NO_ENTRIES)
        _withhold(grounds, held, Rule.NOT_TRANSLATED)
    if preferences.had:
        _withhold(grounds, _named(digest, preferences.had), Rule.ALREADY_SENT)
    if preferences.most is not None:
        _withhold(grounds, beyond(_chosen(grounds), preferences.most), Rule.OVER_MOST)
    return grounds


def _named(digest: Digest, keys: frozenset[str]) -> EntrySet:
    return entry_set(i for i, item in enumerate(digest.entries) if item.entry.key in keys)


def _by_topic(kind: Kind, preferences: Preferences) -> Verdict:
    lines: Sequence[tuple[str, ...]] = kind.lines
    if preferences.mutes:
        muted = [next((name for name in line if name in preferences.mutes), None) for line in lines]
        # An entry on two topics is lost to a reader only when they muted both.
        if all(muted):
            return Verdict(Rule.MUTED, muted[0])
        lines = [line for line, mute in zip(lines, muted, strict=True) if mute is None]
    follows = preferences.follows
    if follows is not None:
        for line in lines:
            for name in line:
                if name in follows:
                    return Verdict(Rule.FOLLOWS, name)
    if kind.topics == (GENERAL,):
        return _ONLY_TOPICS if preferences.only_topics else _GENERAL
    return _EVERYTHING if follows is None else _NOT_FOLLOWED


_ONLY_TOPICS, _GENERAL = Verdict(Rule.ONLY_TOPICS), Verdict(Rule.GENERAL)
_EVERYTHING, _NOT_FOLLOWED = Verdict(Rule.EVERYTHING), Verdict(Rule.NOT_FOLLOWED)


def _withhold(grounds: dict[Verdict, EntrySet], entries: EntrySet, rule: Rule) -> None:
    """Of `entries`, those that are chosen so far get the verdict `rule` instead."""
    if withheld := entries and _chosen(grounds) & entries:
        for verdict, ground in tuple(grounds.items()):
            if ground & withheld:
                grounds[verdict] = ground & ~withheld
                if not grounds[verdict]:
                    del grounds[verdict]
        grounds[Verdict(rule)] = withheld


def fold(chosen: Plan, sizes: Sizes, budget: int) -> Plan:
    """`chosen` with its last entries shortened until its HTML part fits in `budget` octets.

    Entries are in order of rank, so folding from the end folds the lowest tiers first. How much is
    folded is estimated entry by entry, without the headings that go with the last of a section; so
    in the end whatever still fits is unfolded again, from the first on. A budget smaller than the
    frame leaves no entry; the frame is never cut.
    """
    if sizes.fits(chosen, budget):
        return chosen  # as nearly always: it is not measured again
    folded = chosen
    for depth in (Depth.TITLE, Depth.ABSENT):
        while (excess := sizes.html_octets(folded) - budget) > 0:
            shorter = _shorten(folded, sizes, excess, depth)
            if shorter == folded:
                break
            folded = shorter
    while longer := unfolded(folded, chosen):
        if sizes.html_octets(longer) > budget:
            break
        folded = longer
    return folded


def unfolded(folded: Plan, chosen: Plan) -> Plan | None:
    """`folded` with the last step of folding `chosen` taken back; None if it is whole.

    All entries become titles before the first is left to the count.
    """
    if left := first(chosen.shown & ~folded.shown):
        return replace(folded, titles=folded.titles | left)
    if short := first(chosen.full & folded.titles):
        return replace(folded, full=folded.full | short, titles=folded.titles & ~short)
    return None


def _shorten(chosen: Plan, sizes: Sizes, excess: int, depth: Depth) -> Plan:
    """Its last entries cut to `depth`, until about `excess` octets are saved."""
    full, titles = chosen.full, chosen.titles
    while excess > 0 and (longer := full if depth is Depth.TITLE else full | titles):
        index = last(longer)
        entry = 1 << 8 * index
        before = Depth.FULL if full & entry else Depth.TITLE
        saved = sizes.entry_octets(index, before) - sizes.entry_octets(index, depth)
        excess -= max(saved, 1)
        full &= ~entry
        titles = titles | entry if depth is Depth.TITLE else titles & ~entry
    return replace(chosen, full=full, titles=titles)
