"""Canaries: a random few who get an issue first; and why an issue is paused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Creates the two tables, and the note of an issue."""
    op.add_column("issues", sa.Column("note", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "canaries",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("hold", sa.Integer(), nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"]),
        sa.PrimaryKeyConstraint("issue_id"),
    )
    op.create_table(
        "canary_deliveries",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"]),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"]),
        sa.PrimaryKeyConstraint("delivery_id"),
    )
    op.create_index("ix_canary_deliveries_issue_id", "canary_deliveries", ["issue_id"])
