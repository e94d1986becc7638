"""Ways to break a sender, each called in its process before it begins.

They show that the tests would see the fault which they are there to exclude.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import resource
import signal
import sqlite3
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from itertools import count
from typing import Any

from sqlalchemy import Engine, event, text
from sqlalchemy.engine import URL

from newsletter.delivery import course, engine
from newsletter.delivery.committer import Committer
from newsletter.delivery.sender import Surroundings
from newsletter.store import database, sqlite_file
from newsletter.store.values import Claim, Due, Outcome
from tests.integration.synced import keep_twins

_BOAST = text("UPDATE deliveries SET state = 'sent' WHERE id = :id")


def claims_after_the_body() -> None:
    """Each message goes out at once; that it is being sent is recorded when it is answered."""

    class Late(Committer):
        def submit(self, outcome: Outcome | None, claim: Claim | None) -> asyncio.Future[bool]:
            held: dict[int, Claim] = self.__dict__.setdefault("_held", {})
            if claim is not None:
                held[claim.delivery_id] = claim
            if outcome is not None:
                claimed = super().submit(None, held.pop(outcome.delivery_id))
                claimed.add_done_callback(lambda _: self._record(outcome))
            granted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            granted.set_result(True)
            return granted

        def _record(self, outcome: Outcome) -> None:
            super().submit(outcome, None)

    vars(course)["Committer"] = Late


def claims_unread() -> None:
    """Claims are made and nobody reads back which of them were granted."""
    real = engine.StoreLedger._commit

    def commit(
        self: engine.StoreLedger,
        outcomes: Sequence[Outcome],
        claims: Sequence[Claim],
        *rest: Any,
        **manner: Any,
    ) -> frozenset[int]:
        real(self, outcomes, claims, *rest, **manner)
        return frozenset(claim.delivery_id for claim in claims)

    vars(engine)["StoreLedger"] = type("Unread", (engine.StoreLedger,), {"_commit": commit})


def sent_when_fetched() -> None:
    """A page of rows is recorded as sent when it is read, as those do who move a cursor first."""
    claims_unread()
    real = engine.StoreLedger.page

    def page(self: engine.StoreLedger, now: dt.datetime, after: int) -> list[Due]:
        found = real(self, now, after)
        rows = [{"id": due.delivery_id} for due in found]
        with self._database.write() as session:
            if rows:
                session.connection().execute(_BOAST, rows)
        return found

    engine.StoreLedger.page = page  # type: ignore[method-assign]  # in this process alone


def unsynced() -> None:
    """Commits do not wait for the disk, and this process keeps twins of what is on it."""
    keep_twins()
    real = sqlite_file.engine

    def opened(url: URL, busy_seconds: float) -> Engine:
        engine = real(url, busy_seconds)

        @event.listens_for(engine, "connect")
        def hurry(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute("PRAGMA synchronous=OFF")

        return engine

    sqlite_file.engine = opened


def twins() -> None:
    """Not broken: this process keeps twins of what is on the disk."""
    keep_twins()


def in_company() -> None:
    """Not broken: it sends as if beside a web page, and writes its ledger in a thread."""
    from newsletter.cli import sending

    def beside(**given: Any) -> Surroundings:
        return Surroundings(**given | {"alone": False})

    vars(sending)["Surroundings"] = beside


def told_ways() -> None:
    """Not broken: it says how often its ledger was written on the event loop, and how often in a
    thread; one that was refused there is not counted."""
    ways: Counter[str] = Counter()

    class Told(engine.StoreLedger):
        def commit(self, *group: Any) -> frozenset[int]:
            ways["in a thread"] += 1
            return super().commit(*group)

        def at_once(self, *group: Any) -> frozenset[int] | None:
            granted = super().at_once(*group)
            ways["on the loop"] += granted is not None
            return granted

        def close(self) -> None:
            super().close()
            print(f"ways: {json.dumps(ways)}", flush=True)

    vars(engine)["StoreLedger"] = Told


def impatient(seconds: str) -> None:
    """Not broken: a writer on SQLite waits for a lock for so long."""
    database.BUSY_SECONDS = float(seconds)  # type: ignore[assignment]  # a fraction, for a test


def full_disk(octets: str) -> None:
    """Not broken: no file may grow beyond so many octets."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(octets), int(octets)))


def trusting() -> None:
    """The clock looks each second, and the leaving link is not tried: nobody answers there."""
    from newsletter.cli import clockwork
    from newsletter.schedule import engine as clock

    clock.EVERY = dt.timedelta(seconds=1)

    async def proven(*_: object) -> None:
        return None

    vars(clockwork)["prove_leaving"] = proven


def dies(where: str) -> None:
    """SIGKILL, `before` or `after` the so many-th call of a function: `module:name,after,2`."""
    trusting()
    path, moment, number = where.split(",")
    module, _, name = path.rpartition(":")
    holder: Any = import_module(module)
    *outer, last = name.split(".")
    for part in outer:
        holder = getattr(holder, part)
    real, calls = getattr(holder, last), count(1)

    def dying(*args: Any, **kwargs: Any) -> Any:
        this = next(calls) == int(number)
        if this and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        found = real(*args, **kwargs)
        if this:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    setattr(holder, last, dying)
