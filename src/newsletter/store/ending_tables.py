"""The table of lists that have ended, and of those that were opened again."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class EndingRow(SQLModel, table=True):
    """The end of a list; of those of one list at most one is not taken back by `reopened_at`."""

    __tablename__ = "endings"
    id: int | None = Field(default=None, primary_key=True)
    list_name: str = Field(foreign_key="lists.name", index=True)
    at: int = Field(sa_type=BigInteger)
    by: str
    reopened_at: int | None = Field(default=None, sa_type=BigInteger)
    reopened_by: str = ""
