"""A plan: which part of a digest one reader gets, in what form, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Protocol

from newsletter.content.digest import Digest, DigestEntry
from newsletter.content.mailinglist import MailingList, Untranslated
from newsletter.content.preferences import Preferences
from newsletter.content.topics import GENERAL, TopicTree


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


_CHOSEN = (Rule.EVERYTHING, Rule.FOLLOWS, Rule.GENERAL)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule and the topic that it is about, if any: the one the reader named."""

    rule: Rule
    topic: str | None = None

    @property
    def chosen(self) -> bool:
        """Whether the entry is for this reader."""
        return self.rule in _CHOSEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`depths` and `verdicts` run along `Digest.entries`.

    An entry that is chosen but ABSENT was folded, by the size budget, into the count of those that
    stand on the web only; likewise one whose verdict is OVER_MOST.
    """

    depths: tuple[Depth, ...]
    verdicts: tuple[Verdict, ...]
    editorial: bool
    languages: tuple[str, ...]
    html: bool

    @property
    def shown(self) -> int:
        """Number of entries in the message, in full or as a title."""
        return sum(depth is not Depth.ABSENT for depth in self.depths)

    @property
    def more(self) -> int:
        """Number of entries for this reader that the message leaves to the web."""
        return sum(
            depth is Depth.ABSENT and (verdict.chosen or verdict.rule is Rule.OVER_MOST)
            for depth, verdict in zip(self.depths, self.verdicts, strict=True)
        )


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
    judged = {i: judge(digest, digest.entries[i], preferences) for i in set(digest.alike)}
    found = [judged[i] for i in digest.alike]
    if preferences.had:
        found = _without(digest, found, preferences.had)
    verdicts = limit(found, preferences)
    full, absent = Depth.FULL, Depth.ABSENT
    chosen = Plan(
        depths=tuple([full if v.chosen else absent for v in verdicts]),
        verdicts=tuple(verdicts),
        editorial=not preferences.only_topics,
        languages=spoken(digest.list, preferences),
        html=preferences.html,
    )
    if sizes is None or not preferences.html:
        return chosen
    return fold(chosen, sizes, digest.list.policies.html_budget)


def judge(digest: Digest, item: DigestEntry, preferences: Preferences) -> Verdict:
    """Whether one entry is for this reader, before any limit of number or size."""
    verdict = _by_topic(item.topics, digest.list.topics, preferences)
    if not verdict.chosen:
        return verdict
    if item.entry.tier.rank > preferences.lowest_tier.rank:
        return Verdict(Rule.BELOW_TIER)
    held = digest.list.policies.untranslated is Untranslated.HOLD and item.entry.texts
    # Of a mention there may be no text at all, so nothing to translate.
    if held and not set(spoken(digest.list, preferences)) & set(item.entry.texts):
        return Verdict(Rule.NOT_TRANSLATED)
    return verdict


def spoken(mailing_list: MailingList, preferences: Preferences) -> tuple[str, ...]:
    """The reader's languages that the list has, two at most; its first one if it has none."""
    known = tuple(one for one in preferences.languages if one in mailing_list.languages)
    return known[:2] or mailing_list.languages[:1]


def _by_topic(topics: Sequence[str], tree: TopicTree, preferences: Preferences) -> Verdict:
    lines = [tree.lineage(topic) or (topic,) for topic in topics]
    if preferences.mutes:
        muted = [next((name for name in line if name in preferences.mutes), None) for line in lines]
        # An entry on two topics is lost to a reader only when they muted both.
        if all(muted):
            return Verdict(Rule.MUTED, muted[0])
        lines = [line for line, mute in zip(lines, muted, strict=True) if mute is None]
    if preferences.follows is not None:
        for line in lines:
            for name in line:
                if name in preferences.follows:
                    return Verdict(Rule.FOLLOWS, name)
    if topics == (GENERAL,):
        return Verdict(Rule.ONLY_TOPICS if preferences.only_topics else Rule.GENERAL)
    return Verdict(Rule.EVERYTHING if preferences.follows is None else Rule.NOT_FOLLOWED)


def _without(digest: Digest, verdicts: list[Verdict], had: frozenset[str]) -> list[Verdict]:
    """The verdicts with what was sent before, and would be again, turned to ALREADY_SENT."""
    return [
        Verdict(Rule.ALREADY_SENT) if verdict.chosen and item.entry.key in had else verdict
        for item, verdict in zip(digest.entries, verdicts, strict=True)
    ]


def limit(verdicts: list[Verdict], preferences: Preferences) -> list[Verdict]:
    """The verdicts with what lies beyond the reader's greatest number turned to OVER_MOST."""
    if preferences.most is None:
        return verdicts
    kept: list[Verdict] = []
    left = preferences.most
    for verdict in verdicts:
        left -= verdict.chosen
        kept.append(Verdict(Rule.OVER_MOST) if verdict.chosen and left < 0 else verdict)
    return kept


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
    depths = list(folded.depths)
    for depth in (Depth.ABSENT, Depth.TITLE):
        for index, most in enumerate(chosen.depths):
            if depths[index] == depth < most:
                depths[index] = Depth(depth + 1)
                return replace(folded, depths=tuple(depths))
    return None


def _shorten(chosen: Plan, sizes: Sizes, excess: int, depth: Depth) -> Plan:
    depths = list(chosen.depths)
    for index in range(len(depths) - 1, -1, -1):
        if excess <= 0:
            break
        if depths[index] > depth:
            saved = sizes.entry_octets(index, depths[index]) - sizes.entry_octets(index, depth)
            excess -= max(saved, 1)
            depths[index] = depth
    return replace(chosen, depths=tuple(depths))
