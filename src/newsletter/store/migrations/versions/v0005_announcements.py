"""Announcements: issues without entries, to everybody or to those who got an issue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Says of an issue whether it announces, and which issue it corrects."""
    op.add_column(
        "issues", sa.Column("announces", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("issues", sa.Column("corrects", sa.Integer(), nullable=True))
