"""Ports for programs that must be told theirs before they listen."""

from __future__ import annotations

import os
import random
import socket

_FIRST, _LAST = 10_000, 32_000
"""Below those that the kernel gives to whoever asks for any (ip_local_port_range): what is free
here stays free until its program listens, unless somebody wants this very port."""

_chance = random.Random(os.getpid())  # noqa: S311 - that workers differ is all that is asked of it


def free_port() -> int:
    """A port of this machine where nobody listens, and that nobody is given by chance."""
    for _ in range(1000):
        port = _chance.randrange(_FIRST, _LAST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
