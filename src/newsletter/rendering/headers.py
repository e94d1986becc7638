"""Header fields: encoded (RFC 2047), folded (RFC 5322 section 2.2.3), and closed to injection."""

from __future__ import annotations

import base64
import re
from functools import lru_cache

from newsletter.errors import MessageError
from newsletter.rendering.prose import one_line

_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_PLAIN = re.compile(r"[\x21-\x7e]+(?: [\x21-\x7e]+)*")
_WORD_OCTETS = 39  # of text in an encoded word: with its frame, and a name before it, under 76
_LINE = 76
_MOST = 998


def plain(name: str, value: str) -> str:
    """A field that is ASCII by its nature, such as an id or a URL.

    Raises:
        MessageError: it holds anything but printable ASCII and single spaces, or is too long.
    """
    if not _PLAIN.fullmatch(value) or len(value) + len(name) + 2 > _MOST:
        raise MessageError(
            f"the header {name} cannot be {value!r}: printable ASCII on one line only"
        )
    return f"{name}: {value}\r\n"


@lru_cache(maxsize=256)
def text(name: str, value: str) -> str:
    """A field of free text, such as a subject, in any script. An issue has few, and each is sent
    many times, so they are kept."""
    value = one_line(value)
    if value.isascii() and "=?" not in value:
        return _folded(f"{name}: {value}")
    return f"{name}: " + "\r\n ".join(_encoded_words(value)) + "\r\n"


def mailbox(name: str, display: str, address: str) -> str:
    """A field that holds one mailbox (RFC 5322 section 3.4)."""
    phrase = _phrase(display)
    return f"{name}: {phrase}\r\n <{_bare(name, address)}>\r\n" if phrase else plain(name, address)


def list_id(display: str, identifier: str) -> str:
    """The List-Id field (RFC 2919)."""
    return mailbox("List-Id", display, identifier)


def _bare(name: str, value: str) -> str:
    plain(name, value)
    if re.search(r"[<>,\s]", value):
        raise MessageError(f"the header {name} cannot hold {value!r}: one address only")
    return value


def _phrase(display: str) -> str:
    """A display name as atoms, a quoted string, or encoded words."""
    display = one_line(display)
    if not display.isascii() or "=?" in display or len(display) > _LINE - 20:
        return "\r\n ".join(_encoded_words(display))
    if _ATOM.fullmatch(display):
        return display
    escaped = display.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"' if display else ""


def _encoded_words(value: str) -> list[str]:
    """Base64 words, each of whole characters (RFC 2047 sections 2 and 5)."""
    data = value.encode()
    words: list[str] = []
    while data:
        end = min(_WORD_OCTETS, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:  # within a character
            end -= 1
        words.append(f"=?utf-8?b?{base64.b64encode(data[:end]).decode()}?=")
        data = data[end:]
    return words


def _folded(line: str) -> str:
    """One line, or several where spaces allow: a header parser joins them to the same text."""
    lines: list[str] = []
    while len(line) > _LINE:
        at = line.rfind(" ", 1, _LINE)
        if at <= line.find(":") + 1 and not lines:
            at = line.find(" ", _LINE)
        if at <= 0:
            break
        lines.append(line[:at])
        line = line[at:]
    if max(map(len, [*lines, line])) > _MOST:
        name = line.partition(":")[0]
        raise MessageError(f"the header {name} has a word of more than {_MOST} octets; shorten it")
    return "\r\n".join([*lines, line]) + "\r\n"
