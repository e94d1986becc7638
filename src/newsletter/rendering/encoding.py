"""Transfer encodings (RFC 2045 section 6), piece by piece: any pieces joined are a valid body."""

from __future__ import annotations

import binascii
from enum import StrEnum

MOST_OCTETS = 998  # in a line, without its CRLF: RFC 5322 section 2.1.1


class Encoding(StrEnum):
    """How a message travels: `EIGHT_BIT` only where the relay offers 8BITMIME (RFC 6152)."""

    EIGHT_BIT = "8bit"
    QUOTED_PRINTABLE = "quoted-printable"

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
        quoted = binascii.b2a_qp(data).replace(b"\n", b"\r\n")
        return quoted if quoted.endswith(b"\r\n") and data.endswith(b"\n") else quoted + b"=\r\n"
