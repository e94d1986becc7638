"""How reading the mailboxes of returned mail went, and how much came of what was not read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Creates the table; of reports that are kept, their size is at least what is kept."""
    op.create_table(
        "readings",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place"),
    )
    op.add_column("feedback", sa.Column("size", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE feedback SET size = length(message) WHERE message IS NOT NULL")
