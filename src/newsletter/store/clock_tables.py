"""The tables of the clock: slots, and what editors said of drafts."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, Column, Text, UniqueConstraint
from sqlmodel import Field, SQLModel


def _text() -> Column[str]:
    return Column(Text, nullable=False)


class SlotRow(SQLModel, table=True):
    """The moments of one issue; see `store.slots`. `day` is the calendar day by which its schedule
    named it, whatever a change of the clock made of the hour."""

    __tablename__ = "slots"
    __table_args__ = (UniqueConstraint("list_name", "issue"),)
    id: int | None = Field(default=None, primary_key=True)
    list_name: str = Field(foreign_key="lists.name")
    issue: str  # its name, `2026-W06`, whether it is assembled yet or not
    first_day: dt.date
    last_day: dt.date
    day: dt.date
    state: str
    carry: bool = False
    note: str = Field(default="", sa_column=_text())  # why it waits, or was let be
    by: str = ""  # who decided about it last; empty: the clock alone
    schedule: str = Field(default="", sa_column=_text())  # Schedule as JSON, when it was planned

    assemble_at: int = Field(sa_type=BigInteger)
    remind_at: int = Field(sa_type=BigInteger)
    send_at: int = Field(sa_type=BigInteger)
    due_at: int = Field(sa_type=BigInteger)  # when its next step is due, also after a failure
    reminded_at: int | None = Field(default=None, sa_type=BigInteger)
    settled_at: int | None = Field(default=None, sa_type=BigInteger)

    attempts: int = 0  # failures of its next step, in a row
    error: str = Field(default="", sa_column=_text())
    told: str = Field(default="", sa_column=_text())  # the last that editors were told of it


class ReviewRow(SQLModel, table=True):
    """One step of a draft's review, and the very draft that it is about; see `store.reviews`."""

    __tablename__ = "reviews"
    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issues.id", index=True)
    state: str
    by: str
    note: str = Field(default="", sa_column=_text())
    at: int = Field(sa_type=BigInteger)
    fingerprint: str
    digest: str = Field(sa_column=_text())  # Digest as JSON
