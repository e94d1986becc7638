"""A server of another program, waited for until it listens."""

from __future__ import annotations

import socket
import subprocess
import time


def until_open(port: int, who: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Waits a minute at most until somebody listens at a port, or no longer than `process` lives.

    Raises:
        AssertionError: nobody does.
    """
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (process is None or process.poll() is None):
        try:
            socket.create_connection(("127.0.0.1", port), 20).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"{who} does not listen")
