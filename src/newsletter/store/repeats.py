"""Which entries of an issue its readers have already, from other issues of the list.

That an entry stood in another issue is known of the issue, in one look-up, and is rare: weeks do
not overlap. Only then is it asked, a page of readers at a time, who was sent that issue and by
which plan; so what it costs follows the repeats, and an issue without any costs nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy import select as columns
from sqlmodel import Session, col

from newsletter.content.digest import Digest
from newsletter.content.planning import Depth
from newsletter.content.serial import load_plan
from newsletter.store.editions import plan_body
from newsletter.store.printed import printings
from newsletter.store.tables import DeliveryRow, IssueRow
from newsletter.store.values import IssueState
from newsletter.store.welcome_issues import ARRIVING, arrived

_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """The entries of an issue that other issues had: by edition and place there, their keys here.

    `latest` is the last such edition of each of those issues.
    """

    issue_id: int
    editions: Mapping[int, Mapping[int, str]]
    latest: Mapping[int, int]

    @property
    def number(self) -> int:
        """How many entries of the issue are meant."""
        return len({key for places in self.editions.values() for key in places.values()})


def repeats(session: Session, issue_id: int, digest: Digest) -> Repeats | None:
    """What of a digest stood in other issues of its list; None: nothing, as nearly always."""
    entries = [item.entry for item in digest.entries]
    editions: dict[int, dict[int, str]] = {}
    latest: dict[int, int] = {}
    for key, found in printings(session, digest.list.name, entries, but=issue_id).items():
        for one in found:
            if one.place >= 0:
                editions.setdefault(one.edition_id, {})[one.place] = key
                latest[one.issue_id] = max(latest.get(one.issue_id, 0), one.edition_id)
    return Repeats(issue_id=issue_id, editions=editions, latest=latest) if editions else None


def had(
    session: Session, known: Repeats, subscriber_ids: Collection[int]
) -> dict[int, frozenset[str]]:
    """What each of these subscribers has of the issue already, by keys; nobody who has nothing.

    A message counts that was sent, with a welcome, too, or is settled and may still arrive. Of two
    issues that go out at the same time, the earlier goes first: its queue counts for the later one.
    """
    found: dict[int, frozenset[str]] = {}
    plans: dict[tuple[int, int], frozenset[str]] = {}
    ids = sorted(subscriber_ids)
    for start in range(0, len(ids), _CHUNK):
        page = ids[start : start + _CHUNK]
        each = [
            (row.subscriber_id, _keys(session, known, row, plans))
            for row in session.connection().execute(_query(known, page))
        ]
        each += [
            (row.subscriber_id, _shown(known, row.edition_id, row.plan))
            for row in arrived(session, known.latest, page)
        ]
        for subscriber_id, keys in each:
            if keys:
                found[subscriber_id] = found.get(subscriber_id, frozenset()) | keys
    return found


def _query(known: Repeats, subscriber_ids: Collection[int]) -> Any:
    return (
        columns(
            col(DeliveryRow.issue_id),
            col(DeliveryRow.subscriber_id),
            col(DeliveryRow.edition_id),
            col(DeliveryRow.preferences_id),
            col(IssueRow.state),
        )
        .join(IssueRow, col(IssueRow.id) == DeliveryRow.issue_id)
        .where(
            col(DeliveryRow.issue_id).in_(known.latest),
            col(DeliveryRow.subscriber_id).in_(subscriber_ids),
            col(DeliveryRow.state).in_(ARRIVING),
        )
    )


def _keys(
    session: Session,
    known: Repeats,
    row: Row[Any],
    plans: dict[tuple[int, int], frozenset[str]],
) -> frozenset[str]:
    if row.edition_id is None or row.preferences_id is None:
        goes_first = row.issue_id < known.issue_id and row.state == IssueState.SENDING
        edition = known.editions[known.latest[row.issue_id]] if goes_first else {}
        return frozenset(edition.values())
    by = row.edition_id, row.preferences_id
    if by not in plans:
        plans[by] = _shown(known, row.edition_id, plan_body(session, *by))
    return plans[by]


def _shown(known: Repeats, edition_id: int, plan: str | None) -> frozenset[str]:
    """The entries, by their keys, that a message of an edition had by its plan."""
    depths = load_plan(plan).depths if plan is not None else ()
    return frozenset(
        key
        for place, key in known.editions.get(edition_id, {}).items()
        if place < len(depths) and depths[place] is not Depth.ABSENT
    )
