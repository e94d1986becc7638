"""Told to stop, two at once, a database locked, full or gone: nobody is lost, and it says why."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from newsletter.store import departures, issues, ledger
from newsletter.store.deliveries import DeliveryView
from newsletter.store.values import DeliveryState, Skip, Way
from tests.integration.account import Account, settle
from tests.integration.audience import LIST, NOW, Store, Stores, issue_of
from tests.integration.senders import ISSUE, Launcher, Process
from tests.integration.sink import Sink, sink

CONNECTIONS = 16


@pytest.fixture
def stuck_sink(tmp_path: Path) -> Iterator[Sink]:
    """A sink that confirms hardly any message in the time of a test."""
    with sink(tmp_path, delay=120.0) as running:
        yield running


def begin(
    senders: Launcher, store: Store, to: Sink, sabotage: str = "", after: int = 50
) -> Process:
    """A sender that has had some messages accepted."""
    mark = to.mark()
    process = senders.start(store.url, to.url(CONNECTIONS), sabotage=sabotage)
    assert to.wait_for(after, mark), process.said
    return process


def resume(senders: Launcher, store: Store, to: Sink, *before: Sink) -> Account:
    """Sends what is left, as soon as the lock of the dead is free, and settles; `before` are the
    sinks that have the rest."""
    for _ in range(100):
        process = senders.start(store.url, to.url(CONNECTIONS))
        if process.ended() == 0:
            break
        assert "being sent by another process" in process.said
        time.sleep(0.05)
    return settle(store, [taken for sink in (*before, to) for taken in sink.accepted()])


def counts(store: Store) -> dict[DeliveryState, int]:
    with closing(store.open()) as database, database.read() as session:
        return dict(issues.counts(session, issue_of(database).id))


def last_line(process: Process) -> str:
    assert "Traceback" not in process.said
    return process.said.splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_sender_that_is_told_to_stop_leaves_none_in_doubt(
    stores: Stores,
    senders: Launcher,
    lingering_sink: Sink,
    slow_sink: Sink,
    number: signal.Signals,
) -> None:
    store = stores()
    process = begin(senders, store, lingering_sink)
    process.signal(number)
    assert process.ended() == 1
    assert last_line(process) == f"stopped as asked; `newsletter send {ISSUE}` goes on"
    left = counts(store)
    assert left[DeliveryState.SENT] == len(lingering_sink.accepted()) < 940
    assert not left.keys() & {DeliveryState.SENDING, DeliveryState.IN_DOUBT}
    resume(senders, store, slow_sink, lingering_sink).check(kills=0)


def is_pending(process: Process, number: signal.Signals) -> bool:
    """Whether a signal has not reached its process yet: one more of it would be the same one."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    facts = dict(line.split(":", 1) for line in lines)
    waiting = int(facts["SigPnd"], 16) | int(facts["ShdPnd"], 16)
    return bool(waiting >> (number - 1) & 1)


def test_a_second_ctrl_c_stops_at_once_and_the_doubts_are_listed(
    stores: Stores, senders: Launcher, stuck_sink: Sink, slow_sink: Sink
) -> None:
    store = stores()
    process = begin(senders, store, stuck_sink, after=CONNECTIONS)
    process.signal(signal.SIGINT)
    while is_pending(process, signal.SIGINT):
        time.sleep(0.01)
    time.sleep(0.3)
    assert process.runs, "it waits for replies to what it has sent"
    process.signal(signal.SIGINT)
    assert process.ended() == 1
    assert "stopped at once" in last_line(process)
    resume(senders, store, slow_sink, stuck_sink).check(kills=1)


def test_of_two_senders_at_once_only_one_sends_and_the_other_says_so(
    stores: Stores, senders: Launcher, lingering_sink: Sink, slow_sink: Sink
) -> None:
    store = stores()
    first = begin(senders, store, lingering_sink)
    second = senders.start(store.url, slow_sink.url(CONNECTIONS))
    assert second.ended() == 1
    assert last_line(second).endswith(
        "is being sent by another process: let it end, or stop it first"
    )
    assert first.runs
    first.kill()
    assert slow_sink.accepted() == []
    resume(senders, store, slow_sink, lingering_sink).check(kills=1)


def test_an_issue_whose_sender_died_after_its_last_message_is_ended_by_the_next(
    stores: Stores, senders: Launcher, slow_sink: Sink
) -> None:
    store = stores()
    assert senders.start(store.url, slow_sink.url(CONNECTIONS)).ended() == 0
    with closing(store.open()) as database, database.write() as session:
        # As it stands between the last outcome and the issue's own end.
        words = "UPDATE issues SET state = 'sending', finished_at = NULL"
        session.connection().exec_driver_sql(words)
    resume(senders, store, slow_sink).check(kills=0)


