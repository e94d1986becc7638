"""How often readers leave, of those who were mailed: by issue, way and topic, and how soon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy import func
from sqlmodel import Session, col, select

from newsletter.content.preferences import Preferences
from newsletter.content.topics import TopicTree
from newsletter.store.lists import get_list
from newsletter.store.selections import selected
from newsletter.store.tables import DeliveryRow, DepartureRow, IssueRow
from newsletter.store.values import DeliveryState

_ACCEPTED = (DeliveryState.SENT, DeliveryState.BOUNCED)


@dataclass(frozen=True, slots=True)
class Share:
    """`number` of `of`."""

    number: int
    of: int

    @property
    def rate(self) -> float | None:
        """The number as a part; None where there is nothing that it could be a part of."""
        return self.number / self.of if self.of else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Leaves through some issues, those taken back left out.

    `everyone` are all of them, `ways` by way; both of the mails that the relay accepted. `topics`
    are leaves from one topic, of the accepted mails of readers who get that topic. `median_seconds`
    is the time from a mail to a leave through it that half of them took at most.
    """

    everyone: Share
    ways: Mapping[str, Share]
    topics: Mapping[str, Share]
    median_seconds: int | None


def leaving(session: Session, list_name: str, issue: str = "") -> Leaving:
    """The leaves through all issues of a list that were frozen, or through the one so named."""
    issues = _issues(session, list_name, issue)
    mailed = _mailed(session, issues)
    accepted = sum(mailed.values())
    ways, topics, times = _left(session, issues)
    getting = _getting(session, get_list(session, list_name).topics, mailed, topics)
    return Leaving(
        everyone=Share(ways.total(), accepted),
        ways={way: Share(number, accepted) for way, number in _ordered(ways)},
        topics={name: Share(number, getting[name]) for name, number in _ordered(topics)},
        median_seconds=round(median(times)) if times else None,
    )


def _issues(session: Session, list_name: str, name: str) -> list[int]:
    query = select(IssueRow.id).where(
        IssueRow.list_name == list_name, col(IssueRow.frozen_at).is_not(None)
    )
    if name:
        query = query.where(IssueRow.name == name)
    return [number for number in session.exec(query) if number is not None]


def _mailed(session: Session, issues: Sequence[int]) -> dict[int, int]:
    """How many mails were accepted, by the preferences that they were put together for."""
    rows = session.exec(
        select(DeliveryRow.preferences_id, func.count())
        .where(col(DeliveryRow.issue_id).in_(issues), col(DeliveryRow.state).in_(_ACCEPTED))
        .group_by(col(DeliveryRow.preferences_id))
    )
    return {preferences or 0: number for preferences, number in rows}


def _left(session: Session, issues: Sequence[int]) -> tuple[Counter[str], Counter[str], list[int]]:
    ways: Counter[str] = Counter()
    topics: Counter[str] = Counter()
    times: list[int] = []
    rows = session.exec(
        select(DepartureRow.way, DepartureRow.topic, DepartureRow.at, DeliveryRow.last_at)
        .join(DeliveryRow, col(DeliveryRow.id) == DepartureRow.delivery_id)
        .where(col(DeliveryRow.issue_id).in_(issues), col(DepartureRow.undone_at).is_(None))
    )
    for way, topic, at, mailed in rows:
        ways[way] += 1
        if topic:
            topics[topic] += 1
        if mailed is not None:
            times.append(at - mailed)
    return ways, topics, times


def _getting(
    session: Session, tree: TopicTree, mailed: Mapping[int, int], topics: Mapping[str, int]
) -> Counter[str]:
    """How many of the accepted mails were for readers who get each topic."""
    found: Counter[str] = Counter()
    if not topics:
        return found
    for preferences_id, number in mailed.items():
        chosen = selected(session, preferences_id) if preferences_id else Preferences()
        for topic in topics:
            if _gets(tree, chosen, topic):
                found[topic] += number
    return found


def _gets(tree: TopicTree, chosen: Preferences, topic: str) -> bool:
    """A parent stands for its children, and what is muted wins."""
    line = set(tree.lineage(topic)) or {topic}
    return not line & chosen.mutes and (chosen.follows is None or bool(line & chosen.follows))


def _ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
