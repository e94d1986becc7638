"""The clock: the moments of each issue as stored facts, and what editors said of drafts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def _column(name: str, kind: Any, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=nullable)


def upgrade() -> None:
    """Creates both tables; what went out before has no slot, and wants none."""
    op.create_table(
        "slots",
        _column("id", sa.Integer()),
        _column("list_name", sa.String()),
        _column("issue", sa.String()),
        _column("first_day", sa.Date()),
        _column("last_day", sa.Date()),
        _column("day", sa.Date()),
        _column("state", sa.String()),
        _column("carry", sa.Boolean()),
        _column("note", sa.Text()),
        _column("by", sa.String()),
        _column("schedule", sa.Text()),
        _column("assemble_at", sa.BigInteger()),
        _column("remind_at", sa.BigInteger()),
        _column("send_at", sa.BigInteger()),
        _column("due_at", sa.BigInteger()),
        _column("reminded_at", sa.BigInteger(), nullable=True),
        _column("settled_at", sa.BigInteger(), nullable=True),
        _column("attempts", sa.Integer()),
        _column("error", sa.Text()),
        _column("told", sa.Text()),
        sa.ForeignKeyConstraint(["list_name"], ["lists.name"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("list_name", "issue"),
    )
    op.create_table(
        "reviews",
        _column("id", sa.Integer()),
        _column("issue_id", sa.Integer()),
        _column("state", sa.String()),
        _column("by", sa.String()),
        _column("note", sa.Text()),
        _column("at", sa.BigInteger()),
        _column("fingerprint", sa.String()),
        _column("digest", sa.Text()),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_reviews_issue_id", "reviews", ["issue_id"])
