"""What is measured: a process that sends, and says how long it took it and how much CPU."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiosmtplib
import uvloop

from newsletter import workflow
from newsletter.cli.logs import configure_logs
from newsletter.delivery.relay import parse_relay
from newsletter.delivery.sender import Surroundings
from newsletter.store import issues
from newsletter.store.database import Database
from tests.bench.stage import KEYRING, NOW


async def ours(path: Path, port: int, connections: int) -> int:
    """The issue in the database at `path`, as `newsletter send` sends it; how many were sent."""
    configure_logs("info")
    database = Database.open(f"sqlite:///{path}")
    with database.read() as session:
        (issue,) = issues.list_issues(session, "ai-for-science")
    around = Surroundings(clock=lambda: NOW, chance=random.random, stop=asyncio.Event(), alone=True)
    relay = parse_relay(f"smtp://127.0.0.1:{port}?connections={connections}")
    summary = await workflow.send(database, issue, relay, KEYRING, [], around)
    database.close()
    return sum(summary.attempts.values())


async def aiosmtplib_loop(content: bytes, port: int, connections: int, count: int) -> int:
    """aiosmtplib's own `sendmail` over ready bytes, on as many connections; how many were sent."""
    numbers = iter(range(count))

    async def one() -> None:
        async with aiosmtplib.SMTP(
            hostname="127.0.0.1", port=port, local_hostname="localhost", start_tls=False
        ) as smtp:
            for number in numbers:
                await smtp.sendmail(
                    "bounces@news.example.org", [f"reader{number}@example.org"], content
                )

    await asyncio.gather(*(one() for _ in range(connections)))
    return count


async def measured(send: Callable[[], Awaitable[int]]) -> dict[str, float]:
    began, used = time.perf_counter(), _cpu()
    sent = await send()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "sent": sent,
        "seconds": time.perf_counter() - began,
        "cpu": _cpu() - used,
        "peak_mb": peak / 1024,
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=("ours", "aiosmtplib"))
    parser.add_argument("path", type=Path, help="the database, or the message")
    parser.add_argument("port", type=int)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--count", type=int, default=0)
    given = parser.parse_args()
    content = b"" if given.way == "ours" else given.path.read_bytes()

    async def send() -> int:
        if given.way == "ours":
            return await ours(given.path, given.port, given.connections)
        return await aiosmtplib_loop(content, given.port, given.connections, given.count)

    sys.stdout.write(json.dumps(uvloop.run(measured(send))) + "\n")


if __name__ == "__main__":
    main()
