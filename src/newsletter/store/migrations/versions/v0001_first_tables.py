"""The first tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _column(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Creates them, in the order of what refers to what."""
    _content()
    _people()
    _issues()
    _deliveries()


def _content() -> None:
    op.create_table(
        "briefs",
        _column("key", sa.String()),
        _column("first_day", sa.Date()),
        _column("last_day", sa.Date()),
        _column("body", sa.Text()),
        _column("updated_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_briefs_last_day", "briefs", ["last_day"])
    op.create_table(
        "documents",
        _column("key", sa.String()),
        _column("name", sa.String()),
        _column("sha256", sa.String()),
        _column("imported_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "entries",
        _column("id", sa.Integer()),
        _column("key", sa.String()),
        sa.Column("arxiv_id", sa.String(), nullable=True),
        _column("folded_title", sa.String()),
        _column("first_day", sa.Date()),
        _column("last_day", sa.Date()),
        _column("tier", sa.String()),
        _column("body", sa.Text()),
        _column("edited", sa.Text()),
        _column("dropped", sa.Boolean()),
        _column("created_at", sa.BigInteger()),
        _column("updated_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_entries_arxiv_id", "entries", ["arxiv_id"])
    op.create_index("ix_entries_folded_title", "entries", ["folded_title"])
    op.create_index("ix_entries_last_day", "entries", ["last_day"])
    op.create_table(
        "keys",
        _column("key_id", sa.String()),
        _column("fingerprint", sa.String()),
        _column("first_used_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("key_id"),
    )
    op.create_table(
        "lists",
        _column("name", sa.String()),
        _column("body", sa.Text()),
        _column("synced_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name"),
    )


def _people() -> None:
    op.create_table(
        "preferences",
        _column("id", sa.Integer()),
        _column("digest", sa.String()),
        _column("body", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "subscribers",
        _column("id", sa.Integer()),
        _column("address", sa.String()),
        _column("address_key", sa.String()),
        _column("created_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("address_key"),
    )
    op.create_table(
        "suppressions",
        _column("address_key", sa.String()),
        _column("reason", sa.String()),
        _column("detail", sa.String()),
        _column("at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("address_key"),
    )
    op.create_table(
        "subscriptions",
        _column("id", sa.Integer()),
        _column("list_name", sa.String()),
        _column("subscriber_id", sa.Integer()),
        _column("state", sa.String()),
        _column("preferences_id", sa.Integer()),
        sa.Column("paused_until", sa.Date(), nullable=True),
        sa.Column("consent_at", sa.BigInteger(), nullable=True),
        _column("consent_source", sa.String()),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        _column("created_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["list_name"],
            ["lists.name"],
        ),
        sa.ForeignKeyConstraint(
            ["preferences_id"],
            ["preferences.id"],
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("list_name", "subscriber_id"),
    )
    op.create_index("ix_subscriptions_subscriber_id", "subscriptions", ["subscriber_id"])
    op.create_index(
        "subscriptions_by_preferences", "subscriptions", ["list_name", "preferences_id"]
    )


def _issues() -> None:
    op.create_table(
        "issues",
        _column("id", sa.Integer()),
        _column("list_name", sa.String()),
        _column("name", sa.String()),
        _column("first_day", sa.Date()),
        _column("last_day", sa.Date()),
        _column("state", sa.String()),
        _column("digest", sa.Text()),
        _column("cursor", sa.Integer()),
        _column("created_at", sa.BigInteger()),
        sa.Column("frozen_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["list_name"],
            ["lists.name"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("list_name", "name"),
    )
    op.create_table(
        "editions",
        _column("id", sa.Integer()),
        _column("issue_id", sa.Integer()),
        _column("number", sa.Integer()),
        _column("digest", sa.Text()),
        _column("frozen_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["issue_id"],
            ["issues.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("issue_id", "number"),
    )
    op.create_table(
        "compiled",
        _column("edition_id", sa.Integer()),
        _column("languages", sa.String()),
        _column("body", sa.LargeBinary()),
        sa.ForeignKeyConstraint(
            ["edition_id"],
            ["editions.id"],
        ),
        sa.PrimaryKeyConstraint("edition_id", "languages"),
    )
    op.create_table(
        "plans",
        _column("edition_id", sa.Integer()),
        _column("preferences_id", sa.Integer()),
        _column("body", sa.Text()),
        sa.ForeignKeyConstraint(
            ["edition_id"],
            ["editions.id"],
        ),
        sa.ForeignKeyConstraint(
            ["preferences_id"],
            ["preferences.id"],
        ),
        sa.PrimaryKeyConstraint("edition_id", "preferences_id"),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        _column("id", sa.Integer()),
        _column("issue_id", sa.Integer()),
        _column("subscriber_id", sa.Integer()),
        _column("state", sa.String()),
        _column("reason", sa.String()),
        _column("domain", sa.String()),
        _column("due_at", sa.BigInteger()),
        sa.Column("edition_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("preferences_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("date", sa.BigInteger(), nullable=True),
        sa.Column("key_id", sa.String(), nullable=True),
        sa.Column("encoding", sa.String(), nullable=True),
        _column("attempts", sa.Integer()),
        sa.Column("first_at", sa.BigInteger(), nullable=True),
        sa.Column("last_at", sa.BigInteger(), nullable=True),
        _column("stage", sa.String()),
        _column("code", sa.Integer()),
        _column("enhanced", sa.String()),
        _column("text", sa.String()),
        _column("relay", sa.String()),
        _column("sender", sa.String()),
        sa.ForeignKeyConstraint(
            ["edition_id"],
            ["editions.id"],
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"],
            ["issues.id"],
        ),
        sa.ForeignKeyConstraint(
            ["preferences_id"],
            ["preferences.id"],
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("issue_id", "subscriber_id"),
    )
    op.create_index("deliveries_by_state", "deliveries", ["issue_id", "state", "id"])
    op.create_index("ix_deliveries_subscriber_id", "deliveries", ["subscriber_id"])
    op.create_table(
        "attempts",
        _column("id", sa.Integer()),
        _column("delivery_id", sa.Integer()),
        _column("at", sa.BigInteger()),
        _column("state", sa.String()),
        _column("relay", sa.String()),
        _column("stage", sa.String()),
        _column("code", sa.Integer()),
        _column("enhanced", sa.String()),
        _column("text", sa.String()),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_attempts_delivery_id", "attempts", ["delivery_id"])
    op.create_table(
        "departures",
        _column("id", sa.Integer()),
        _column("list_name", sa.String()),
        _column("subscriber_id", sa.Integer()),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        _column("way", sa.String()),
        _column("topic", sa.String()),
        _column("reason", sa.String()),
        _column("at", sa.BigInteger()),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
        ),
        sa.ForeignKeyConstraint(
            ["list_name"],
            ["lists.name"],
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_departures_list_name", "departures", ["list_name"])
    op.create_index("ix_departures_subscriber_id", "departures", ["subscriber_id"])
