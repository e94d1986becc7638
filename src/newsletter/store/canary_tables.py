"""The tables of canaries: the random few who get an issue before the others."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class CanaryRow(SQLModel, table=True):
    """That an issue goes to a random few first: `hold` in seconds, until `held_until`."""

    __tablename__ = "canaries"
    issue_id: int = Field(foreign_key="issues.id", primary_key=True)
    size: int
    hold: int
    held_until: int | None = Field(default=None, sa_type=BigInteger)
    state: str


class CanaryDeliveryRow(SQLModel, table=True):
    """One of the few."""

    __tablename__ = "canary_deliveries"
    delivery_id: int = Field(foreign_key="deliveries.id", primary_key=True)
    issue_id: int = Field(foreign_key="issues.id", index=True)
