"""Whole sends, each killed again and again and resumed with the same command until it is done."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tests.integration.account import Account, settle
from tests.integration.audience import Store, Stores, issue_of
from tests.integration.senders import Launcher, Process
from tests.integration.sink import Sink

EARLY = 7
"""Each so many-th kill is at any moment from the start on: freezing, fan-out, connecting."""

IDLE = 2
"""A send that came to its end so often without finishing the issue will never finish it."""

_BUSY = "is being sent by another process"


@dataclass(kw_only=True)
class Figures:
    """What was done and seen, over all sends of a run."""

    database: str
    seed: int
    sends: int = 0
    kills: int = 0
    while_sending: int = 0  # messages of this process had been accepted, and others were left
    waits: int = 0  # the lock of the dead was not yet free
    accounts: list[Account] = field(default_factory=list)

    def __str__(self) -> str:
        total = {
            name: sum(getattr(account, name) for account in self.accounts)
            for name in ("audience", "accepted", "failed", "skipped", "repeats", "doubts")
        }
        lost = sum(len(account.lost) for account in self.accounts)
        unlisted = sum(len(account.unlisted) for account in self.accounts)
        differing = sum(len(account.differing) for account in self.accounts)
        return (
            f"{self.database} (seed {self.seed}): {self.kills} kills, {self.while_sending} of them "
            f"while messages were being sent, over {self.sends} sends with 16 connections\n"
            f"  audience {total['audience']} = accepted {total['accepted']} + failed "
            f"{total['failed']} + skipped {total['skipped']}; lost {lost}\n"
            f"  sent twice {total['repeats']} of at most {16 * self.kills}, listed as in doubt "
            f"{total['doubts']}; not listed {unlisted}, other octets {differing}"
        )


@dataclass(frozen=True)
class Gauntlet:
    """What a send is run through. `longest` is the latest moment of a kill, in seconds after the
    first message of a process was accepted. `before` is called with the store before each process,
    `after` when one was killed. A `sound` sender must pass each account."""

    launcher: Launcher
    sink: Sink
    stores: Stores
    chance: random.Random
    longest: float = 0.2
    sabotage: str = ""
    sound: bool = True
    before: Callable[[Store], None] = lambda _store: None
    after: Callable[[Store], None] = lambda _store: None

    def run(self, figures: Figures, kills: int) -> Figures:
        """Sends until so many kills have hit, the last send to its end."""
        while figures.kills < kills:
            before, mark, store = replace(figures), self.sink.mark(), self.stores()
            idle = 0
            while idle < IDLE and not _is_done(store):
                left = self._attempt(store, figures, figures.kills < kills)
                idle = 0 if left is None else idle + 1
            figures.sends += 1
            account = settle(store, self.sink.accepted(mark))
            figures.accounts.append(account)
            if self.sound:
                account.check(figures.kills - before.kills)
        return figures

    def until(self, shown: Callable[[Account], bool], kills: int = 20) -> bool:
        """Sends and kills until an account shows something, so many kills at most; whether one
        did."""
        figures = Figures(database="", seed=0)
        while figures.kills < kills and not any(map(shown, figures.accounts)):
            self.run(figures, figures.kills + 1)
        return any(map(shown, figures.accounts))

    def _attempt(self, store: Store, figures: Figures, kill: bool) -> int | None:
        """One process, killed if `kill`; its exit code, or None if it did not come to its end."""
        mark = self.sink.mark()
        self.before(store)
        process = self.launcher.start(store.url, self.sink.url(), sabotage=self.sabotage)
        if kill:
            self._wait_for_the_moment(process, mark, early=figures.kills % EARLY == EARLY - 1)
            process.kill()
        code = process.ended()
        assert code >= 0 or (kill and code == -signal.SIGKILL), process.said
        if code < 0:
            figures.kills += 1
            self.after(store)
            figures.while_sending += bool(self.sink.accepted(mark))
            return None
        if _BUSY in process.said:
            # The server has not yet noticed that the dead one's connection is closed.
            figures.waits += 1
            time.sleep(0.02)
            return None
        assert code == 0, process.said
        return code

    def _wait_for_the_moment(self, process: Process, mark: int, *, early: bool) -> None:
        if early:
            time.sleep(self.chance.uniform(0, 0.6))
            return
        while process.runs and not self.sink.accepted(mark):
            time.sleep(0.002)
        time.sleep(self.chance.uniform(0.005, self.longest))


def _is_done(store: Store) -> bool:
    database = store.open()
    try:
        return issue_of(database).finished_at is not None
    finally:
        database.close()
