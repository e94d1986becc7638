"""An address as a page may show it: mails are forwarded, so not whole."""

from __future__ import annotations


def masked(address: str) -> str:
    """Enough of an address for its owner to know it, and for nobody to write to.

    >>> masked("maria.curie@mail.example.org")
    'm•••@m•••.org'
    """
    local, _, domain = address.rpartition("@")
    host, dot, top = domain.rpartition(".")
    return f"{local[:1]}•••@{host[:1]}•••{dot}{top}"
