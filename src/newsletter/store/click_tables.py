"""The tables of links: where they lead, how often they were opened and, for minutes, in which
message."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, Column, Text
from sqlmodel import Field, SQLModel


class LinkRow(SQLModel, table=True):
    """A link of an edition whose list counts clicks; kept as long as the edition."""

    __tablename__ = "links"
    edition_id: int = Field(foreign_key="editions.id", primary_key=True)
    number: int = Field(primary_key=True)
    url: str = Field(sa_column=Column(Text, nullable=False))
    entries: str = ""  # positions in the edition's digest, such as "3 17"


class RecentClickRow(SQLModel, table=True):
    """A link that was opened in a delivery's message, until it is judged who did: see
    `tracking.clicks`."""

    __tablename__ = "recent_clicks"
    delivery_id: int = Field(foreign_key="deliveries.id", primary_key=True)
    number: int = Field(primary_key=True)
    scanner: bool = Field(primary_key=True)  # that much was seen at once
    at: int = Field(sa_type=BigInteger, index=True)


class ClickRow(SQLModel, table=True):
    """How often a link was opened on a day (UTC): by people, and by what looked like scanners."""

    __tablename__ = "clicks"
    edition_id: int = Field(foreign_key="editions.id", primary_key=True)
    number: int = Field(primary_key=True)
    day: dt.date = Field(primary_key=True)
    people: int = 0
    scanners: int = 0
