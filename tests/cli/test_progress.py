"""How a send is going, as it is shown while it goes."""

from __future__ import annotations

import asyncio
import datetime as dt
import io

import pytest
from rich.console import Console

from newsletter.cli import progress
from newsletter.cli.progress import LINE_EVERY, Progress, SendView
from newsletter.errors import DatabaseError
from newsletter.store.troubled import Trouble
from newsletter.store.values import DeliveryState, Outcome

NOW = dt.datetime(2026, 2, 12, 8, 0, tzinfo=dt.UTC)
SENT, DEFERRED, FAILED = DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.FAILED
TROUBLED = (Trouble("qq.com", 3, 0), Trouble("example.org", 1, 2))


def outcome(state: DeliveryState) -> Outcome:
    return Outcome(delivery_id=1, state=state, at=NOW, relay="mx:25")


def test_rate_and_time_left_are_of_late() -> None:
    progress = Progress(1000, 0.0)
    for second in range(1, 101):
        for _ in range(8 if second <= 50 else 2):
            progress.add(outcome(SENT))
        progress.rate(float(second))
    assert progress.facts(100.0) == {
        "sent": "500",
        "deferred": "0",
        "failed": "0",
        "rate": "2.0/s",
        "left": "0:04:10",
    }


def test_before_the_first_nothing_is_foretold_and_after_the_last_nothing_is_left() -> None:
    assert Progress(10, 0.0).facts(0.0)["left"] == "-"
    done = Progress(1, 0.0)
    done.add(outcome(SENT))
    assert done.facts(5.0)["left"] == "0:00:00"


def test_the_deferred_are_not_done() -> None:
    progress = Progress(3, 0.0)
    for state in (SENT, DEFERRED, FAILED):
        progress.add(outcome(state))
    progress.troubled = TROUBLED
    line = progress.line(1.0)
    assert line.startswith("2 of 3: sent 1, deferred 1, failed 1, rate 2.0/s, left ")
    assert line.endswith("; qq.com 3 deferred; example.org 1 deferred, 2 failed")


def test_elsewhere_than_on_a_terminal_a_line_comes_now_and_then_and_at_the_end() -> None:
    out, now = io.StringIO(), [0.0]
    with SendView("sending it", 100, Console(file=out, width=200), lambda: now[0]) as view:
        for number in range(100):
            now[0] = number * LINE_EVERY / 50
            view.observe(outcome(SENT))
    lines = out.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("sending it: 1 of 100: sent 1")
    assert lines[-1].startswith("sending it: 100 of 100: sent 100")


def test_a_terminal_shows_counts_and_the_domains_in_trouble(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "LOOK_EVERY", 0.01)
    out, now, looks = io.StringIO(), [0.0], list[int]()

    def look() -> tuple[Trouble, ...]:
        looks.append(1)
        return TROUBLED

    async def followed(view: SendView) -> None:
        following = asyncio.ensure_future(view.follow(look))
        while len(looks) < 2:  # noqa: ASYNC110 - what the first has found is known by then
            await asyncio.sleep(0.01)
        following.cancel()

    console = Console(file=out, width=100, force_terminal=True)
    with SendView("sending it", 4, console, lambda: now[0]) as view:
        asyncio.run(followed(view))
        now[0] = 2.0
        view.observe(outcome(SENT))
        view.observe(outcome(DEFERRED))
    shown = out.getvalue()
    assert "1/4" in shown
    assert "sent 1   deferred 1   failed 0   rate 0.5/s   left 0:00:06" in shown
    assert "qq.com 3 deferred" in shown


def test_a_database_in_trouble_ends_only_the_looking() -> None:
    def gone() -> tuple[Trouble, ...]:
        raise DatabaseError("the database is gone")

    asyncio.run(SendView("sending it", 1).follow(gone))
