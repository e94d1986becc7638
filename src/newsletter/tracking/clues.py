"""Whose mail came back: what is ours in a returned message, the surest first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message

from newsletter.errors import TokenError
from newsletter.tokens import WIDTH, Keyring, Purpose
from newsletter.tracking.returned_parts import parts

_MOST = 20  # of each kind; each costs an HMAC or a look into the store
_TOKEN = rb"([a-z2-7]{20,%d})(?![a-z2-7])" % WIDTH
_ENVELOPE = re.compile(rb"\bbounces\+" + _TOKEN + rb"[@=]", re.IGNORECASE)
_LEAVE = re.compile(rb"/u/" + _TOKEN, re.IGNORECASE)
# Ours are LIST.ISSUE.DELIVERY.INSTANT@DOMAIN.
_MESSAGE_ID = re.compile(
    rb"<([a-z0-9][a-z0-9.-]{1,150}\.(\d{1,18})\.[0-9a-f]{1,16}@[^\s<>@]{1,255})>", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Clues:
    """Deliveries that a returned message names.

    `signed` are those of tokens that envelope and header have: nobody else can make them, and who
    has them had the message itself. `named` are those of tokens in the text, which whoever it was
    forwarded to has as well: they tell whose a message was, and prove nothing. So do those of mail
    sent before the header had a token of its own, wherever they stand: it was the text's.
    `subscriptions` and `named_subscriptions` are the same in mail that belongs to no issue, such as
    a welcome. `message_ids` are pairs of a delivery's id and the Message-ID that it must have had,
    to be compared with what was sent.
    """

    signed: tuple[int, ...] = ()
    named: tuple[int, ...] = ()
    subscriptions: tuple[int, ...] = ()
    named_subscriptions: tuple[int, ...] = ()
    message_ids: tuple[tuple[int, str], ...] = ()


def clues(octets: bytes, message: Message | None, keyring: Keyring) -> Clues:
    """What is ours in the message `octets`: VERP's token, the leaving links', the Message-ID.

    They are looked for everywhere: relays rewrite addresses, and returned messages come as parts,
    as headers alone, and as text.
    """
    texts = [octets, *_decoded(message)]
    leaving = _found(_LEAVE, texts)
    ids = [
        (int(match[2]), f"<{match[1].decode('utf-8', 'replace')}>")
        for match in _found(_MESSAGE_ID, texts)
    ]
    return Clues(
        signed=_signed([*_found(_ENVELOPE, texts), *leaving], Purpose.ENVELOPE, keyring),
        named=_signed(leaving, Purpose.LEAVE, keyring),
        subscriptions=_signed(leaving, Purpose.ENVELOPE_LIST, keyring),
        named_subscriptions=_signed(leaving, Purpose.LEAVE_LIST, keyring),
        message_ids=tuple(dict.fromkeys(ids)),
    )


def opened(token: str, purpose: Purpose, keyring: Keyring) -> int | None:
    """What a token was signed for, by its id, or None when it is none of ours."""
    try:
        return keyring.open(purpose, token.lower())
    except TokenError:
        return None


def _found(pattern: re.Pattern[bytes], texts: Iterable[bytes]) -> list[re.Match[bytes]]:
    found: dict[bytes, re.Match[bytes]] = {}
    for text in texts:
        for match in pattern.finditer(text):
            found.setdefault(match[0].lower(), match)
            if len(found) >= _MOST:
                return list(found.values())
    return list(found.values())


def _signed(
    matches: Iterable[re.Match[bytes]], purpose: Purpose, keyring: Keyring
) -> tuple[int, ...]:
    numbers = (opened(match[1].decode(), purpose, keyring) for match in matches)
    # 0 is a test message's: it belongs to nobody.
    return tuple(dict.fromkeys(number for number in numbers if number))


def _decoded(message: Message | None) -> Iterator[bytes]:
    """Parts that were encoded for the way, in clear."""
    for part in parts(message) if message is not None else ():
        encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
        if encoding in ("base64", "quoted-printable"):
            decoded = part.get_payload(decode=True)
            if isinstance(decoded, bytes):
                yield decoded
