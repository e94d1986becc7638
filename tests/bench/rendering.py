"""Compiling an issue and putting messages together, in CPU time: `python -m
tests.bench.rendering`.

A message is planned, its plan is read (which pieces it shows), and it is assembled. A selection
that a sender has met is kept with its plan; one that it meets is planned anew.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from newsletter.content.planning import Plan, plan
from newsletter.content.serial import dump, dump_plan, load_preferences
from newsletter.delivery.messages import message_for
from newsletter.rendering.compiled import Compiled
from newsletter.store.values import Fixed
from tests.bench.stage import (
    KEYRING,
    NOW,
    compiled,
    digest_of,
    octets,
    samples,
    selection,
    set_stage,
    sized,
)
from tests.builders import make_digest

MANY = 100_000
FEW = 1_000
_BATCH = 1_000
_FIXED = Fixed(
    edition=1,
    address="reader@example.org",
    preferences_id=1,
    message_id="<ai-for-science.2026-w06.1.698d7d00@news.example.org>",
    date=NOW,
    key_id=KEYRING.current.id,
    encoding="8bit",
)


def compiling() -> None:
    digest = make_digest([item.entry for item in digest_of(92).entries])
    compiled(digest)  # imports, and parses what is kept
    told = []
    for languages in (("en",), ("zh",), ("en", "zh")):
        found = []
        for _ in range(9):
            began = time.process_time()
            compiled(digest, languages)
            found.append(time.process_time() - began)
        told.append(f"{'+'.join(languages)} {statistics.median(found) / len(languages) * 1e3:.0f}")
    print(f"compiling 92 entries, ms per language: {', '.join(told)}")


def assembling() -> None:
    digest, form = sized(40_000, html=True)
    form = Compiled.loads(form.dumps())
    size = octets(samples(digest, form, html=True))
    number = _usual(lambda n: form.html_octets(plan(digest, selection(n), form)))
    kept = plan(digest, selection(number), form)
    twins = (kept, replace(kept))  # equal, and each read anew, as the latest reading alone is kept
    body = dump(selection(number))

    def planned(n: int) -> Plan:
        return plan(digest, selection(n), form)

    found = _in_turn(
        {
            "one": lambda _: _message(form, planned(number)),
            "many": lambda n: _message(form, planned(n)),
            "kept": lambda n: _message(form, twins[n % 2]),
            "assemble": lambda _: _message(form, kept),
            "plan": lambda _: planned(number),
            "store": lambda _: (load_preferences(body), dump_plan(kept)),
        }
    )
    one, many = found["one"], found["many"]
    print(f"a message of {size} octets, tokens included, µs (medians of {MANY} each):")
    print(f"  {'one selection, planned anew for each message':46}{one:4.0f}")
    print(f"  {f'{MANY} selections, each planned anew':46}{many:4.0f}, {many / one:.2f} times")
    print(f"  {'a selection that is kept':46}{found['kept']:4.0f}")
    print(
        f"  parts: plan {found['plan']:.0f}, read {found['kept'] - found['assemble']:.0f}, "
        f"assemble {found['assemble']:.0f}; when a sender first meets a selection, "
        f"{found['store']:.0f} more to load and store it"
    )


def _usual(octets_of: Callable[[int], int]) -> int:
    """The selection whose message is nearest to the mean size."""
    sizes = {number: octets_of(number) for number in range(0, 4_095, 5)}
    mean = statistics.fmean(sizes.values())
    return min(sizes, key=lambda number: abs(sizes[number] - mean))


def _message(form: Compiled, chosen: Plan) -> bytes:
    return message_for(form, chosen, _FIXED, 123_456, KEYRING)


def _in_turn(ways: Mapping[str, Callable[[int], object]]) -> Mapping[str, float]:
    """µs of CPU of one call of each; batches in turn, so that all have the same share of noise."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for start in range(0, MANY, _BATCH):
        for name, do in ways.items():
            began = time.process_time()
            for number in range(start, start + _BATCH):
                do(number)
            found[name].append((time.process_time() - began) / _BATCH * 1e6)
    return {name: statistics.median(times) for name, times in found.items()}


def remembering() -> None:
    """The greatest memory of a sender's rendering after few and after many selections."""
    digest, form = sized(40_000, html=True)
    told = []
    for distinct in (FEW, MANY):
        with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
            path = Path(folder) / "stage.db"
            issue_id = set_stage(path, digest, form, distinct, distinct)
            words = [sys.executable, "-m", "tests.bench.distinct", path, issue_id, distinct]
            run = subprocess.run([*map(str, words)], check=True, stdout=subprocess.PIPE, text=True)
        told.append(f"{distinct} selections {float(run.stdout):.0f} MB")
    print(f"greatest memory of the program that renders them: {', '.join(told)}")


def main() -> None:
    compiling()
    assembling()
    remembering()


if __name__ == "__main__":
    main()
