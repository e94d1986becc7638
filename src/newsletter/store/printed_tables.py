"""The table of what issues had."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class PrintedRow(SQLModel, table=True):
    """A paper that an edition had at `place` of its digest, by what it is known by; or, with a
    negative place, one that its editors left out of it."""

    __tablename__ = "printed"
    edition_id: int = Field(foreign_key="editions.id", primary_key=True)
    place: int = Field(primary_key=True)
    key: str
    arxiv: str = Field(index=True)
    doi: str = Field(index=True)
    title: str = Field(index=True)
