"""What an edition keeps for its messages: its digest, its compiled forms, and the plans used."""

from __future__ import annotations

from sqlmodel import Session

from newsletter.content.digest import Digest
from newsletter.content.serial import load
from newsletter.errors import NotFoundError
from newsletter.store.tables import CompiledRow, EditionRow, PlanRow


def edition_digest(session: Session, edition_id: int) -> Digest:
    """The digest that an edition was frozen with.

    Raises:
        NotFoundError: there is no such edition.
    """
    row = session.get(EditionRow, edition_id)
    if row is None:
        raise NotFoundError(f"there is no edition with the id {edition_id}")
    return load(Digest, row.digest)


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
    """The plan, as text, that messages of an edition to these preferences were sent by, if any."""
    row = session.get(PlanRow, (edition_id, preferences_id))
    return None if row is None else row.body
