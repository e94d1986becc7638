"""The programs that a measurement starts: smtp-sink, and senders of `tests.bench.sending`."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.integration.listening import until_open


@contextmanager
def sink() -> Iterator[int]:
    """The port of an smtp-sink."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with subprocess.Popen(["smtp-sink", *user, f"127.0.0.1:{port}", "256"]) as running:
        try:
            until_open(port, "smtp-sink", running)
            yield port
        finally:
            running.terminate()


def python(*words: object) -> dict[str, float]:
    """What a sender of `tests.bench.sending` says of itself; its log goes to /dev/null."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.bench.sending", *map(str, words)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    found: dict[str, float] = json.loads(told.stdout)
    return found
