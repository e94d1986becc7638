"""The table of what readers chose differently."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Text
from sqlmodel import Field, SQLModel


class ChangeRow(SQLModel, table=True):
    """One thing that is chosen differently from then on.

    `list_name` is "" for what belongs to the person and not to a subscription. Where an address
    was changed, `how` tells neither.
    """

    __tablename__ = "changes"
    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscribers.id", index=True)
    list_name: str = ""
    way: str
    what: str
    how: str = Field(default="", sa_column=Column(Text, nullable=False))
    at: int = Field(sa_type=BigInteger)
