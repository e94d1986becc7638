"""What issues had, by what papers are known by: noted when an edition is frozen.

So it is one indexed look-up whether a paper stood in an issue before, however many there were.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col

from newsletter.content.digest import Digest
from newsletter.content.entry import Entry
from newsletter.content.sameness import Marks, alike, marks
from newsletter.store.ignoring import insert_new
from newsletter.store.printed_tables import PrintedRow
from newsletter.store.tables import EditionRow, IssueRow
from newsletter.store.values import IssueState

_CHUNK = 200  # three look-ups each, well below SQLite's limit of parameters in one statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """That a paper was in an edition of an issue, at a place of its digest; a negative place says
    that editors left it out."""

    issue_id: int
    edition_id: int
    place: int
    cancelled: bool


def note(session: Session, edition_id: int, digest: Digest, left_out: Iterable[Entry]) -> None:
    """Notes what an edition has, and what its editors left out of it."""
    entries = [(place, item.entry) for place, item in enumerate(digest.entries)]
    entries += [(-1 - index, entry) for index, entry in enumerate(left_out)]
    rows = [_row(edition_id, place, entry) for place, entry in entries]
    if rows:
        insert_new(session, PrintedRow, rows)


def printings(
    session: Session, list_name: str, entries: Sequence[Entry], *, but: int | None
) -> Mapping[str, tuple[Printing, ...]]:
    """By the keys of `entries`, in which editions of the list's issues each was; of all issues
    but the one whose id is `but`. What never was in any is not among them."""
    found: dict[str, tuple[Printing, ...]] = {}
    for start in range(0, len(entries), _CHUNK):
        known = {entry.key: marks(entry) for entry in entries[start : start + _CHUNK]}
        rows = [
            (Marks(arxiv=row.arxiv, doi=row.doi, title=row.title), _printing(row))
            for row in session.connection().execute(_query(list_name, known.values(), but))
        ]
        for key, own in known.items():
            same = tuple(printing for other, printing in rows if alike(own, other))
            found |= {key: same} if same else {}
    return found


def _query(list_name: str, known: Iterable[Marks], but: int | None) -> Any:
    wanted = list(known)
    named = [
        col(column).in_(sorted(values))
        for column, values in (
            (PrintedRow.arxiv, {m.arxiv for m in wanted} - {""}),
            (PrintedRow.doi, {m.doi for m in wanted} - {""}),
            (PrintedRow.title, {m.title for m in wanted} - {""}),
        )
        if values
    ]
    query: Any = (
        columns(
            col(PrintedRow.edition_id),
            col(PrintedRow.place),
            col(PrintedRow.arxiv),
            col(PrintedRow.doi),
            col(PrintedRow.title),
            col(IssueRow.id).label("issue_id"),
            col(IssueRow.state),
        )
        .join(EditionRow, col(EditionRow.id) == PrintedRow.edition_id)
        .join(IssueRow, col(IssueRow.id) == EditionRow.issue_id)
        .where(col(IssueRow.list_name) == list_name, or_(*named))
    )
    return query if but is None else query.where(col(IssueRow.id) != but)


def _printing(row: Row[Any]) -> Printing:
    return Printing(
        issue_id=row.issue_id,
        edition_id=row.edition_id,
        place=row.place,
        cancelled=row.state == IssueState.CANCELLED,
    )


def _row(edition_id: int, place: int, entry: Entry) -> dict[str, object]:
    own = marks(entry)
    return {
        "edition_id": edition_id,
        "place": place,
        "key": entry.key,
        "arxiv": own.arxiv,
        "doi": own.doi,
        "title": own.title,
    }
