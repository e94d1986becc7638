"""Addresses that people gave up for another: an old file must not bring them back, or whoever
moved gets two copies.

What is kept is the keyed hash that erasures keep, under the same key; see `store.erasures`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete
from sqlmodel import Session, col, select

from newsletter.errors import SettingsError
from newsletter.store.chunks import chunks
from newsletter.store.erasures import ErasureKey
from newsletter.store.given_up_tables import GivenUpRow
from newsletter.store.instants import instant, seconds
from newsletter.store.tables import ErasureRow

_CHUNK = 500  # well below SQLite's limit of parameters in one statement


@dataclass(frozen=True)
class GivenUp:
    """The given-up addresses, within a transaction; without a key none is kept or known."""

    session: Session
    key: ErasureKey | None

    def among(self, addresses: Iterable[str]) -> frozenset[str]:
        """Those of some addresses that were given up.

        Raises:
            SettingsError: some were, and the key is missing or is not the one of then.
        """
        known = self._fingerprints()
        if not known:
            return frozenset()
        if self.key is None or known != {self.key.fingerprint}:
            raise SettingsError(
                "erasure_key is missing, or another one than people changed their address under, "
                "whose old ones would be added again: put back the one of then; it does not rotate"
            )
        digests = {self.key.digest(address): address for address in addresses}
        found = set[str]()
        for chunk in chunks(digests, _CHUNK):
            query = select(GivenUpRow.digest).where(col(GivenUpRow.digest).in_(chunk))
            found |= {digests[digest] for digest in self.session.exec(query)}
        return frozenset(found)

    def since(self, address: str) -> dt.datetime | None:
        """When an address was given up; None when it was not."""
        if self.key is None:
            return None
        row = self.session.get(GivenUpRow, self.key.digest(address))
        return None if row is None else instant(row.at)

    def keep(self, address: str, subscriber_id: int, now: dt.datetime) -> bool:
        """Notes that a person gave up an address; whether the key was at hand, and the right
        one, for it."""
        if self.key is None:
            return False
        erased = set(self.session.exec(select(ErasureRow.fingerprint).distinct()))
        if (erased | self._fingerprints()) - {self.key.fingerprint}:
            return False
        self.forget(address)
        row = GivenUpRow(
            digest=self.key.digest(address),
            fingerprint=self.key.fingerprint,
            subscriber_id=subscriber_id,
            at=seconds(now),
        )
        self.session.add(row)
        self.session.flush()
        return True

    def forget(self, address: str) -> None:
        """Notes that an address is in use again."""
        if self.key is not None:
            mark = self.key.digest(address)
            self.session.connection().execute(
                delete(GivenUpRow).where(col(GivenUpRow.digest) == mark)
            )

    def _fingerprints(self) -> set[str]:
        return set(self.session.exec(select(GivenUpRow.fingerprint).distinct()))
