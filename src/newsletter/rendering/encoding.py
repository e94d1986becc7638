"""Transfer encodings (RFC 2045 section 6), piece by piece: any pieces joined are a valid body."""

from __future__ import annotations

import binascii
import re
from enum import StrEnum

_QUOTED_LINE = 76  # characters, the soft break's `=` among them
_GROWN = re.compile(rb"^([^\n]{74,75})(=20|=09)$", re.MULTILINE)
MOST_OCTETS = 998  # in a line, without its CRLF: RFC 5322 section 2.1.1


class Encoding(StrEnum):
    """How a message travels: `EIGHT_BIT` only where the relay offers 8BITMIME (RFC 6152)."""

    EIGHT_BIT = "8bit"
    QUOTED_PRINTABLE = "quoted-printable"

    __hash__ = str.__hash__  # that of enumerations is slow, and this one is asked for every message

    def transfer(self, text: str) -> bytes:
        """One piece of a body, line breaks as CRLF.

        A quoted-printable piece begins at the start of a line and ends with a soft line break (or
        a real one), so no line grows beyond 76 whatever follows (RFC 2045 section 6.7, rule 5).
        """
        data = text.encode()
        if self is Encoding.EIGHT_BIT:
            return data.replace(b"\n", b"\r\n")
        if not data:
            return data
        # binascii lets a line grow when it encodes white space at its end.
        quoted = _GROWN.sub(rb"\1=\n\2", binascii.b2a_qp(data)).replace(b"\n", b"\r\n")
        return quoted if data.endswith(b"\n") else _softly_ended(quoted)


def _softly_ended(quoted: bytes) -> bytes:
    """`quoted` with a soft line break after it, and one before if the last line has no room."""
    start = quoted.rfind(b"\n") + 1
    if len(quoted) - start >= _QUOTED_LINE:
        at = len(quoted) - 3
        at -= next((back for back in (1, 2) if quoted[at - back : at - back + 1] == b"="), 0)
        quoted = quoted[:at] + b"=\r\n" + quoted[at:]
    return quoted + b"=\r\n"
