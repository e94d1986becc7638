"""Proof, before an issue goes out, that its readers can leave it: one-click, as their mail client
does it (RFC 8058 §3.1), at the public address that the message itself names."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable
from email.parser import BytesHeaderParser
from email.policy import default
from urllib.parse import SplitResult, urlsplit

from newsletter.delivery.relay import is_loopback
from newsletter.errors import OneClickError

PATIENCE = 15.0
"""Seconds within which the address has to answer."""

BODY = b"List-Unsubscribe=One-Click"

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[str, int], Awaitable[Stream]]
"""A verified TLS connection to a host and port."""

_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])(?: |\r)")
_MEND = "mend that, or say --unchecked to send nevertheless"


async def connect_verified(host: str, port: int) -> Stream:
    """TLS with the host's certificate verified by the system's authorities."""
    return await asyncio.open_connection(host, port, ssl=ssl.create_default_context())


async def prove_one_click(message: bytes, connect: Connect = connect_verified) -> None:
    """Posts the one-click form to the https address of the message's own List-Unsubscribe.

    `message` is a test's, whose token belongs to nobody. A forged token must be refused there, so
    that a page which welcomes everything does not pass for ours.

    Raises:
        OneClickError: readers could not leave by that address; says why.
    """
    url = _address(message)
    status = await _posted(url, connect)
    if 300 <= status < 400:
        raise _fault(url, f"redirects ({status}), which RFC 8058 forbids")
    if not 200 <= status < 300:
        raise _fault(url, f"answers {status} to a reader's one-click: is it this newsletter's?")
    if 200 <= await _posted(_forged(url), connect) < 300:
        raise _fault(url, "welcomes a forged token, too: it is not this newsletter's")


def _address(message: bytes) -> SplitResult:
    header = BytesHeaderParser(policy=default).parsebytes(message)
    found = re.findall(r"<(https?://[^>]*)>", str(header["List-Unsubscribe"] or ""))
    if not found:
        raise OneClickError(f"the message names no web address to unsubscribe at: {_MEND}")
    url = urlsplit(str(found[0]))
    host = url.hostname or ""
    if is_loopback(host) or host.endswith(".localhost"):
        raise _fault(url, "is this machine's own, which no reader reaches; set public_url")
    if url.scheme != "https":
        raise _fault(url, "is plain http, which RFC 8058 forbids; set public_url to https://…")
    return url


def _forged(url: SplitResult) -> SplitResult:
    folder, _, token = url.path.rpartition("/")
    path = f"{folder}/{'a' * len(token)}"
    return SplitResult(url.scheme, url.netloc, path, url.query, url.fragment)


async def _posted(url: SplitResult, connect: Connect) -> int:
    """The status that a POST is answered with."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await _exchange(url, connect)
    except TimeoutError:
        raise _fault(url, f"gives no answer within {PATIENCE:.0f} s") from None
    except ssl.SSLCertVerificationError as error:
        raise _fault(url, f"cannot be trusted: {error.verify_message}") from None
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        reason = getattr(error, "strerror", None) or "the connection was closed"
        raise _fault(url, f"cannot be reached: {reason.lower()}") from None


async def _exchange(url: SplitResult, connect: Connect) -> int:
    host = url.hostname or ""
    reader, writer = await connect(host, url.port or 443)
    try:
        writer.write(_request(url))
        match = _STATUS.match(await reader.readuntil(b"\n"))
    finally:
        writer.close()
    if match is None:
        raise _fault(url, "does not speak HTTP")
    return int(match[1])


def _request(url: SplitResult) -> bytes:
    target = url.path + (f"?{url.query}" if url.query else "")
    head = (
        f"POST {target} HTTP/1.1\r\nHost: {url.netloc.rpartition('@')[2]}\r\n"
        "User-Agent: newsletter (self-test)\r\nAccept: */*\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(BODY)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + BODY


def _fault(url: SplitResult, what: str) -> OneClickError:
    """Without the token, which is a secret of its kind."""
    where = f"{url.scheme}://{url.netloc}{url.path.rpartition('/')[0]}/…"
    return OneClickError(f"the unsubscribe address {where} {what}: {_MEND}")
