"""The table of issues that came with a welcome."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel


class WelcomeIssueRow(SQLModel, table=True):
    """An issue that somebody was mailed when they joined, and what it was made of. Without a mail
    it is one that was got ready, and never went into the outbox."""

    __tablename__ = "welcome_issues"
    __table_args__ = (UniqueConstraint("issue_id", "subscriber_id"),)
    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issues.id")
    subscriber_id: int = Field(foreign_key="subscribers.id", index=True)
    edition_id: int = Field(foreign_key="editions.id")
    plan: str = Field(sa_column=Column(Text, nullable=False))  # as JSON
    mail_id: int | None = Field(default=None, foreign_key="outbox.id")
    at: int = Field(sa_type=BigInteger)
