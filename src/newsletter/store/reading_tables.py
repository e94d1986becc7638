"""The table of mailboxes that are read for returned mail."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Text
from sqlmodel import Field, SQLModel


class ReadingRow(SQLModel, table=True):
    """How reading a mailbox went; `place` has no user and no password. `failures` are those since
    it last went well, and `reason` is why the last one was."""

    __tablename__ = "readings"
    place: str = Field(primary_key=True)
    tried_at: int = Field(sa_type=BigInteger)
    read_at: int | None = Field(default=None, sa_type=BigInteger)
    messages: int = Field(default=0, sa_type=BigInteger)
    failures: int = 0
    reason: str = Field(default="", sa_column=Column(Text, nullable=False))
