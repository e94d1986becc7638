"""The table of who signed: the keys, by their names, that senders signed with."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class SigningRow(SQLModel, table=True):
    """The DKIM key of a sender, by the name that a delivery has of it; a sender that has none
    signed nothing. Never the key itself."""

    __tablename__ = "signings"
    sender: str = Field(primary_key=True)
    name: str  # where the public key is found in DNS
    fingerprint: str
