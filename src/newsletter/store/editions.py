"""What an edition keeps for its messages: its digest, its compiled forms, and its plans."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import bindparam
from sqlmodel import Session, and_, col, select

from newsletter.content.digest import Digest
from newsletter.content.serial import load
from newsletter.errors import NotFoundError
from newsletter.store.ignoring import insert_new
from newsletter.store.tables import CompiledRow, EditionRow, PlanRow, PreferencesRow


def edition_digest(session: Session, edition_id: int) -> Digest:
    """The digest that an edition was frozen with.

    Raises:
        NotFoundError: there is no such edition.
    """
    row = session.get(EditionRow, edition_id)
    if row is None:
        raise NotFoundError(f"there is no edition with the id {edition_id}")
    return load(Digest, row.digest)


def edition_before(session: Session, edition_id: int) -> Digest | None:
    """The digest of the edition that this one took the place of, or None."""
    row = session.get(EditionRow, edition_id)
    if row is None:
        return None
    query = select(EditionRow.digest).where(
        EditionRow.issue_id == row.issue_id, EditionRow.number == row.number - 1
    )
    body = session.exec(query).first()
    return None if body is None else load(Digest, body)


def compiled(session: Session, edition_id: int, languages: str) -> bytes:
    """An edition compiled for a choice of languages (`en`, `en+zh`).

    Raises:
        NotFoundError: it was not compiled for them.
    """
    row = session.get(CompiledRow, (edition_id, languages))
    if row is None:
        raise NotFoundError(f"edition {edition_id} was not compiled for the languages {languages}")
    return row.body


def plan_body(session: Session, edition_id: int, preferences_id: int) -> str | None:
    """The plan, as text, by which an edition's messages to these preferences are put together, if
    it was made already."""
    row = session.get(PlanRow, (edition_id, preferences_id))
    return None if row is None else row.body


def newest(session: Session, issue_id: int) -> int:
    """The id of a frozen issue's latest edition."""
    query = select(EditionRow.id).where(EditionRow.issue_id == issue_id)
    return session.exec(query.order_by(col(EditionRow.number).desc()).limit(1)).one() or 0


def planned(session: Session, edition_id: int, preferences_ids: Collection[int]) -> set[int]:
    """Those of these ids of preferences whose plan an edition keeps already."""
    query = select(PlanRow.preferences_id).where(
        PlanRow.edition_id == edition_id, col(PlanRow.preferences_id).in_(preferences_ids)
    )
    return set(session.exec(query))


def keep_plans(session: Session, edition_id: int, bodies: Mapping[int, str]) -> None:
    """Keeps an edition's plans, as text, by the ids of their preferences."""
    rows = [
        {"edition_id": edition_id, "preferences_id": number, "body": body}
        for number, body in bodies.items()
    ]
    insert_new(session, PlanRow, rows)


# Made once: one made for each page would keep its ids until the collector of cycles comes by.
_CHOICES = (
    select(PreferencesRow.id, PreferencesRow.body, PlanRow.body)
    .outerjoin(
        PlanRow,
        and_(
            col(PlanRow.preferences_id) == PreferencesRow.id,
            col(PlanRow.edition_id) == bindparam("edition"),
        ),
    )
    .where(col(PreferencesRow.id).in_(bindparam("ids", expanding=True)))
)


def choices(
    session: Session, edition_id: int, preferences_ids: Collection[int]
) -> dict[int, tuple[str, str | None]]:
    """Preferences, as text, by their ids, each with its `plan_body`: one query for a page."""
    values = {"edition": edition_id, "ids": list(preferences_ids)}
    rows = session.exec(_CHOICES, params=values)
    return {number: (body, stored) for number, body, stored in rows if number is not None}
