"""By which DKIM key a sender signed: `newsletter render` may show that signature, and no other."""

from __future__ import annotations

from typing import NamedTuple

from sqlmodel import Session

from newsletter.store.signing_tables import SigningRow


class KeyName(NamedTuple):
    """A DKIM key: where its public half is found in DNS (RFC 6376 §3.6.2.1), and what tells it from
    others that stood there before."""

    name: str
    fingerprint: str


def keep_signing(session: Session, sender: str, key: KeyName) -> None:
    """Notes the key that a sender signs with, before it sends anything."""
    session.add(SigningRow(sender=sender, name=key.name, fingerprint=key.fingerprint))


def signing(session: Session, sender: str) -> KeyName | None:
    """The key that a sender signed with; None if it signed nothing."""
    row = session.get(SigningRow, sender)
    return None if row is None else KeyName(row.name, row.fingerprint)
