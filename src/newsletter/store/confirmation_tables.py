"""The table of wishes that wait for their address to confirm them, and of those that it did."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Text
from sqlmodel import Field, SQLModel


class ConfirmationRow(SQLModel, table=True):
    """A wish that its address must confirm, and then the proof that it did; see
    `store.confirmations`. `open_key` is what makes two wishes the same one, until confirmed."""

    __tablename__ = "confirmations"
    id: int | None = Field(default=None, primary_key=True)
    open_key: str | None = Field(default=None, unique=True)
    kind: str
    list_name: str = Field(foreign_key="lists.name")
    address: str
    address_key: str = Field(index=True)
    subscriber_id: int | None = Field(default=None, foreign_key="subscribers.id", index=True)
    preferences_id: int = Field(foreign_key="preferences.id")
    language: str
    wording: str = Field(sa_column=Column(Text, nullable=False))  # what the page said then
    network: str
    requested_at: int = Field(sa_type=BigInteger)
    mailed_at: int | None = Field(default=None, sa_type=BigInteger)
    confirmed_at: int | None = Field(default=None, sa_type=BigInteger)
