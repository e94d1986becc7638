"""INSERT that leaves what is already there alone, in the one spelling both databases know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, text
from sqlmodel import Session, SQLModel


def insert_new(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts those of `rows` (all with the same columns) that break no unique constraint."""
    if not rows:
        return
    columns, found = list(rows[0]), _table(table)
    marks = ", ".join(f":{column}" for column in columns)
    quoted = ", ".join(f'"{column}"' for column in columns)
    # Table and columns are our own names; what comes from outside is bound.
    into = f'INSERT INTO "{found.name}" ({quoted})'
    statement = f"{into} VALUES ({marks}) ON CONFLICT DO NOTHING"
    typed = text(statement).bindparams(
        *(bindparam(column, type_=found.c[column].type) for column in columns)
    )
    session.connection().execute(typed, rows)


def _table(table: type[SQLModel]) -> Table:
    found: Table = table.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
    return found
