"""The table of addresses that people gave up for another."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class GivenUpRow(SQLModel, table=True):
    """The keyed hash of an address that a person had before they moved, as erasures keep theirs."""

    __tablename__ = "given_up"
    digest: str = Field(primary_key=True)
    fingerprint: str
    subscriber_id: int = Field(foreign_key="subscribers.id", index=True)
    at: int = Field(sa_type=BigInteger)
