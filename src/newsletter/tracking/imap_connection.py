"""A connection to an IMAP server that may be slow, silent or hostile: no answer takes more time or
memory than it was given."""

from __future__ import annotations

import imaplib
import ssl
import time
from io import BufferedReader
from typing import Any, cast

from newsletter.errors import MailboxError
from newsletter.tracking.mailbox_url import ImapPlace

PATIENCE = 20.0
"""Seconds after which a server that says nothing is given up."""

MOST_SECONDS = 300.0
"""How long one answer may take, however busily it comes."""

MOST_ANSWERED = 24 << 20
"""Octets that one answer may have."""


def connect(place: ImapPlace) -> imaplib.IMAP4:
    """A connection that was greeted; nothing was said on it yet.

    Raises:
        OSError, imaplib.IMAP4.error: see `imaplib`.
    """
    if place.tls:
        context = ssl.create_default_context()
        return _BoundedTls(place.host, place.port, ssl_context=context, timeout=PATIENCE)
    return _Bounded(place.host, place.port, timeout=PATIENCE)


def log_in(server: imaplib.IMAP4, place: ImapPlace) -> None:
    """Secures the connection as far as the place wants it, and says who we are.

    Raises:
        MailboxError: it cannot be secured, or the password is not accepted.
        OSError, imaplib.IMAP4.error: see `imaplib`.
    """
    _secure(server, place)
    try:
        if "AUTH=PLAIN" in server.capabilities:  # RFC 4616: it alone knows more than ASCII
            answer = f"\0{place.user}\0{place.password}".encode()
            server.authenticate("PLAIN", lambda _: answer)
        else:
            server.login(place.user, place.password)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, UnicodeError):
        raise MailboxError(
            f"{place}: it does not accept this user and password: look at mailbox_url in "
            "newsletter.toml, or NEWSLETTER_MAILBOX_URL"
        ) from None


def _secure(server: imaplib.IMAP4, place: ImapPlace) -> None:
    """STARTTLS (RFC 2595) before any password; only this machine may do without."""
    if place.tls:
        return
    if "STARTTLS" in server.capabilities:
        server.starttls(ssl_context=ssl.create_default_context())
    elif not place.here:
        raise MailboxError(f"{place}: it offers no STARTTLS, and a password is not sent in clear")


class _Bounded(imaplib.IMAP4):
    """What the server may answer is counted from the last that we said.

    A timeout of the socket alone would be renewed by every octet that trickles in, and a literal
    takes its memory as soon as its size is announced.
    """

    def open(self, *where: Any, **more: Any) -> None:
        self._allow()
        super().open(*where, **more)

    def send(self, data: Any) -> None:
        self._allow()
        super().send(data)

    def read(self, size: int) -> bytes:
        if size > self._left:
            raise self.abort(f"an answer of more than {MOST_ANSWERED} octets")
        found = bytearray()
        while len(found) < size and (seen := self._seen()):
            found += self._taken(min(size - len(found), len(seen)))
        return bytes(found)

    def readline(self) -> bytes:
        line = bytearray()
        while not line.endswith(b"\n") and (seen := self._seen()):
            line += self._taken(seen.find(b"\n") + 1 or len(seen))
        return bytes(line)

    def _allow(self) -> None:
        self._until = time.monotonic() + MOST_SECONDS
        self._left = MOST_ANSWERED

    def _seen(self) -> bytes:
        """What has come, waiting for it once; nothing at the end."""
        if time.monotonic() > self._until:
            raise self.abort(f"an answer that takes more than {MOST_SECONDS:.0f} seconds")
        return self._stream.peek(1)

    def _taken(self, number: int) -> bytes:
        self._left -= number
        if self._left < 0:
            raise self.abort(f"an answer of more than {MOST_ANSWERED} octets")
        return self._stream.read(number)

    @property
    def _stream(self) -> BufferedReader:
        return cast("BufferedReader", self.file)  # of which typeshed says no more than a file


class _BoundedTls(_Bounded, imaplib.IMAP4_SSL):
    """The same with TLS from the first octet."""
