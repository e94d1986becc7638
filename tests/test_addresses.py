from __future__ import annotations

import string

from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from newsletter.addresses import parse_address
from newsletter.errors import AddressError

PIECES = st.text(string.ascii_letters + string.digits + "._+-@ é'", max_size=70)
DOMAINS = st.sampled_from(
    ["example.org", "Example.ORG", "例え.test", "local", "a..b", "x" * 64 + ".org", "xn--a.org"]
) | st.text(string.ascii_letters + string.digits + ".-", max_size=20)


def slowly(text: str) -> str | None:
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return found.normalized


def parsed(text: str) -> str | None:
    try:
        return parse_address(text)
    except AddressError:
        return None


@given(PIECES, DOMAINS)
def test_the_short_way_says_what_the_long_one_does(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    assert parsed(address) == slowly(address)


@given(PIECES | st.text(max_size=40))
def test_whatever_is_written_is_an_address_or_none(text: str) -> None:
    assert parsed(text) == slowly(text)
