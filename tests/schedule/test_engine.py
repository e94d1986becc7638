"""APScheduler looks at once, when something is due, and each minute."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from newsletter.schedule import engine
from newsletter.schedule.engine import EVERY, JOB, look_now, scheduler


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


async def until(looks: list[dt.datetime], number: int) -> None:
    """Waits for so many looks: longer than `EVERY`, which is when one comes that was held up."""
    for _ in range(12_000):
        if len(looks) >= number:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{len(looks)} looks, not {number}")


def test_it_looks_at_once_and_again_when_something_is_due() -> None:
    looks: list[dt.datetime] = []

    async def look() -> dt.datetime | None:
        looks.append(now())
        return looks[0] + dt.timedelta(seconds=0.3) if len(looks) == 1 else None

    async def run() -> None:
        clock = scheduler(look, now)
        clock.start()
        await until(looks, 2)
        after = clock.get_job(JOB).next_run_time
        clock.shutdown()
        assert looks[1] - looks[0] >= dt.timedelta(seconds=0.29)
        assert looks[1] < after <= looks[1] + EVERY

    asyncio.run(run())


def test_it_can_be_told_to_look_now() -> None:
    looks: list[dt.datetime] = []

    async def look() -> dt.datetime | None:
        looks.append(now())
        return None

    async def run() -> None:
        clock = scheduler(look, now)
        look_now(clock, now())  # it does not run yet
        clock.start()
        await until(looks, 1)
        await asyncio.sleep(0.05)
        look_now(clock, now())
        await until(looks, 2)
        clock.shutdown()

    asyncio.run(run())


def test_a_clock_that_is_set_back_by_hours_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[dt.datetime] = []
    monkeypatch.setattr(engine, "EVERY", dt.timedelta(seconds=1))

    async def look() -> dt.datetime | None:
        looks.append(now())
        return None

    async def run() -> None:
        clock = scheduler(look, now)
        clock.start()
        await until(looks, 1)
        await asyncio.sleep(0.05)
        clock.modify_job(JOB, next_run_time=now() + dt.timedelta(hours=3))  # so it seems then
        await until(looks, 2)
        clock.shutdown()

    asyncio.run(run())
