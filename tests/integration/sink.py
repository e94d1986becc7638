"""An SMTP sink in a process of its own, that writes down each message it takes before saying so.

It outlives the sender, so that what it noted is what a relay would have taken: a message counts
from its final dot on, whether or not its sender lives to read the reply.

    python -m tests.integration.sink FILE LONGEST_DELAY SEED QUICK
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import cast

import uvloop

ROOT = Path(__file__).parents[2]
REFUSED = "refused"
"""Whose address begins so is told 550 5.1.1."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that was taken: the SHA-256 of DATA's octets, dots doubled, and the instant of its
    final dot in seconds of the monotonic clock."""

    recipient: str
    sha256: str
    at: float


@dataclass(frozen=True)
class Sink:
    """A sink that runs, as its tests see it."""

    port: int
    file: Path

    def url(self, connections: int = 16) -> str:
        return f"smtp://127.0.0.1:{self.port}?connections={connections}"

    def mark(self) -> int:
        """Where its notes end now."""
        return self.file.stat().st_size

    def accepted(self, since: int = 0) -> list[Accepted]:
        """What it took after `since`, a mark, in order."""
        with self.file.open("rb") as notes:
            notes.seek(since)
            # Only whole lines: the last one may be on its way.
            return [Accepted(*json.loads(line)) for line in notes if line.endswith(b"\n")]

    def wait_for(self, number: int, since: int, seconds: float = 120.0) -> bool:
        """Waits until `number` messages came after the mark; whether they did."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if len(self.accepted(since)) >= number:
                return True
            time.sleep(0.002)
        return False


@contextmanager
def sink(folder: Path, *, delay: float = 0.0, seed: int = 0, quick: int = 0) -> Iterator[Sink]:
    """A sink that confirms its first `quick` messages at once, and before each other one waits up
    to `delay` seconds."""
    file = folder / f"accepted-{time.monotonic_ns()}.jsonl"
    file.touch()
    command = [sys.executable, "-m", __spec__.name, str(file), str(delay), str(seed), str(quick)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield Sink(int(process.stdout.readline()), file)
        finally:
            process.kill()


class _Session(asyncio.Protocol):
    """One connection. Commands wait while a message is being confirmed, as a server's do."""

    def __init__(self, notes: int, patience: Callable[[], float]) -> None:
        self._notes, self._patience = notes, patience
        self._buffer = bytearray()
        self._recipient = ""
        self._in_data = False
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._work()

    def _work(self) -> None:
        while not self._busy and (self._content() if self._in_data else self._command()):
            pass

    def _command(self) -> bool:
        line, end, rest = self._buffer.partition(b"\r\n")
        if end:
            self._buffer = rest
            self._transport.write(self._reply(line.decode()))
        return bool(end)

    def _reply(self, line: str) -> bytes:
        verb = line[:4].upper()
        if verb == "EHLO":
            return b"250-sink.example\r\n250-PIPELINING\r\n250-SMTPUTF8\r\n250 8BITMIME\r\n"
        if verb == "RCPT":
            address = line.partition("<")[2].partition(">")[0]
            self._recipient = "" if address.startswith(REFUSED) else address
            return b"250 2.1.5 Ok\r\n" if self._recipient else b"550 5.1.1 No such user\r\n"
        if verb == "DATA":
            self._in_data = bool(self._recipient)
            return b"354 Go on\r\n" if self._in_data else b"503 5.5.1 Nobody to send to\r\n"
        return b"221 2.0.0 Bye\r\n" if verb == "QUIT" else b"250 2.0.0 Ok\r\n"

    def _content(self) -> bool:
        end = self._buffer.find(b"\r\n.\r\n")
        if end < 0:
            return False
        content, self._buffer = self._buffer[: end + 2], self._buffer[end + 5 :]
        digest = hashlib.sha256(content).hexdigest()
        note = json.dumps([self._recipient, digest, time.monotonic()])
        os.write(self._notes, note.encode() + b"\n")
        self._in_data, self._busy = False, True
        asyncio.get_running_loop().call_later(self._patience(), self._confirm)
        return True

    def _confirm(self) -> None:
        self._busy = False
        if not self._transport.is_closing():
            self._transport.write(b"250 2.0.0 Ok: queued\r\n")
            self._work()


async def _serve(file: str, delay: str, seed: str, quick: str) -> None:
    notes = os.open(file, os.O_WRONLY | os.O_APPEND)
    chance = random.Random(int(seed))  # noqa: S311 - delays, not secrets
    numbers = count(1)

    def patience() -> float:
        return 0.0 if next(numbers) <= int(quick) else chance.uniform(0, float(delay))

    server = await asyncio.get_running_loop().create_server(
        lambda: _Session(notes, patience), "127.0.0.1", 0
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(*sys.argv[1:]))
