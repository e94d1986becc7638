"""One statement over many rows, on the driver's own cursor: each row by itself, or all together."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from newsletter.store.direct import Within, on_driver, spelt

Fields = tuple[tuple[str, str], ...]
"""Names of a row's items, in their order, and their types on PostgreSQL."""


def each(within: Within, statement: str, names: tuple[str, ...], rows: Sequence[Any]) -> list[bool]:
    """Runs `statement` for each row, whose items are its parameters of those `names`; whether it
    changed anything, by row.

    A statement that is prepared once and has its values bound is what SQLite does best. psycopg
    sends all of them on one journey, in pipeline mode.
    """
    cursor, dialect = on_driver(within)
    if dialect == "sqlite":
        run, each_of = cursor.execute, _numbered(statement, names)
        return [run(each_of, row).rowcount > 0 for row in rows]
    if not rows:
        return []
    told = spelt(f"{statement} RETURNING 1", dialect)
    cursor.executemany(told, [dict(zip(names, row, strict=True)) for row in rows], returning=True)
    changed = [cursor.rowcount > 0]
    while cursor.nextset():
        changed.append(cursor.rowcount > 0)
    return changed


@cache
def _numbered(statement: str, names: tuple[str, ...]) -> str:
    """`statement` with `?N` in place of `:name`: a tuple is bound in half the time of a mapping."""
    places = {name: f"?{at}" for at, name in enumerate(names, 1)}
    return re.sub(r":(\w+)", lambda match: places[match[1]], statement)


def run(
    within: Within, statement: str, fields: Fields, rows: list[Any], **values: Any
) -> Sequence[Any]:
    """Runs `statement` once over `rows`, tuples in the order of `fields`, which stand at `{rows}`;
    what it returns.

    The rows travel as one JSON parameter, so the statement is the same whatever their number.
    """
    cursor, dialect = on_driver(within)
    cursor.execute(_together(statement, fields, dialect), {"rows": json.dumps(rows), **values})
    return cursor.fetchall() if cursor.description else []


@cache
def _together(statement: str, fields: Fields, dialect: str) -> str:
    """`statement` in the driver's own spelling, with the rows of the JSON parameter `:rows`,
    named by `fields`, at `{rows}`."""
    if dialect == "postgresql":
        columns = (f"(value ->> {at})::{kind} AS {name}" for at, (name, kind) in enumerate(fields))
        source = "jsonb_array_elements(CAST(:rows AS jsonb))"
    else:
        # Not `->>`, which SQLite has only since 3.38.
        columns = (
            f"json_extract(value, '$[{at}]') AS {name}" for at, (name, _) in enumerate(fields)
        )
        source = "json_each(:rows)"
    rows = " ".join(("SELECT", ", ".join(columns), "FROM", source))
    return spelt(statement.format(rows=rows), dialect)
