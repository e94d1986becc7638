"""A sender that is alone on SQLite writes its ledger on its own event loop, one in company in a
thread: what is promised of locks, of full disks and of being stopped holds of both."""

from __future__ import annotations

import json
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from newsletter.store.values import DeliveryState
from tests.integration.account import settle
from tests.integration.audience import Store, Stores
from tests.integration.senders import Launcher, Process
from tests.integration.sink import Sink
from tests.integration.test_interruptions import CONNECTIONS, begin, counts, last_line, resume

ALONE, IN_COMPANY = "told_ways", "in_company+told_ways"
both_ways = pytest.mark.parametrize("way", [ALONE, IN_COMPANY], ids=["alone", "in company"])

_NOTE = "UPDATE suppressions SET detail = detail || 'x' WHERE address_key = 'nobody'"


def ways(process: Process) -> tuple[int, int]:
    """How often its ledger was written on the event loop, and how often in a thread."""
    told = [line for line in process.said.splitlines() if line.startswith("ways: ")]
    found = json.loads(told[-1].removeprefix("ways: "))
    return found.get("on the loop", 0), found.get("in a thread", 0)


@contextmanager
def written(store: Store, hold: float, rest: float) -> Iterator[Callable[[], int]]:
    """Somebody who writes all the while, `hold` seconds each time; how often that was."""
    done, times = threading.Event(), 0

    def write() -> None:
        nonlocal times
        with closing(sqlite3.connect(store.file, timeout=60, isolation_level=None)) as other:
            while not done.wait(rest):
                other.execute("BEGIN IMMEDIATE")
                other.execute(_NOTE)
                time.sleep(hold)
                other.execute("COMMIT")
                times += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield lambda: times
    finally:
        done.set()
        writer.join()


@both_ways
def test_whoever_else_writes_meanwhile_takes_turns_with_it(
    sqlite_copies: Stores, senders: Launcher, slow_sink: Sink, way: str
) -> None:
    store = sqlite_copies()
    with (
        written(store, hold=0.0, rest=0.001) as often,
        written(store, hold=0.1, rest=0.05) as long,
    ):
        process = senders.start(store.url, slow_sink.url(CONNECTIONS), sabotage=way)
        assert process.ended() == 0, process.said
        assert often() > 20
        assert long() > 2
    on_loop, in_thread = ways(process)
    assert in_thread > 0, "it met a lock"
    assert bool(on_loop) == (way == ALONE)
    settle(store, slow_sink.accepted()).check(kills=0)


@both_ways
def test_which_way_its_ledger_is_written(
    sqlite_copies: Stores, senders: Launcher, slow_sink: Sink, way: str
) -> None:
    store = sqlite_copies()
    process = senders.start(store.url, slow_sink.url(CONNECTIONS), sabotage=way)
    assert process.ended() == 0
    on_loop, in_thread = ways(process)
    assert on_loop > in_thread if way == ALONE else on_loop == 0 < in_thread


def test_on_postgresql_it_is_written_in_a_thread(
    postgresql_copies: Stores, senders: Launcher, slow_sink: Sink
) -> None:
    process = senders.start(
        postgresql_copies().url, slow_sink.url(CONNECTIONS), sabotage="told_ways"
    )
    assert process.ended() == 0
    assert ways(process)[0] == 0


@both_ways
def test_told_to_stop_it_leaves_none_in_doubt(
    sqlite_copies: Stores, senders: Launcher, lingering_sink: Sink, slow_sink: Sink, way: str
) -> None:
    store = sqlite_copies()
    process = begin(senders, store, lingering_sink, way)
    process.signal(signal.SIGTERM)
    assert process.ended() == 1
    assert last_line(process).startswith("stopped as asked")
    left = counts(store)
    assert left[DeliveryState.SENT] == len(lingering_sink.accepted())
    assert not left.keys() & {DeliveryState.SENDING, DeliveryState.IN_DOUBT}
    resume(senders, store, slow_sink, lingering_sink).check(kills=0)


@both_ways
@pytest.mark.parametrize("twice", [0.0, 0.02])
def test_told_twice_while_it_writes_it_stops_at_once_and_nobody_is_lost(
    sqlite_copies: Stores, senders: Launcher, slow_sink: Sink, way: str, twice: float
) -> None:
    store = sqlite_copies()
    process = begin(senders, store, slow_sink, way)
    process.signal(signal.SIGINT)
    time.sleep(twice)
    process.signal(signal.SIGTERM)
    assert process.ended() == 1
    assert (
        last_line(process).partition(":")[2].startswith((" stopped at once", " stopped as asked"))
    )
    resume(senders, store, slow_sink).check(kills=1)


@both_ways
def test_a_full_disk_stops_it_with_one_line_and_loses_nobody(
    sqlite_copies: Stores, senders: Launcher, slow_sink: Sink, way: str
) -> None:
    store = sqlite_copies()
    begin(senders, store, slow_sink, way).kill()
    with closing(store.open()):
        pass  # its log is gone into the file
    room = store.file.stat().st_size // 2  # for the log; the file itself need not grow
    process = senders.start(
        store.url, slow_sink.url(CONNECTIONS), sabotage=f"{way}+full_disk:{room}"
    )
    assert process.ended() == 1
    assert "disk" in last_line(process)
    resume(senders, store, slow_sink).check(kills=2)


@both_ways
def test_a_lock_that_outlasts_patience_stops_it_with_one_line_and_loses_nobody(
    sqlite_copies: Stores, senders: Launcher, lingering_sink: Sink, slow_sink: Sink, way: str
) -> None:
    store = sqlite_copies()
    process = begin(senders, store, lingering_sink, f"{way}+impatient:0.5")
    with closing(sqlite3.connect(store.file, timeout=60, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert process.ended() == 1
        other.execute("ROLLBACK")
    assert "is locked by another process" in last_line(process)
    resume(senders, store, slow_sink, lingering_sink).check(kills=1)


@both_ways
def test_a_database_that_is_moved_away_stops_it_and_put_back_it_has_lost_nobody(
    sqlite_copies: Stores, senders: Launcher, lingering_sink: Sink, slow_sink: Sink, way: str
) -> None:
    store = sqlite_copies()
    process = begin(senders, store, lingering_sink, way)
    aside = store.file.with_suffix(".aside")
    store.file.rename(aside)
    assert process.ended() == 1
    assert last_line(process).startswith(f"newsletter: the database {store.file} ")
    assert not store.file.exists(), "an empty one in its place would look as if all were well"
    aside.rename(store.file)
    resume(senders, store, slow_sink, lingering_sink).check(kills=1)
