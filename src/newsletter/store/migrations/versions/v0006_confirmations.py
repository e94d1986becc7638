"""Wishes that an address must confirm: to join a list, or to take the place of another address."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def _column(name: str, kind: Any, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=nullable)


def upgrade() -> None:
    """Creates the table, and the index by which an address is found in the outbox."""
    op.create_index("outbox_by_address", "outbox", ["address_key"])
    op.create_table(
        "confirmations",
        _column("id", sa.Integer()),
        _column("open_key", sa.String(), nullable=True),
        _column("kind", sa.String()),
        _column("list_name", sa.String()),
        _column("address", sa.String()),
        _column("address_key", sa.String()),
        _column("subscriber_id", sa.Integer(), nullable=True),
        _column("preferences_id", sa.Integer()),
        _column("language", sa.String()),
        _column("wording", sa.Text()),
        _column("network", sa.String()),
        _column("requested_at", sa.BigInteger()),
        _column("mailed_at", sa.BigInteger(), nullable=True),
        _column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["list_name"], ["lists.name"]),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"]),
        sa.ForeignKeyConstraint(["preferences_id"], ["preferences.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("open_key"),
    )
    op.create_index("ix_confirmations_address_key", "confirmations", ["address_key"])
    op.create_index("ix_confirmations_subscriber_id", "confirmations", ["subscriber_id"])
