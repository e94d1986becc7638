"""An IMAP server that says what a test tells it to, be it IMAP or not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

GREETING = b"* OK [CAPABILITY IMAP4rev1] hello\r\n"
CAPABLE = b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n"
LOGGED_IN = (GREETING, CAPABLE, b"TAG OK welcome\r\n")
OPENED = (*LOGGED_IN, b"* 2 EXISTS\r\nTAG OK it is\r\n", CAPABLE)
"""What is said until a folder with two messages is open, each line for one that was heard."""


@contextmanager
def talking(*lines: bytes, then: str = "hang", told: list[bytes] | None = None) -> Iterator[int]:
    """The port of a server that says some lines, one for each it is `told`, and then nothing,
    hangs up, or lets one octet trickle after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = threading.Event()

        def talk() -> None:
            client, _ = listener.accept()
            with suppress(ConnectionError), client, client.makefile("rwb") as stream:
                for number, line in enumerate(lines):
                    if not (heard := stream.readline() if number else b"*"):
                        return
                    if told is not None:
                        told.append(heard)
                    stream.write(line.replace(b"TAG", heard.split()[0]))
                    stream.flush()
                while then == "trickle" and not done.wait(0.02):
                    client.send(b"*")
                if then == "hang":
                    done.wait(600)

        thread = threading.Thread(target=talk)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            done.set()
            thread.join(60)
