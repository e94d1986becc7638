"""The outbox: messages of their own for one person."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _column(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Creates the outbox and the table of its attempts."""
    op.create_table(
        "outbox",
        _column("id", sa.Integer()),
        _column("kind", sa.String()),
        _column("list_name", sa.String()),
        _column("address", sa.String()),
        _column("address_key", sa.String()),
        _column("subject", sa.String()),
        _column("envelope_sender", sa.String()),
        _column("message_id", sa.String()),
        _column("encoding", sa.String()),
        _column("content", sa.LargeBinary()),
        _column("created_at", sa.BigInteger()),
        _column("state", sa.String()),
        _column("reason", sa.String()),
        _column("due_at", sa.BigInteger()),
        _column("attempts", sa.Integer()),
        sa.Column("first_at", sa.BigInteger(), nullable=True),
        sa.Column("last_at", sa.BigInteger(), nullable=True),
        *_reply(),
        _column("sender", sa.String()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("outbox_by_state", "outbox", ["state", "id"])
    op.create_table(
        "outbox_attempts",
        _column("id", sa.Integer()),
        _column("mail_id", sa.Integer()),
        _column("at", sa.BigInteger()),
        _column("state", sa.String()),
        *_reply(),
        sa.ForeignKeyConstraint(["mail_id"], ["outbox.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_outbox_attempts_mail_id", "outbox_attempts", ["mail_id"])


def _reply() -> tuple[sa.Column[Any], ...]:
    texts = ("relay", "stage", "enhanced", "text")
    return (*(_column(name, sa.String()) for name in texts), _column("code", sa.Integer()))
