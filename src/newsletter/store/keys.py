"""The fingerprints of keys that links in sent mail depend on."""

from __future__ import annotations

import datetime as dt

from sqlmodel import Session, select

from newsletter.errors import SettingsError
from newsletter.store.ignoring import insert_new
from newsletter.store.instants import instant, seconds
from newsletter.store.tables import KeyRow
from newsletter.tokens import Keyring


def check_keys(session: Session, keyring: Keyring, now: dt.datetime) -> None:
    """Makes sure that the ring holds every key that has signed mail, and notes the one that will.

    Raises:
        SettingsError: a key is missing; links in mail that was sent would stop working.
    """
    fingerprints = {key.fingerprint for key in keyring.keys}
    missing = [
        f"{row.key_id} (in use since {instant(row.first_used_at):%Y-%m-%d})"
        for row in session.exec(select(KeyRow).order_by(KeyRow.key_id))
        if row.fingerprint not in fingerprints
    ]
    if missing:
        raise SettingsError(
            f"secret_keys lacks the key {', '.join(missing)}, which the links of sent mail depend "
            "on: put it back after the newer ones"
        )
    current = keyring.current
    row = {"key_id": current.id, "fingerprint": current.fingerprint, "first_used_at": seconds(now)}
    insert_new(session, KeyRow, [row])
