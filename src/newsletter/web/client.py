"""Who asks, as far as the network tells: the client's address, also behind a proxy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from fastapi import Request

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_SHORT = {4: 24, 6: 48}  # bits that are kept of an address: its network, and no one person's
_ONE_HOUSEHOLD = {4: 32, 6: 64}  # bits by which requests are counted


def client_address(
    peer: str, forwarded: Iterable[str], trusted: Sequence[Network]
) -> Address | None:
    """The address of the client: `peer`, or what `trusted` proxies say of it.

    `forwarded` are the values of X-Forwarded-For. Each proxy adds at the end whom it was asked by,
    so the list is read from there, and believed as long as a trusted proxy wrote it: whatever a
    client puts before is its own invention. None when the peer has no address (a Unix socket).
    """
    found = _address(peer)
    hops = [hop.strip() for value in forwarded for hop in value.split(",")]
    while found is not None and hops and any(found in network for network in trusted):
        before = _address(hops.pop())
        if before is None:
            break
        found = before
    return found


def asked_by(request: Request, trusted: Sequence[Network]) -> Address | None:
    """The client's address of a request."""
    peer = request.client.host if request.client else ""
    return client_address(peer, request.headers.getlist("x-forwarded-for"), trusted)


def shortened(address: Address | None) -> str:
    """The network of an address as it may be stored: /24, or /48 with IPv6.

    >>> shortened(ip_address("203.0.113.77"))
    '203.0.113.0/24'
    """
    return "" if address is None else _network(address, _SHORT)


def household(address: Address | None) -> str:
    """What requests are counted by: an IPv4 address, or the /64 that one IPv6 customer has."""
    return "" if address is None else _network(address, _ONE_HOUSEHOLD)


def _network(address: Address, bits: dict[int, int]) -> str:
    return str(ip_network((address, bits[address.version]), strict=False))


def _address(text: str) -> Address | None:
    """An address as proxies write it, some with the port: `192.0.2.1:4711`, `[2001:db8::1]:80`."""
    if text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.removeprefix("[").partition("]")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
