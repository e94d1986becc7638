"""How long a million people take onto a list, and how much memory: `python -m tests.bench.imports`.

    python -m tests.bench.imports [--people 1000000] [--database URL]

The file is made first; then the command itself is run in a process of its own, which is measured.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

TOPICS = ("proteins", "force-fields", "quantum", "pde-solvers", "agents", "everything")


def write_people(path: Path, number: int) -> None:
    """A file of made-up people, one in a hundred of whom has left."""
    chance = random.Random(1)  # noqa: S311 - the same file each time
    with path.open("w", encoding="utf-8") as file:
        file.write("email,topics,language,state,consent_at\n")
        for one in range(number):
            topics = ";".join(sorted(set(chance.choices(TOPICS, k=2))))
            if "everything" in topics:
                topics = "everything"
            state = "left" if chance.random() < 0.01 else "active"
            domain = f"domain{chance.randrange(5000)}.example.org"
            language = chance.choice(("en", "zh", "en+zh"))
            file.write(f"reader.{one}@{domain},{topics},{language},{state},2025-01-02T03:04:05Z\n")


def run(folder: Path, *words: str) -> tuple[float, float, int]:
    """Seconds, seconds of CPU, and the greatest resident memory, in MB, of a command."""
    program = Path(sys.executable).with_name("newsletter")
    started = time.perf_counter()
    process = subprocess.Popen([str(program), *words], cwd=folder)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"newsletter {' '.join(words)} ended with {process.returncode}")
    spent = usage.ru_utime + usage.ru_stime
    return time.perf_counter() - started, spent, usage.ru_maxrss // 1024


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--database", default="")
    given = parser.parse_args(arguments)
    if given.database:
        os.environ["NEWSLETTER_DATABASE_URL"] = given.database
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(folder, "init")
        run(folder, "lists", "sync")
        write_people(folder / "small.csv", 100)
        _, _, base = run(folder, "subscribers", "import", "small.csv")
        write_people(folder / "people.csv", given.people)
        size = (folder / "people.csv").stat().st_size / 1e6
        seconds, spent, memory = run(folder, "subscribers", "import", "people.csv")
        print(
            f"{given.people} people ({size:.0f} MB) in {seconds:.1f} s, {spent:.1f} s of CPU; "
            f"{memory} MB at most ({base} MB for 100)"
        )


if __name__ == "__main__":
    main()
