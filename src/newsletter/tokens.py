"""Tokens in mail: a delivery's id and an HMAC for one purpose, under a named key.

A token is lowercase base32, so that it survives systems that fold case, and 24 characters for the
first million deliveries: key id, id, and 80 bits of HMAC-SHA-256 (RFC 2104). It names no address.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32decode
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from newsletter.errors import SettingsError, TokenError

WIDTH = 32
"""Greatest number of characters of a token, for any delivery id below 2**64."""

_MAC_OCTETS = 10
_KEY_ID_OCTETS = 2
_BLOCK = 64  # octets that SHA-256 takes in at a time
_LEAST_KEY_LENGTH = 32


class Purpose(StrEnum):
    """What a token opens; one for one purpose opens nothing else. The id is a delivery's, where
    nothing else is said."""

    LEAVE = "leave"
    MANAGE = "manage"
    VIEW = "view"
    ENVELOPE = "envelope"
    CLICK = "click"
    CONFIRM = "confirm"  # of a wish's id
    LEAVE_LIST = "leave-list"  # of a subscription's id, in mail that belongs to no issue
    MANAGE_LIST = "manage-list"


_LABELS = {purpose: purpose.encode() + b"\0" for purpose in Purpose}

TEST_DELIVERY = 0
"""The delivery id in the links of a test message; it belongs to nobody."""


@dataclass(frozen=True)
class Key:
    """A secret of at least 32 characters. Its id is a short fingerprint, safe to show and store."""

    secret: str

    def __post_init__(self) -> None:
        if len(self.secret) < _LEAST_KEY_LENGTH:
            raise SettingsError(
                f"a secret key has {len(self.secret)} characters, it needs {_LEAST_KEY_LENGTH}: "
                "run `newsletter init` for a good one"
            )

    def __repr__(self) -> str:
        return f"Key({self.id})"

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the key under a label of its own, in hexadecimal."""
        return hashlib.sha256(b"newsletter key fingerprint\0" + self.secret.encode()).hexdigest()

    @cached_property
    def _id_octets(self) -> bytes:
        return bytes.fromhex(self.fingerprint)[:_KEY_ID_OCTETS]

    @property
    def id(self) -> str:
        return self._id_octets.hex()

    def mac(self, purpose: Purpose, payload: bytes) -> bytes:
        """The first 80 bits of HMAC-SHA-256 over purpose and payload."""
        # With the key taken in once, a token takes half the time; there are four in every message.
        inner, outer = (begun.copy() for begun in self._begun)
        inner.update(_LABELS[purpose] + payload)
        outer.update(inner.digest())
        return outer.digest()[:_MAC_OCTETS]

    @cached_property
    def _begun(self) -> tuple[hashlib._Hash, hashlib._Hash]:
        """The hashes of RFC 2104 section 2, inner and outer, after their first block."""
        key = self.secret.encode()
        if len(key) > _BLOCK:
            key = hashlib.sha256(key).digest()
        key = key.ljust(_BLOCK, b"\0")
        inner, outer = (hashlib.sha256(bytes(octet ^ pad for octet in key)) for pad in (0x36, 0x5C))
        return inner, outer

    def sign(self, purpose: Purpose, delivery_id: int) -> str:
        """The token of a delivery for a purpose."""
        number = delivery_id.to_bytes(max(1, (delivery_id.bit_length() + 7) // 8), "big")
        payload = self._id_octets + number
        packed = payload + self.mac(purpose, payload)
        return _base32(packed)


_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]


def _base32(octets: bytes) -> str:
    """RFC 4648 section 6, in lower case and without padding; base64's own takes thrice as long,
    and there are four of these in every message."""
    bits = len(octets) * 8
    pairs = -(-bits // 10)
    number = int.from_bytes(octets, "big") << (pairs * 10 - bits)
    text = "".join([_PAIRS[number >> shift & 1023] for shift in range(pairs * 10 - 10, -1, -10)])
    return text[: -(-bits // 5)]


@dataclass(frozen=True)
class Keyring:
    """Keys, newest first: the first signs, all verify, so that old mail's links go on working."""

    keys: tuple[Key, ...]

    @classmethod
    def of(cls, secrets: Sequence[str]) -> Keyring:
        if not secrets:
            raise SettingsError("no secret key is set: run `newsletter init`, or set secret_keys")
        return cls(tuple(Key(secret) for secret in secrets))

    @property
    def current(self) -> Key:
        return self.keys[0]

    def __getitem__(self, key_id: str) -> Key:
        """The key of that id.

        Raises:
            TokenError: no key in the ring has it.
        """
        for key in self.keys:
            if key.id == key_id:
                return key
        raise TokenError(f"key {key_id} is not among the secret keys: put it back at their end")

    def open(self, purpose: Purpose, token: str) -> int:
        """The delivery id that `token` was signed for.

        Raises:
            TokenError: it is not one of ours, or not for this purpose.
        """
        packed = _decode(token)
        payload, mac = packed[:-_MAC_OCTETS], packed[-_MAC_OCTETS:]
        number = payload[_KEY_ID_OCTETS:]
        for key in self.keys:
            if payload.startswith(key._id_octets) and hmac.compare_digest(
                mac, key.mac(purpose, payload)
            ):
                return int.from_bytes(number, "big")
        raise TokenError("this link is not valid")


def _decode(token: str) -> bytes:
    try:
        packed = b32decode(token.upper() + "=" * (-len(token) % 8))
    except ValueError:
        packed = b""
    well_formed = (
        len(packed) > _KEY_ID_OCTETS + _MAC_OCTETS
        and len(token) <= WIDTH
        # One token, one spelling: base32's last character has bits that decoding ignores.
        and _base32(packed) == token.lower()
    )
    if not well_formed:
        raise TokenError("this link is not valid")
    return packed
