"""A relay that is 50 ms away, on one connection: `python -m tests.bench.far [--messages 60]`.

Each way of a proxy before smtp-sink takes 25 ms, however much is on its way; beside us aiosmtplib's
`sendmail` over the same distance.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.delivery import prepared
from tests.bench.programs import python, sink

ONE_WAY = 0.025  # seconds


@contextmanager
def far_away(port: int) -> Iterator[int]:
    """The port of a proxy that is far from `port`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(_serve(port), loop).result(5)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


async def _serve(port: int) -> asyncio.Server:
    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_slowly(reader, back), _slowly(there, writer))

    return await asyncio.start_server(joined, "127.0.0.1", 0)


async def _slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hands on what comes, each piece `ONE_WAY` after it came."""
    loop = asyncio.get_running_loop()
    while data := await reader.read(262_144):
        loop.call_later(ONE_WAY, writer.write, data)
    loop.call_later(ONE_WAY, writer.close)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=100)
    count: int = parser.parse_args().messages
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder, sink() as near:
        path, message, size = prepared(Path(folder), 40_000, count, count)
        with far_away(near) as port:
            ours = python("ours", path, port, "--connections", 1)
            theirs = python("aiosmtplib", message, port, "--connections", 1, "--count", count // 2)
    rates = [found["sent"] / found["seconds"] for found in (ours, theirs)]
    print(f"{size} octets, 50 ms away, one connection")
    print(f"  ours {rates[0]:.1f}/s, aiosmtplib {rates[1]:.1f}/s: {rates[0] / rates[1]:.1f} times")


if __name__ == "__main__":
    main()
