"""Real deliveries into smtp-sink, beside smtp-source and aiosmtplib into the same sink.

    python -m tests.bench.delivery [--octets 5000 40000 90000] [--rounds 5]

Everything of a send is there (ledger on SQLite with synchronous=FULL, a selection and tokens for
each reader, a log line an attempt) but TLS and DKIM. The three take turns; medians are printed. A
reader's row and plan, which are made before, are measured by themselves.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from newsletter import workflow
from newsletter.store import issues
from newsletter.store.database import Database
from tests.bench.programs import python, sink
from tests.bench.stage import NOW, octets, samples, set_stage, sized

CONNECTIONS = 8
_SENDERS = ("ours", "smtp-source", "aiosmtplib")
_TEXT_BELOW = 20_000
"""Octets below which the readers are those who asked for plain text."""


def smtp_source(port: int, size: int, count: int) -> dict[str, float]:
    """The same of Postfix's own."""
    began, used = time.perf_counter(), _children()
    subprocess.run(
        ["smtp-source", "-d", "-s", str(CONNECTIONS), "-m", str(count), "-l", str(size),
         "-f", "bounces@news.example.org", "-t", "reader@example.org", f"127.0.0.1:{port}"],
        check=True,
    )  # fmt: skip
    return {
        "sent": count,
        "seconds": time.perf_counter() - began,
        "cpu": _children() - used,
    }


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def prepared(folder: Path, wanted: int, readers: int, distinct: int) -> tuple[Path, Path, int]:
    """A database ready to send from, one of its messages, and their mean size."""
    html = wanted >= _TEXT_BELOW
    digest, form = sized(wanted, html)
    found = samples(digest, form, html)
    path, message = folder / f"{wanted}.db", folder / f"{wanted}.eml"
    issue_id = set_stage(path, digest, form, readers, distinct, html)
    database = Database.open(f"sqlite:///{path}")
    with database.read() as session:
        issue = issues.issue_by_id(session, issue_id)
    used = time.process_time()
    for _ in workflow.fan_out(database, issue, NOW):
        pass
    print(f"rows and plans: {(time.process_time() - used) / readers * 1e6:.0f} µs of CPU a reader")
    database.close()
    size = octets(found)
    message.write_bytes(min(found, key=lambda one: abs(len(one) - size)))
    return path, message, size


def compare(folder: Path, wanted: int, rounds: int, seconds: float, distinct: int | None) -> None:
    count = round(seconds * min(12_000, 200_000_000 / wanted))
    path, message, size = prepared(folder, wanted, count, distinct or count)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in _SENDERS}
    with sink() as port:
        for _ in range(rounds):
            copy = shutil.copy(path, folder / "round.db")
            found["ours"].append(python("ours", copy, port))
            found["smtp-source"].append(smtp_source(port, size, count))
            found["aiosmtplib"].append(python("aiosmtplib", message, port, "--count", count // 4))
            for left in folder.glob("round.db*"):
                left.unlink()
    print(f"{size} octets, {count} readers, {distinct or count} selections, {rounds} rounds")
    report(found)


def report(found: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    """Medians, and ours as a multiple of theirs."""
    rates = {
        name: statistics.median(one["sent"] / one["seconds"] for one in turns)
        for name, turns in found.items()
    }
    used = {
        name: statistics.median(one["cpu"] / one["sent"] * 1e6 for one in turns)
        for name, turns in found.items()
    }
    for name in _SENDERS:
        print(
            f"  {name:12} {rates[name]:7.0f}/s, of which ours is {rates['ours'] / rates[name]:.2f};"
            f"  CPU of the sender {used[name]:4.0f} µs a message"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--octets", type=int, nargs="+", default=[5_000, 40_000, 90_000])
    parser.add_argument("--rounds", type=int, default=5)
    # An eighth of a second goes into beginning a send, to however many it is.
    parser.add_argument("--seconds", type=float, default=6, help="about, of each turn")
    parser.add_argument("--distinct", type=int, help="selections; each reader's own if not said")
    given = parser.parse_args()
    for wanted in given.octets:
        with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
            compare(Path(folder), wanted, given.rounds, given.seconds, given.distinct)


if __name__ == "__main__":
    main()
