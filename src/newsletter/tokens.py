"""Tokens in mail: a delivery's id and an HMAC for one purpose, under a named key.

A token is lowercase base32, so that it survives systems that fold case: key id, delivery id, and 80
bits of HMAC-SHA-256 (RFC 2104), in 24 characters for the first 16 million deliveries. It names no
address.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from newsletter.errors import SettingsError, TokenError

WIDTH = 32
"""Greatest number of characters of a token, for any delivery id below 2**64."""

_MAC_OCTETS = 10
_KEY_ID_OCTETS = 2
_NUMBER_OCTETS = (3, 8)  # with the key's id, 5 or 10: nothing is left over in base32
_BLOCK = 64  # octets that SHA-256 takes in at a time
_LEAST_KEY_LENGTH = 32


class Purpose(StrEnum):
    """What a token opens; one for one purpose opens nothing else. The id is a delivery's, where
    nothing else is said."""

    LEAVE = "leave"  # of the text, and of older mail's header
    MANAGE = "manage"
    VIEW = "view"
    ENVELOPE = "envelope"  # and of the header: leaves, and proves whose mail came back
    CLICK = "click"
    CONFIRM = "confirm"  # of a wish's id
    LEAVE_LIST = "leave-list"  # of a subscription's id, in mail that belongs to no issue
    MANAGE_LIST = "manage-list"
    ENVELOPE_LIST = "envelope-list"  # of a subscription's id, in the header of such mail
    VIEW_WELCOME = "view-welcome"  # of the id of an issue that came with a welcome


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
        # With key and purpose taken in once, a token takes half the time: each message has four.
        begun, outer = self._begun
        inner, outer = begun[purpose].copy(), outer.copy()
        inner.update(payload)
        outer.update(inner.digest())
        return outer.digest()[:_MAC_OCTETS]

    @cached_property
    def _begun(self) -> tuple[Mapping[Purpose, hashlib._Hash], hashlib._Hash]:
        """The hashes of RFC 2104 section 2 after their first block: inner, with a purpose each, and
        outer."""
        key = self.secret.encode()
        if len(key) > _BLOCK:
            key = hashlib.sha256(key).digest()
        key = key.ljust(_BLOCK, b"\0")
        inner, outer = (bytes([octet ^ pad for octet in key]) for pad in (0x36, 0x5C))
        labelled = {purpose: hashlib.sha256(inner + _LABELS[purpose]) for purpose in Purpose}
        return labelled, hashlib.sha256(outer)

    def sign(self, purpose: Purpose, delivery_id: int) -> str:
        """The token of a delivery for a purpose."""
        return self.sign_all((purpose,), delivery_id)[0]

    def sign_all(self, purposes: Sequence[Purpose], delivery_id: int) -> list[str]:
        """The tokens of a delivery for each of some purposes: what they share is made once."""
        few, many = _NUMBER_OCTETS
        width = few if delivery_id < _FEW else many
        payload = self._id_octets + delivery_id.to_bytes(width, "big")
        named = "".join([_base32(payload[at : at + 5]) for at in range(0, len(payload), 5)])
        found = []
        for purpose in purposes:
            mac = self.mac(purpose, payload)
            found.append(f"{named}{_base32(mac[:5])}{_base32(mac[5:])}")
        return found


_FEW = 1 << 8 * _NUMBER_OCTETS[0]
_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]


def _base32(octets: bytes) -> str:
    """RFC 4648 section 6, in lower case, of 5 octets; base64's own takes thrice as long, and there
    are nine of these in every message."""
    n = int.from_bytes(octets, "big")
    return f"{_PAIRS[n >> 30]}{_PAIRS[n >> 20 & 1023]}{_PAIRS[n >> 10 & 1023]}{_PAIRS[n & 1023]}"


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
        return self.open_any((purpose,), token)

    def open_any(self, purposes: Sequence[Purpose], token: str) -> int:
        """The delivery id that `token` was signed for, for any one of these purposes.

        Raises:
            TokenError: it is not one of ours, or for none of them.
        """
        packed = _decode(token)
        payload, mac = packed[:-_MAC_OCTETS], packed[-_MAC_OCTETS:]
        number = payload[_KEY_ID_OCTETS:]
        for key in self.keys:
            if payload.startswith(key._id_octets) and any(
                hmac.compare_digest(mac, key.mac(purpose, payload)) for purpose in purposes
            ):
                return int.from_bytes(number, "big")
        raise TokenError("this link is not valid")


def _decode(token: str) -> bytes:
    try:
        # No padding, and no bits to ignore: a token has one spelling, but for its case.
        packed = b32decode(token.upper())
    except ValueError:
        packed = b""
    if len(packed) - _KEY_ID_OCTETS - _MAC_OCTETS not in _NUMBER_OCTETS:
        raise TokenError("this link is not valid")
    return packed
