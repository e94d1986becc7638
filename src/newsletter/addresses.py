"""Email addresses: parsed once at the edge, so that a bad one cannot exist past it."""

from __future__ import annotations

import re
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from newsletter.errors import AddressError

# Local parts of which email-validator has nothing to say (RFC 5322 §3.2.3, a part of dot-atom).
_USUAL = re.compile(r"(?=.{1,64}\Z)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")
_LONGEST = 254  # RFC 5321 §4.5.3.1.3, without the angle brackets


def parse_address(text: str) -> str:
    """The address in normal form: local part as written, domain in lower case and Unicode.

    `+tags` and the case of the local part are kept (RFC 5321 §2.4); no DNS is asked.

    Raises:
        AddressError: not an address that mail can be sent to.
    """
    local, _, domain = text.strip().partition("@")
    if _USUAL.fullmatch(local) and (known := _domain(domain)) is not None:
        address = f"{local}@{known}"
        if known.isascii() and len(address) <= _LONGEST:
            return address
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise AddressError(f"{text.strip()!r} is not an email address: {error}") from None
    return found.normalized


@lru_cache(maxsize=32_768)
def _domain(domain: str) -> str | None:
    """A domain in normal form, or None when it is none; a million addresses share some thousands,
    each of which takes as long as all else of a row of a file."""
    try:
        found = validate_email(f"a@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return found.domain


def as_stored(text: str) -> str:
    """What somebody typed, in the form in which an address is kept; what is none stays as it is,
    for whoever looks it up to say that nobody has it.

    >>> as_stored("Zoe@xn--bcher-kva.example")
    'Zoe@bücher.example'
    """
    try:
        return parse_address(text)
    except AddressError:
        return text


def domain_as_stored(text: str) -> str:
    """The same for a domain by itself."""
    domain = text.strip().removeprefix("@")
    return (_domain(domain) if domain else None) or domain.lower()


def address_key(address: str) -> str:
    """What two addresses share when they are one mailbox to us: both parts in lower case.

    Local parts are case-sensitive by RFC 5321 §2.4 and nowhere in practice; mailing somebody twice
    or after they left is the worse mistake.
    """
    return address.casefold()


def mailbox_key(address: str) -> str:
    """What the addresses of one mailbox share whose owner may add `+tags` at will.

    >>> mailbox_key("Ada+lists@Example.org")
    'ada@example.org'
    """
    local, _, domain = address_key(address).rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def domain_of(address: str) -> str:
    """The domain of an address, in lower case, by which deliveries are paced and counted."""
    return address.rpartition("@")[2].lower()
