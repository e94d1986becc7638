from __future__ import annotations

import pytest

from newsletter.errors import SettingsError
from newsletter.store.database import Database
from newsletter.store.keys import check_keys
from newsletter.tokens import Keyring
from tests.store.stage import NOW

OLD, NEW = "o" * 40, "n" * 40


def test_a_key_that_has_signed_must_stay_in_the_ring(database: Database) -> None:
    with database.write() as session:
        check_keys(session, Keyring.of([OLD]), NOW)
        check_keys(session, Keyring.of([NEW, OLD]), NOW)
        check_keys(session, Keyring.of([NEW, OLD]), NOW)
        missing = Keyring.of([OLD]).current.id
        with pytest.raises(SettingsError, match=f"lacks the key {missing} ") as told:
            check_keys(session, Keyring.of([NEW]), NOW)
    assert OLD not in str(told.value)
    assert f"{missing} (in use since {NOW:%Y-%m-%d})" in str(told.value), "which backup has it"


def test_a_key_that_was_never_used_to_sign_may_go(database: Database) -> None:
    with database.write() as session:
        check_keys(session, Keyring.of([NEW, OLD]), NOW)
        check_keys(session, Keyring.of([NEW]), NOW)
