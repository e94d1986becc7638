"""One-click POSTs (RFC 8058) as mailbox providers send them, many at once, in both encodings."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

URLENCODED = (b"application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click")
MULTIPART = (
    b"multipart/form-data; boundary=b",
    b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a POST to `path` was answered, and when, in seconds of the monotonic clock."""

    path: str
    status: int
    at: float


async def click(port: int, paths: Sequence[str], connections: int) -> list[Answer]:
    """POSTs to each of `paths`, over so many connections at once."""
    waiting = list(enumerate(paths))[::-1]
    answers: list[Answer] = []

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while waiting:
            number, path = waiting.pop()
            writer.write(_request(path, (URLENCODED, MULTIPART)[number % 2]))
            answers.append(Answer(path, await _status(reader), time.monotonic()))
        writer.close()

    await asyncio.gather(*(work() for _ in range(connections)))
    return answers


def _request(path: str, body: tuple[bytes, bytes]) -> bytes:
    kind, octets = body
    return (
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
        % (path.encode(), kind, len(octets))
    ) + octets


async def _status(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.splitlines()
        if line.lower().startswith(b"content-length:")
    )
    await reader.readexactly(length)
    return int(head.split()[1])
