"""Links of sent issues, and how often they were opened.

What lasts is a number for each edition, link and day: it cannot say who. Which message a link was
opened in is known for some minutes only, in `recent_clicks`, because scanners can be told from
people by it and by nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func
from sqlalchemy import text as sql
from sqlmodel import Session, col, select

from newsletter.content.links import Target
from newsletter.store.click_tables import ClickRow, LinkRow, RecentClickRow
from newsletter.store.ignoring import insert_new
from newsletter.store.instants import instant, maybe_instant, seconds
from newsletter.store.tables import DeliveryRow, EditionRow, IssueRow

_COUNT = sql("""
INSERT INTO clicks (edition_id, number, day, people, scanners)
VALUES (:edition, :number, :day, :people, :scanners)
ON CONFLICT (edition_id, number, day) DO UPDATE
SET people = clicks.people + excluded.people, scanners = clicks.scanners + excluded.scanners
""")


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it stands in a delivery's message; `mailed_at` is when the relay took that."""

    url: str
    mailed_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Click:
    """A link that was opened; `scanner` when that much was plain at once."""

    number: int
    scanner: bool
    at: dt.datetime


def store_links(session: Session, edition_id: int, targets: Sequence[Target]) -> None:
    """Keeps the links of an edition, each under its place in `targets`."""
    rows = [
        {
            "edition_id": edition_id,
            "number": number,
            "url": target.url,
            "entries": " ".join(map(str, target.entries)),
        }
        for number, target in enumerate(targets)
    ]
    insert_new(session, LinkRow, rows)


def stored_links(session: Session, edition_id: int) -> tuple[Target, ...]:
    """The links of an edition, by number."""
    rows = session.exec(
        select(LinkRow).where(LinkRow.edition_id == edition_id).order_by(col(LinkRow.number))
    )
    return tuple(Target(row.url, tuple(map(int, row.entries.split()))) for row in rows)


def link(session: Session, delivery_id: int, number: int) -> Link | None:
    """The link of that number in a delivery's message, by the edition that it was sent with."""
    found = session.exec(
        select(LinkRow.url, DeliveryRow.last_at)
        .join(DeliveryRow, col(DeliveryRow.edition_id) == LinkRow.edition_id)
        .where(DeliveryRow.id == delivery_id, LinkRow.number == number)
    ).first()
    return None if found is None else Link(found[0], maybe_instant(found[1]))


def note(
    session: Session, delivery_id: int, number: int, *, scanner: bool, now: dt.datetime
) -> None:
    """Notes that a link was opened, unless that is known already and waits to be judged: so a
    token makes no more rows than its message has links, however often it is used."""
    row = {"delivery_id": delivery_id, "number": number, "scanner": scanner, "at": seconds(now)}
    insert_new(session, RecentClickRow, [row])


def ripe(session: Session, before: dt.datetime, limit: int) -> dict[int, int]:
    """Deliveries whose first recent click is of `before` or earlier: different links in each."""
    rows = session.exec(
        select(RecentClickRow.delivery_id, func.count(func.distinct(RecentClickRow.number)))
        .group_by(col(RecentClickRow.delivery_id))
        .having(func.min(RecentClickRow.at) <= seconds(before))
        .order_by(col(RecentClickRow.delivery_id))
        .limit(limit)
    )
    return dict(rows.all())


def take(session: Session, delivery_id: int) -> tuple[Click, ...]:
    """The recent clicks in a delivery's message, which are forgotten by this."""
    gone = (
        delete(RecentClickRow)
        .where(col(RecentClickRow.delivery_id) == delivery_id)
        .returning(col(RecentClickRow.number), col(RecentClickRow.scanner), col(RecentClickRow.at))
    )
    rows = session.connection().execute(gone).all()
    return tuple(Click(number, bool(scanner), instant(at)) for number, scanner, at in rows)


def count(
    session: Session, delivery_id: int, people: Sequence[Click], scanners: Sequence[Click]
) -> None:
    """Adds clicks to the numbers of the edition that the delivery was sent with."""
    edition = session.exec(
        select(DeliveryRow.edition_id).where(DeliveryRow.id == delivery_id)
    ).one()
    by_people = Counter((click.number, click.at.date()) for click in people)
    by_scanners = Counter((click.number, click.at.date()) for click in scanners)
    for number, day in sorted(by_people.keys() | by_scanners.keys()):
        values = {
            "edition": edition,
            "number": number,
            "day": day,
            "people": by_people[number, day],
            "scanners": by_scanners[number, day],
        }
        session.connection().execute(_COUNT, values)


def forget(session: Session, list_name: str, retention: dt.timedelta, now: dt.datetime) -> None:
    """Drops the numbers of a list's clicks that are older than `retention`."""
    editions = (
        select(col(EditionRow.id))
        .join(IssueRow, col(IssueRow.id) == EditionRow.issue_id)
        .where(IssueRow.list_name == list_name)
    )
    session.connection().execute(
        delete(ClickRow).where(
            col(ClickRow.edition_id).in_(editions),
            col(ClickRow.day) < (now.astimezone(dt.UTC) - retention).date(),
        )
    )
