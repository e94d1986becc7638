"""In which time zone a reader reads a list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Nobody had said so before: all read in the list's own."""
    op.add_column(
        "subscriptions", sa.Column("zone", sa.String(), nullable=False, server_default="")
    )
