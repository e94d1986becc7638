"""Compiling an issue and putting messages together, in CPU time: `python -m
tests.bench.rendering`."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable

from newsletter.content.planning import Plan, plan
from newsletter.delivery.messages import message_for
from newsletter.rendering.compiled import Compiled
from newsletter.store.values import Fixed
from tests.bench.stage import KEYRING, NOW, compiled, digest_of, octets, samples, selection, sized
from tests.builders import make_digest

MANY = 100_000
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
    for languages in (("en",), ("zh",), ("en", "zh")):
        found = []
        for _ in range(9):
            began = time.process_time()
            compiled(digest, languages)
            found.append(time.process_time() - began)
        each = statistics.median(found) / len(languages)
        print(f"compiling 92 entries, {'+'.join(languages)}: {each * 1e3:.0f} ms per language")


def assembling() -> None:
    digest, form = sized(40_000, html=True)
    form = Compiled.loads(form.dumps())
    size = octets(samples(digest, form, html=True))
    plans = [plan(digest, selection(number), form) for number in range(4_095)]
    mean = statistics.fmean(map(form.html_octets, plans[::50]))
    usual = min(plans[::50], key=lambda one: abs(form.html_octets(one) - mean))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    one, many, own = [], [], []
    for start in range(0, MANY, _BATCH):  # in turn, so that all have the same share of any noise
        numbers = range(start, start + _BATCH)
        one.append(_each(lambda _: _message(form, usual), numbers))
        many.append(_each(lambda number: _message(form, plans[number % 4_095]), numbers))
        own.append(
            _each(lambda number: _message(form, plan(digest, selection(number), form)), numbers)
        )
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    single, several, planned = map(statistics.median, (one, many, own))
    print(f"putting {size} octets together, tokens included, medians of {MANY}:")
    print(f"  one selection              {single:4.0f} µs")
    print(f"  4 095 of them              {several:4.0f} µs, {several / single:.2f} times")
    print(f"  {MANY}, each planned anew {planned:4.0f} µs, {planned / single:.2f} times")
    print(f"  memory grown by {grown / 1024:.1f} MB")


def _message(form: Compiled, chosen: Plan) -> bytes:
    return message_for(form, chosen, _FIXED, 123_456, KEYRING)


def _each(do: Callable[[int], object], numbers: range) -> float:
    """µs of CPU of one call."""
    began = time.process_time()
    for number in numbers:
        do(number)
    return (time.process_time() - began) / len(numbers) * 1e6


def main() -> None:
    compiling()
    assembling()


if __name__ == "__main__":
    main()
