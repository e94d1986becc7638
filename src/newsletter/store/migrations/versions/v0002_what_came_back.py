"""What comes back by mail, addresses proven bad, and hashes of those that were erased."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _column(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Creates the three tables."""
    _feedback()
    _accusations()
    op.create_table(
        "erasures",
        _column("digest", sa.String()),
        _column("fingerprint", sa.String()),
        _column("reason", sa.String()),
        _column("at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("digest"),
    )


def _feedback() -> None:
    op.create_table(
        "feedback",
        _column("id", sa.Integer()),
        _column("key", sa.String()),
        _column("kind", sa.String()),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        _column("judgement", sa.String()),
        _column("code", sa.Integer()),
        _column("enhanced", sa.String()),
        _column("text", sa.String()),
        _column("at", sa.BigInteger()),
        sa.Column("message", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"]),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_feedback_delivery_id", "feedback", ["delivery_id"])
    op.create_index("ix_feedback_subscriber_id", "feedback", ["subscriber_id"])


def _accusations() -> None:
    op.create_table(
        "accusations",
        _column("id", sa.Integer()),
        _column("delivery_id", sa.Integer()),
        _column("issue_id", sa.Integer()),
        _column("subscriber_id", sa.Integer()),
        _column("domain", sa.String()),
        _column("cause", sa.String()),
        _column("detail", sa.String()),
        _column("standing", sa.String()),
        _column("at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"]),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"]),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("delivery_id"),
    )
    op.create_index("accusations_by_issue", "accusations", ["issue_id", "standing", "domain"])
    op.create_index("ix_accusations_subscriber_id", "accusations", ["subscriber_id"])
