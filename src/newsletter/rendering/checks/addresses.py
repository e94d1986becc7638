"""Web addresses as a reader's click would meet them."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE)
_RESERVED = ("example", "example.com", "example.net", "example.org", "invalid", "test")


def split(url: str) -> SplitResult | None:
    """`url` in its parts, or None if it cannot be an address of anything (RFC 3986)."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return None if re.search(r"[\s<>\"{}|\\^`\x00-\x20]", url) else parts


def is_relative(url: str) -> bool:
    """Whether it leads somewhere only from a page, which a mail is not."""
    return not _SCHEME.match(url)


def is_host(host: str) -> bool:
    """Whether the web can be asked for it: an address, or a name of two labels or more."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return True
    try:
        labels = host.encode("idna").decode().rstrip(".").split(".")
    except UnicodeError:
        return False
    return len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()


def is_loopback(host: str) -> bool:
    """Whether it is the machine of whoever asks (RFC 6761 section 6.3), or a private network."""
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private or address.is_unspecified


def is_reserved(host: str) -> bool:
    """Whether it is a name kept for examples and tests (RFC 2606)."""
    return any(host == name or host.endswith(f".{name}") for name in _RESERVED)
