"""Email addresses: parsed once at the edge, so that a bad one cannot exist past it."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from newsletter.errors import AddressError


def parse_address(text: str) -> str:
    """The address in normal form: local part as written, domain in lower case and Unicode.

    `+tags` and the case of the local part are kept (RFC 5321 §2.4); no DNS is asked.

    Raises:
        AddressError: not an address that mail can be sent to.
    """
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise AddressError(f"{text.strip()!r} is not an email address: {error}") from None
    return found.normalized


def address_key(address: str) -> str:
    """What two addresses share when they are one mailbox to us: both parts in lower case.

    Local parts are case-sensitive by RFC 5321 §2.4 and nowhere in practice; mailing somebody twice
    or after they left is the worse mistake.
    """
    return address.casefold()


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()