def leave_one_after_the_other(store: Store) -> set[str]:
    """Lets all readers leave, from the last on; those whose row was skipped by it."""
    skipped: set[str] = set()
    with closing(store.open()) as database:
        with database.read() as session:
            rows = list(ledger.deliveries(session, issue_of(database).id))
        for view in reversed(rows):
            with database.write() as session:
                departures.leave(session, LIST, view.subscriber_id, way=Way.PAGE, now=NOW)
                after = ledger.delivery(session, view.id)
            if _left(after):
                skipped.add(view.address)
    return skipped


def _left(view: DeliveryView) -> bool:
    return view.state is DeliveryState.SKIPPED and view.reason == Skip.LEFT


def test_nobody_is_mailed_whose_leave_was_committed_before_their_sending(
    stores: Stores, senders: Launcher, lingering_sink: Sink
) -> None:
    store = stores()
    process = begin(senders, store, lingering_sink)
    skipped = leave_one_after_the_other(store)
    assert process.ended() == 0
    assert len(skipped) > 20
    mailed = {message.recipient for message in lingering_sink.accepted()}
    assert skipped & mailed == set()
    account = settle(store, lingering_sink.accepted())
    account.check(kills=0)
    assert account.skipped >= len(skipped)


def test_that_test_would_see_claims_that_nobody_reads_back(
    sqlite_copies: Stores, senders: Launcher, lingering_sink: Sink
) -> None:
    store = sqlite_copies()
    process = begin(senders, store, lingering_sink, sabotage="claims_unread")
    skipped = leave_one_after_the_other(store)

    def mailed() -> set[str]:
        return skipped & {message.recipient for message in lingering_sink.accepted()}

    while process.runs and not mailed():
        time.sleep(0.05)
    process.kill()
    assert mailed()


def test_a_full_disk_stops_it_with_one_line_and_loses_nobody(
    sqlite_copies: Stores, senders: Launcher, lingering_sink: Sink, slow_sink: Sink
) -> None:
    store = sqlite_copies()
    begin(senders, store, lingering_sink).kill()
    with closing(store.open()):
        pass  # its log is gone into the file
    room = store.file.stat().st_size // 2  # for the log; the file itself need not grow
    process = senders.start(store.url, slow_sink.url(CONNECTIONS), sabotage=f"full_disk:{room}")
    assert process.ended() == 1
    assert last_line(process).startswith("newsletter: ")
    assert "disk" in last_line(process)
    resume(senders, store, slow_sink, lingering_sink).check(kills=2)


def test_a_short_lock_is_waited_for(
    sqlite_copies: Stores, senders: Launcher, lingering_sink: Sink, slow_sink: Sink
) -> None:
    store = sqlite_copies()
    process = begin(senders, store, lingering_sink)
    with closing(sqlite3.connect(store.file, timeout=60, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(0.5)
        mark = lingering_sink.mark()
        other.execute("ROLLBACK")
    assert lingering_sink.wait_for(CONNECTIONS + 1, mark), "more than what was on the wire"
    process.signal(signal.SIGTERM)
    assert process.ended() == 1
    resume(senders, store, slow_sink, lingering_sink).check(kills=0)


def test_a_lock_that_outlasts_patience_stops_it_with_one_line_and_loses_nobody(
    sqlite_copies: Stores, senders: Launcher, lingering_sink: Sink, slow_sink: Sink
) -> None:
    store = sqlite_copies()
    process = begin(senders, store, lingering_sink, sabotage="impatient:2")
    with closing(sqlite3.connect(store.file, timeout=60, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert process.ended() == 1
        other.execute("ROLLBACK")
    assert "is locked by another process" in last_line(process)
    resume(senders, store, slow_sink, lingering_sink).check(kills=1)


def terminate(store: Store, which: str = "true") -> None:
    """Ends the server's side of the connections to a database, as a restart of it does."""
    name = "postgres"
    with psycopg.connect(store.url, dbname=name, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a "  # noqa: S608 - our words
            f"WHERE a.datname = %s AND a.pid <> pg_backend_pid() AND {which}".encode(),
            (store.url.partition("?")[0].rpartition("/")[2],),
        )


def test_a_database_that_goes_away_stops_it_with_one_line_and_loses_nobody(
    postgresql_copies: Stores, senders: Launcher, lingering_sink: Sink, slow_sink: Sink
) -> None:
    store = postgresql_copies()
    process = begin(senders, store, lingering_sink)
    terminate(store)
    assert process.ended() == 1
    assert "does not answer" in last_line(process)
    resume(senders, store, slow_sink, lingering_sink).check(kills=1)


def test_a_sender_that_lost_its_lock_stops_so_that_two_never_send(
    postgresql_copies: Stores, senders: Launcher, lingering_sink: Sink, slow_sink: Sink
) -> None:
    store = postgresql_copies()
    process = begin(senders, store, lingering_sink)
    terminate(
        store,
        "EXISTS (SELECT 1 FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory')",
    )
    assert process.ended() == 1, "another may begin now, and would take this one for dead"
    resume(senders, store, slow_sink, lingering_sink).check(kills=1)
