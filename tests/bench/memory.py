"""The greatest memory of sending to few and to many.

    python -m tests.bench.memory [10000 1000000]

From the frozen issue on: the fan-out, and every message, of some 5 kB, into smtp-sink. The readers
share 100 000 selections.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.bench.programs import python, sink
from tests.bench.stage import set_stage, sized

SELECTIONS = 100_000


def measure(folder: Path, readers: int) -> dict[str, float]:
    """What the sender to so many says of itself."""
    digest, form = sized(5_000, html=False)
    path = folder / f"{readers}.db"
    set_stage(path, digest, form, readers, min(readers, SELECTIONS), html=False)
    with sink() as port:
        return python("ours", path, port)


def main() -> None:
    for readers in map(int, sys.argv[1:] or ("10000", "1000000")):
        with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
            found = measure(Path(folder), readers)
        print(f"{found['sent']:.0f} sent: at most {found['peak_mb']:.0f} MB", flush=True)
        print(f"  {found['seconds']:.0f} s, {found['cpu']:.0f} s of CPU", flush=True)


if __name__ == "__main__":
    main()
