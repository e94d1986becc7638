"""How often the links of an issue were opened, by paper and by topic."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func
from sqlmodel import Session, and_, col, select

from newsletter.content.digest import Digest
from newsletter.store.click_tables import ClickRow, LinkRow, RecentClickRow
from newsletter.store.editions import edition_digest
from newsletter.store.tables import DeliveryRow, EditionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperClicks:
    """How often any link of a paper was opened."""

    key: str
    title: str
    people: int
    scanners: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickReport:
    """How often links were opened, not by how many: whoever opens one again after ten minutes
    counts again. `scanners` is what looked like a machine, and `people` the rest.

    `papers` and `topics` overlap: a link of two papers, or a paper on two topics, counts for both.
    `topics` is of people; so is `notes`, of links in the editors' own words. `undecided` came in
    the last minutes and is in no other number. What is older than `kept_days` is forgotten;
    `since` is the first day that is still known.
    """

    people: int
    scanners: int
    undecided: int
    papers: tuple[PaperClicks, ...]
    topics: Mapping[str, int]
    notes: int
    since: dt.date | None
    kept_days: int


def click_report(session: Session, issue_id: int, kept_days: int) -> ClickReport | None:
    """The clicks of all editions of an issue; None where none of them has links that count."""
    editions = session.exec(
        select(col(LinkRow.edition_id))
        .join(EditionRow, col(EditionRow.id) == LinkRow.edition_id)
        .where(EditionRow.issue_id == issue_id)
        .distinct()
        .order_by(col(LinkRow.edition_id))
    ).all()
    if not editions:
        return None
    sums = _Sums()
    for edition in editions:
        digest = edition_digest(session, edition)
        for entries, people, scanners in _opened(session, edition):
            sums.add(digest, tuple(map(int, entries.split())), people, scanners)
    since = session.exec(
        select(func.min(ClickRow.day)).where(col(ClickRow.edition_id).in_(editions))
    ).one()
    return ClickReport(
        people=sums.people,
        scanners=sums.scanners,
        undecided=_undecided(session, issue_id),
        papers=sums.papers(),
        topics=dict(sorted(sums.topics.items(), key=lambda item: (-item[1], item[0]))),
        notes=sums.notes,
        since=since,
        kept_days=kept_days,
    )


def _opened(session: Session, edition: int) -> Iterable[tuple[str, int, int]]:
    """The links of an edition that were opened: their entries, and how often by whom."""
    return session.exec(
        select(LinkRow.entries, func.sum(ClickRow.people), func.sum(ClickRow.scanners))
        .join(
            ClickRow,
            and_(
                col(ClickRow.edition_id) == LinkRow.edition_id,
                col(ClickRow.number) == LinkRow.number,
            ),
        )
        .where(LinkRow.edition_id == edition)
        .group_by(col(LinkRow.number), col(LinkRow.entries))
    )


def _undecided(session: Session, issue_id: int) -> int:
    query = (
        select(func.count())
        .select_from(RecentClickRow)
        .join(DeliveryRow, col(DeliveryRow.id) == RecentClickRow.delivery_id)
        .where(DeliveryRow.issue_id == issue_id)
    )
    return session.exec(query).one()


@dataclass
class _Sums:
    """Clicks added up over editions; a paper is known by its key, and named as it was last."""

    people: int = 0
    scanners: int = 0
    notes: int = 0
    topics: Counter[str] = field(default_factory=Counter)
    by_people: Counter[str] = field(default_factory=Counter)
    by_scanners: Counter[str] = field(default_factory=Counter)
    titles: dict[str, str] = field(default_factory=dict)

    def add(self, digest: Digest, entries: Sequence[int], people: int, scanners: int) -> None:
        """Adds what one link of `digest`, of the papers at `entries`, was opened."""
        self.people += people
        self.scanners += scanners
        items = [digest.entries[position] for position in entries]
        if not items:
            self.notes += people
        for item in items:
            self.titles[item.entry.key] = item.entry.title
            self.by_people[item.entry.key] += people
            self.by_scanners[item.entry.key] += scanners
        if people:
            self.topics.update(dict.fromkeys((t for item in items for t in item.topics), people))

    def papers(self) -> tuple[PaperClicks, ...]:
        """What was opened most by people first."""
        found = [
            PaperClicks(
                key=key, title=title, people=self.by_people[key], scanners=self.by_scanners[key]
            )
            for key, title in self.titles.items()
        ]
        return tuple(sorted(found, key=lambda p: (-p.people, -p.scanners, p.key)))
