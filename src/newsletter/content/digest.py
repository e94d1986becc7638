"""A digest: the content of an issue, assembled from the entries and briefs of its window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from newsletter.content.arranging import AS_STORED, Arrangement, arranged, once, worded
from newsletter.content.entry import Brief, Entry, Period, Tier
from newsletter.content.entrysets import EntrySet, entry_set
from newsletter.content.mailinglist import MailingList
from newsletter.content.window import in_window, issue_name


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """An entry and its topics on this list; there is always one, at least `general`."""

    entry: Entry
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A run of a digest's entries under one heading: a tier or, for the listed, a main category.

    `entries` are positions in `Digest.entries`; every entry stands in exactly one section.
    """

    tier: Tier
    category: str
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """Entries on the same topics, which no choice of topics can tell apart; `lines` has each of
    their topics with those above it."""

    topics: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    entries: EntrySet


@dataclass(frozen=True)
class Digest:
    """`name` is the issue's (`2026-W06`); `entries` are in the order in which they are shown.

    `notes` is what the editor says of this issue: Markdown by language. `subject` is that of an
    announcement, which has no entries; an issue's is made by its template.
    """

    name: str
    period: Period
    list: MailingList
    entries: tuple[DigestEntry, ...]
    briefs: tuple[Brief, ...] = ()
    notes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    subject: str = ""

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """Its entries by tier and category, in their order."""
        groups: dict[tuple[Tier, str], list[int]] = {}
        for index, item in enumerate(self.entries):
            groups.setdefault(_group(item.entry), []).append(index)
        return tuple(Section(tier, cat, tuple(found)) for (tier, cat), found in groups.items())

    # What follows is laid out once, because a plan is made for every reader.

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """The entries by their topics."""
        found: dict[tuple[str, ...], list[int]] = {}
        for index, item in enumerate(self.entries):
            found.setdefault(item.topics, []).append(index)
        lineage = self.list.topics.lineage
        return tuple(
            Kind(topics, tuple(lineage(topic) or (topic,) for topic in topics), entry_set(indices))
            for topics, indices in found.items()
        )

    @cached_property
    def below(self) -> Mapping[Tier, EntrySet]:
        """For each tier, the entries of lower ones."""
        ranks = [item.entry.tier.rank for item in self.entries]
        return {
            tier: entry_set(index for index, rank in enumerate(ranks) if rank > tier.rank)
            for tier in Tier
        }

    @cached_property
    def told(self) -> EntrySet:
        """The entries of which anything is said: of a mention there may be no text at all."""
        return entry_set(i for i, item in enumerate(self.entries) if item.entry.said_in)

    @cached_property
    def told_in(self) -> Mapping[str, EntrySet]:
        """For each language, the entries of which something is said in it."""
        found: dict[str, list[int]] = {}
        for index, item in enumerate(self.entries):
            for language in item.entry.said_in:
                found.setdefault(language, []).append(index)
        return {language: entry_set(indices) for language, indices in found.items()}


def assemble(
    mailing_list: MailingList,
    window: Period,
    entries: Iterable[Entry],
    briefs: Iterable[Brief],
    choices: Arrangement = AS_STORED,
    *,
    besides: Iterable[Entry] = (),
    briefs_besides: Iterable[Brief] = (),
) -> Digest:
    """The digest of a window: what is dated in it, by tier, then the editor's order, then date.

    `besides` are entries of other days that this issue takes in, such as late ones; a paper that
    comes twice is in it once. Listed papers stand together by main category, categories in the
    order of their first paper.
    """
    within = [entry for entry in entries if in_window(entry.period, window)]
    chosen = arranged(once([*within, *besides]), choices)
    first_seen: dict[tuple[Tier, str], int] = {}
    for index, entry in enumerate(chosen):
        first_seen.setdefault(_group(entry), index)
    chosen.sort(key=lambda e: (e.tier.rank, first_seen[_group(e)]))
    own = (brief for brief in briefs if in_window(brief.period, window))
    found = sorted(
        [*own, *briefs_besides], key=lambda brief: (-brief.period.last.toordinal(), brief.key)
    )
    title = mailing_list.title(mailing_list.languages[0])
    return Digest(
        name=issue_name(window, mailing_list.week_starts),
        period=window,
        list=mailing_list,
        entries=tuple(DigestEntry(e, mailing_list.topics.assign(e)) for e in chosen),
        briefs=tuple(worded(found, title, window, choices)),
    )


def _group(entry: Entry) -> tuple[Tier, str]:
    listed = entry.tier is Tier.LISTED
    return entry.tier, entry.categories[0] if listed and entry.categories else ""
