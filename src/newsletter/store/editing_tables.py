"""The tables of editors and of what they change. Instants are UTC epoch seconds, as in `tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Text
from sqlmodel import Field, SQLModel


class EditorRow(SQLModel, table=True):
    """Somebody who may edit lists in a browser. `session` goes into the cookies of their visits
    and `link` into the last link mailed; a new value ends what the old one opened."""

    __tablename__ = "editors"
    id: int | None = Field(default=None, primary_key=True)
    address: str
    address_key: str = Field(unique=True)
    name: str
    session: str
    link: str = ""
    added_at: int = Field(sa_type=BigInteger)
    entered_at: int | None = Field(default=None, sa_type=BigInteger)


class EditorListRow(SQLModel, table=True):
    """That an editor may edit a list."""

    __tablename__ = "editor_lists"
    editor_id: int = Field(foreign_key="editors.id", primary_key=True)
    list_name: str = Field(foreign_key="lists.name", primary_key=True)


class ArrangementRow(SQLModel, table=True):
    """What an editor decided for one issue, entries by their ids."""

    __tablename__ = "arrangements"
    issue_id: int = Field(foreign_key="issues.id", primary_key=True)
    body: str = Field(sa_column=Column(Text, nullable=False))


class EditRow(SQLModel, table=True):
    """One change by a person: of an issue, of an entry, or of an entry for an issue.

    `before` and `after` are JSON; what they hold depends on `kind`. `who` is the name as it was,
    so that it stays when the editor is removed.
    """

    __tablename__ = "edits"
    id: int | None = Field(default=None, primary_key=True)
    issue_id: int | None = Field(default=None, foreign_key="issues.id", index=True)
    entry_id: int | None = Field(default=None, foreign_key="entries.id", index=True)
    kind: str
    language: str = ""
    field: str = ""
    before: str = Field(sa_column=Column(Text, nullable=False))
    after: str = Field(sa_column=Column(Text, nullable=False))
    who: str
    at: int = Field(sa_type=BigInteger)
    undone_at: int | None = Field(default=None, sa_type=BigInteger)
    undone_by: str = ""
