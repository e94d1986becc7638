"""A returned message taken apart, within bounds whatever its octets are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32

MOST_PARTS = 100
"""MIME parts that are looked at, at any depth."""

_MOST_NESTED = 40  # the standard library's parser calls itself for each part within a part
_MOST_BOUNDARIES = 2_000  # and looks through all of what follows at each
_LONGEST_LINE = 2_000
_LONGEST_HEADER = 10_000
_NESTING = re.compile(
    rb"^content-type:[ \t\r\n]*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE
)
_LONG = re.compile(rb"([^\n]{%d})[^\n]+" % _LONGEST_LINE)
_FOLDED = re.compile(rb"((?:\n[ \t][^\n]*){50})(?:\n[ \t][^\n]*)+")

Fields = Mapping[str, str]
"""Header fields by their names in lower case; the first of a name counts."""


def open_message(octets: bytes) -> Message | None:
    """The message of `octets`; None when it has more parts than anybody means."""
    if len(_NESTING.findall(octets)) > _MOST_NESTED or octets.count(b"\n--") > _MOST_BOUNDARIES:
        return None
    # Some of the parser's steps take the square of a line's length.
    bounded = _FOLDED.sub(rb"\1", _LONG.sub(rb"\1", octets.replace(b"\r\n", b"\n")))
    return message_from_bytes(bounded, policy=compat32)


def parts(message: Message) -> Iterator[Message]:
    """The parts of a message, itself first; a message within it is given, and not looked into."""
    waiting, seen = [message], 0
    while waiting and seen < MOST_PARTS:
        part = waiting.pop()
        seen += 1
        yield part
        inside = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inside, list):
            waiting += [found for found in reversed(inside) if isinstance(found, Message)]


def header(message: Message, name: str) -> str:
    """A field's value on one line, decoded (RFC 2047); "" when it is not there."""
    value = " ".join(str(message.get(name, ""))[:_LONGEST_HEADER].split())
    if "=?" not in value:
        return value
    try:
        return " ".join(str(make_header(decode_header(value))).split())
    except (ValueError, LookupError):  # an encoding that nobody knows, or words that are none
        return value


def blocks(part: Message) -> Iterator[Fields]:
    """The groups of fields of a report's machine-readable part (RFC 3464 §2.1, RFC 5965 §3)."""
    inside = part.get_payload()
    if isinstance(inside, list) and _is_encoded(part):
        # No report may be (RFC 3464 §2.1), and some are: the parser takes the code for fields.
        yield from _written(_decoded(part, inside))
    elif isinstance(inside, list):
        for group in inside:
            if isinstance(group, Message):
                yield _fields(group)
                # A type that the parser does not know, such as message/global-delivery-status
                # (RFC 6533 §3), comes as one message whose body has the further groups.
                yield from _written(group.get_payload())
    else:
        decoded = part.get_payload(decode=True)
        yield from _written(
            decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else ""
        )


def words(part: Message) -> str:
    """What a part of text says; of another kind, nothing."""
    if part.get_content_maintype() != "text":
        return ""
    decoded = part.get_payload(decode=True)
    if not isinstance(decoded, bytes):
        return ""
    try:
        return decoded.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return decoded.decode("utf-8", "replace")


def _is_encoded(part: Message) -> bool:
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    return encoding in ("base64", "quoted-printable")


def _decoded(part: Message, groups: Sequence[object]) -> str:
    carrier = Message(policy=compat32)
    carrier["Content-Transfer-Encoding"] = str(part["Content-Transfer-Encoding"]).strip()
    carrier.set_payload("\n".join(str(g.get_payload()) for g in groups if isinstance(g, Message)))
    decoded = carrier.get_payload(decode=True)
    return decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else ""


def _fields(group: Message) -> Fields:
    found: dict[str, str] = {}
    for name, value in group.items():
        found.setdefault(name.lower(), " ".join(str(value)[:_LONGEST_HEADER].split()))
    return found


def _written(body: object) -> Iterator[Fields]:
    if not isinstance(body, str):
        return
    for text in re.split(r"\n[ \t]*\n", body.replace("\r\n", "\n")):
        if text.strip():
            yield _fields(
                message_from_bytes(text.strip().encode("utf-8", "replace"), policy=compat32)
            )
