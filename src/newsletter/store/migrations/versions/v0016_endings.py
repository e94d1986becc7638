"""Lists that have ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Creates the table; no list has ended yet."""
    op.create_table(
        "endings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_name", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reopened_at", sa.BigInteger(), nullable=True),
        sa.Column("reopened_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["list_name"], ["lists.name"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_endings_list_name", "endings", ["list_name"])
