"""What issues had, by what papers are known by; told of those frozen before, too."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from newsletter.content.entry import Entry
from newsletter.content.sameness import marks
from newsletter.content.serial import load

revision = "0013"
down_revision = "0012"

_TEXTS = ("key", "arxiv", "doi", "title")


def upgrade() -> None:
    """Creates the table, and fills it from the editions that there are."""
    printed = op.create_table(
        "printed",
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in _TEXTS),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"]),
        sa.PrimaryKeyConstraint("edition_id", "place"),
    )
    for name in _TEXTS[1:]:
        op.create_index(f"ix_printed_{name}", "printed", [name])
    connection = op.get_bind()
    for edition_id, digest in connection.execute(sa.text("SELECT id, digest FROM editions")).all():
        rows = _rows(edition_id, json.loads(digest)["entries"])
        if rows:
            connection.execute(sa.insert(printed), rows)


def _rows(edition_id: int, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for place, item in enumerate(items):
        entry = load(Entry, json.dumps(item["entry"]))
        own = marks(entry)
        found = {"key": entry.key, "arxiv": own.arxiv, "doi": own.doi, "title": own.title}
        rows.append({"edition_id": edition_id, "place": place} | found)
    return rows
