"""Editors, what they decide for an issue, and the history of what they changed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def _column(name: str, kind: Any, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=nullable)


def upgrade() -> None:
    """Creates the tables. Notes stay where they are, with their drafts."""
    op.create_table(
        "editors",
        _column("id", sa.Integer()),
        _column("address", sa.String()),
        _column("address_key", sa.String()),
        _column("name", sa.String()),
        _column("session", sa.String()),
        _column("link", sa.String()),
        _column("added_at", sa.BigInteger()),
        _column("entered_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("address_key"),
    )
    op.create_table(
        "editor_lists",
        _column("editor_id", sa.Integer()),
        _column("list_name", sa.String()),
        sa.ForeignKeyConstraint(["editor_id"], ["editors.id"]),
        sa.ForeignKeyConstraint(["list_name"], ["lists.name"]),
        sa.PrimaryKeyConstraint("editor_id", "list_name"),
    )
    op.create_table(
        "arrangements",
        _column("issue_id", sa.Integer()),
        _column("body", sa.Text()),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"]),
        sa.PrimaryKeyConstraint("issue_id"),
    )
    _create_edits()


def _create_edits() -> None:
    op.create_table(
        "edits",
        _column("id", sa.Integer()),
        _column("issue_id", sa.Integer(), nullable=True),
        _column("entry_id", sa.Integer(), nullable=True),
        _column("kind", sa.String()),
        _column("language", sa.String()),
        _column("field", sa.String()),
        _column("before", sa.Text()),
        _column("after", sa.Text()),
        _column("who", sa.String()),
        _column("at", sa.BigInteger()),
        _column("undone_at", sa.BigInteger(), nullable=True),
        _column("undone_by", sa.String()),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"]),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_edits_issue_id", "edits", ["issue_id"])
    op.create_index("ix_edits_entry_id", "edits", ["entry_id"])
