"""Briefs say no more when they were changed: nobody ever asked."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Takes the column out."""
    op.drop_column("briefs", "updated_at")
