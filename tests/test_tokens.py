"""Tokens open what they were made for, and nothing else."""

import hmac
from base64 import b32decode, b32encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import SettingsError, TokenError
from newsletter.tokens import WIDTH, Key, Keyring, Purpose

OLD, NEW = "o" * 40, "n" * 40
RING = Keyring.of([NEW, OLD])
IDS = st.integers(0, 2**64 - 1)
PURPOSES = st.sampled_from(Purpose)


@given(PURPOSES, IDS)
def test_a_token_opens_its_delivery(purpose: Purpose, delivery: int) -> None:
    token = RING.current.sign(purpose, delivery)
    assert RING.open(purpose, token) == delivery
    assert token == token.lower()
    assert len(token) <= WIDTH


@given(IDS)
def test_mail_systems_that_change_case_break_no_link(delivery: int) -> None:
    token = RING.current.sign(Purpose.LEAVE, delivery)
    assert RING.open(Purpose.LEAVE, token.upper()) == delivery


@given(PURPOSES, PURPOSES, IDS)
def test_a_token_of_one_purpose_opens_no_other(
    made: Purpose, tried: Purpose, delivery: int
) -> None:
    token = RING.current.sign(made, delivery)
    if made is not tried:
        with pytest.raises(TokenError):
            RING.open(tried, token)


@given(IDS, st.data())
def test_a_changed_token_opens_nothing(delivery: int, data: st.DataObject) -> None:
    token = RING.current.sign(Purpose.LEAVE, delivery)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
    changed = token[:at] + other + token[at + 1 :]
    if changed != token:
        with pytest.raises(TokenError):
            RING.open(Purpose.LEAVE, changed)


@given(st.text(max_size=60))
def test_no_other_text_opens_anything(text: str) -> None:
    with pytest.raises(TokenError):
        RING.open(Purpose.LEAVE, text)


def test_an_old_mails_link_works_after_two_rotations() -> None:
    token = Key(OLD).sign(Purpose.LEAVE, 7)
    rotated = Keyring.of(["x" * 40, NEW, OLD])
    assert rotated.open(Purpose.LEAVE, token) == 7


def test_a_key_that_was_taken_away_is_named_by_its_id_alone() -> None:
    with pytest.raises(TokenError) as error:
        Keyring.of([NEW])[Key(OLD).id]
    assert Key(OLD).id in str(error.value)
    assert OLD not in str(error.value)


def test_a_short_key_is_refused_without_being_shown() -> None:
    with pytest.raises(SettingsError) as error:
        Keyring.of(["hunter2"])
    assert "hunter2" not in str(error.value)


def test_a_key_never_prints_itself() -> None:
    assert OLD not in repr(Key(OLD))
    assert OLD not in repr(RING)


@given(IDS)
def test_tokens_made_together_are_those_made_one_by_one(delivery: int) -> None:
    key = Key(NEW)
    together = key.sign_all(tuple(Purpose), delivery)
    assert together == [key.sign(purpose, delivery) for purpose in Purpose]


@given(IDS, PURPOSES)
def test_a_tokens_last_80_bits_are_those_of_the_standard_hmac(
    delivery: int, purpose: Purpose
) -> None:
    packed = b32decode(Key(NEW).sign(purpose, delivery).upper())
    told = purpose.encode() + b"\0" + packed[:-10]
    assert packed[-10:] == hmac.digest(NEW.encode(), told, "sha256")[:10]


@given(st.integers(1, 2**64 - 1), st.sampled_from(Purpose))
def test_a_token_is_base32_in_lower_case_without_padding(number: int, purpose: Purpose) -> None:
    token = Key(NEW).sign(purpose, number)
    packed = b32decode(token.upper() + "=" * (-len(token) % 8))
    assert b32encode(packed).decode().rstrip("=").lower() == token
