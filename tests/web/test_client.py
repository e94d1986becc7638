from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from newsletter.web.client import client_address, household, shortened

TRUSTED = (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("::1"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),  # whom nobody trusts says nothing
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["6.6.6.6, 198.51.100.1, 10.1.2.3"], "198.51.100.1"),
        ("127.0.0.1", ["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["unknown"], "127.0.0.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("::1", ["[2001:db8::1]:443"], "2001:db8::1"),
        ("127.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("", ["198.51.100.1"], None),
        ("testclient", [], None),
    ],
)
def test_only_trusted_proxies_are_believed_and_read_from_the_end(
    peer: str, forwarded: list[str], expected: str | None
) -> None:
    found = client_address(peer, forwarded, TRUSTED)
    assert found == (ip_address(expected) if expected else None)


def test_what_is_stored_names_no_one_person() -> None:
    assert shortened(ip_address("203.0.113.77")) == "203.0.113.0/24"
    assert shortened(ip_address("2001:db8:1:2::3")) == "2001:db8:1::/48"
    assert household(ip_address("2001:db8:1:2::3")) == "2001:db8:1:2::/64"
    assert shortened(None) == ""
