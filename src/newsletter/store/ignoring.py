"""INSERT that leaves what is already there alone, in the one spelling both databases know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, text
from sqlmodel import Session, SQLModel


def insert_new(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts those of `rows` (all with the same columns) that break no unique constraint."""
    if not rows:
        return
    columns = list(rows[0])
    name = _table(table).name
    marks = ", ".join(f":{column}" for column in columns)
    quoted = ", ".join(f'"{column}"' for column in columns)
    # Table and columns are our own names; what comes from outside is bound.
    into = f'INSERT INTO "{name}" ({quoted})'
    statement = f"{into} VALUES ({marks}) ON CONFLICT DO NOTHING"
    session.connection().execute(text(statement), rows)


def _table(table: type[SQLModel]) -> Table:
    found: Table = table.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
    return found
