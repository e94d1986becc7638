"""The group commit: what all connections want recorded rides in one transaction.

While one transaction runs, the wishes of the others gather for the next. A claim is granted, and an
outcome recorded, only when its transaction is on disk.

It is run in a thread, so that nobody waits for the disk who need not. Where nobody else is there a
thread costs more than it gives: two that hand each other the interpreter for some microseconds of
work slow one another down. There the ledger may be written on the event loop.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import NamedTuple, Protocol

from newsletter.errors import DatabaseError, NewsletterError
from newsletter.store.values import Claim, Outcome

LINGER = 0.002
"""Seconds that a commit in a thread waits for connections that are not in it yet: a full one costs
less, and changing threads costs much."""

QUIET_TURNS = 3
"""Turns of the event loop without a new wish, after which a commit on it waits no longer: a reply
that is there to be read is a wish within two, and all others wait for the relay anyway."""

Granted = frozenset[int]
"""The ids of the claims that are granted."""


class Skipped(NamedTuple):
    """A delivery that turned out to have nothing to send, and why."""

    delivery_id: int
    reason: str


class SetAside(NamedTuple):
    """A delivery that is not tried now and waits until then; `at` is when that was decided."""

    delivery_id: int
    reason: str
    at: dt.datetime
    until: dt.datetime


Untried = Skipped | SetAside
"""A delivery that is not tried now."""


class Ledger(Protocol):
    """Where deliveries are accounted for."""

    def commit(
        self,
        outcomes: Sequence[Outcome],
        claims: Sequence[Claim],
        skips: Sequence[Untried],
    ) -> Granted:
        """Makes all of it durable in one transaction; the ids of the claims that are granted.

        An outcome of a delivery that is claimed beside it ends that claim, if it is granted.
        """


AtOnce = Callable[[Sequence[Outcome], Sequence[Claim], Sequence[Untried]], Granted | None]
"""`Ledger.commit` that waits for nobody but the disk. Where another writes just now it is None, and
nothing is done."""


class _Wish(NamedTuple):
    outcome: Outcome | None
    claim: Claim | None
    granted: asyncio.Future[bool]


class Committer:
    """Gathers wishes on the event loop and commits them, one group after the other, in `executor`.

    `company` is how many may have a wish at once: when all have one, there is nobody to wait for.
    With `at_once` the loop itself commits, and the executor only when that was refused.
    After a failure of the ledger nothing more is committed: every wish, those to come too, raises
    that error, so no message goes out that the ledger does not know of.
    """

    def __init__(
        self,
        ledger: Ledger,
        executor: Executor,
        company: Callable[[], int] = lambda: 1,
        at_once: AtOnce | None = None,
    ) -> None:
        self._ledger = ledger
        self._at_once: AtOnce = at_once or _never
        self._on_loop = at_once is not None
        self._executor = executor
        self._company = company
        self._loop = asyncio.get_running_loop()
        self._waiting: list[_Wish] = []
        self._skips: list[Untried] = []
        self._running: asyncio.Future[Granted] | None = None
        self._timer: asyncio.Handle | None = None
        self._soon = False
        self._failure: NewsletterError | None = None
        self._unrecorded: list[Outcome] = []

    @property
    def failure(self) -> NewsletterError | None:
        """What the ledger failed with, if it did."""
        return self._failure

    def submit(self, outcome: Outcome | None, claim: Claim | None) -> asyncio.Future[bool]:
        """Asks for `outcome` to be recorded and for `claim`; whether the claim is granted.

        The future raises a NewsletterError if the ledger fails.
        """
        granted: asyncio.Future[bool] = self._loop.create_future()
        if self._failure is not None:
            granted.set_exception(self._failure)
            granted.exception()  # seen: whoever does not ask need not be told by a log
            self._unrecorded += [outcome] if outcome is not None else []
        else:
            self._waiting.append(_Wish(outcome, claim, granted))
            self._schedule()
        return granted

    def skip(self, untried: Untried) -> None:
        """Asks for a delivery to be skipped, or set aside, with the next group."""
        self._skips.append(untried)
        self._schedule()

    async def flush(self) -> None:
        """Waits until all that was asked for is durable.

        Raises:
            NewsletterError: the ledger failed.
        """
        while self._failure is None and (self._waiting or self._skips or self._running):
            if self._running is not None:
                await asyncio.wait((self._running,))
            else:
                self._schedule()
            await asyncio.sleep(0)
        if self._failure is not None:
            raise self._failure

    async def salvage(self) -> None:
        """After a failure: one more attempt at what is known of letters that were answered.

        What it cannot record is in doubt, and found to be so by the next sender.
        """
        outcomes, self._unrecorded = self._unrecorded, []
        if outcomes:
            wish = self._loop.run_in_executor(self._executor, self._ledger.commit, outcomes, [], [])
            await asyncio.wait((wish,))
            wish.exception()

    def close(self) -> None:
        """Forgets what was asked for and is in no transaction yet: from here on nobody waits for
        it, and the issue may be another sender's."""
        self._failure = self._failure or DatabaseError("this send has ended")
        self._forget_timer()
        self._waiting, self._skips = [], []

    def _schedule(self) -> None:
        """At the end of this turn of the loop if all are there, so that each is in the group."""
        if self._running is not None or self._failure is not None or self._soon:
            return
        if len(self._waiting) >= self._company():
            self._soon = True
            self._forget_timer()
            self._loop.call_soon(self._commit)
        elif self._timer is None and self._on_loop:
            self._look(0, QUIET_TURNS)
        elif self._timer is None:
            self._timer = self._loop.call_later(LINGER, self._commit)

    def _look(self, seen: int, turns: int) -> None:
        """Commits once so many turns in a row have brought nothing to the group."""
        wishes = len(self._waiting) + len(self._skips)
        if wishes > seen:
            turns = QUIET_TURNS
        if turns:
            self._timer = self._loop.call_soon(self._look, wishes, turns - 1)
        else:
            self._commit()

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _commit(self) -> None:
        self._soon = False
        self._forget_timer()
        if not (self._waiting or self._skips):
            return
        wishes, self._waiting = self._waiting, []
        skips, self._skips = self._skips, []
        outcomes = [wish.outcome for wish in wishes if wish.outcome is not None]
        claims = [wish.claim for wish in wishes if wish.claim is not None]
        self._running = self._loop.create_task(self._written(outcomes, claims, skips))
        self._running.add_done_callback(lambda done: self._committed(wishes, done))

    async def _written(
        self,
        outcomes: Sequence[Outcome],
        claims: Sequence[Claim],
        skips: Sequence[Untried],
    ) -> Granted:
        if self._failure is not None:  # it was closed before this began
            raise self._failure
        granted = self._at_once(outcomes, claims, skips)
        if granted is None:
            commit = self._ledger.commit
            granted = await self._loop.run_in_executor(
                self._executor, commit, outcomes, claims, skips
            )
        return granted

    def _committed(self, wishes: list[_Wish], done: asyncio.Future[Granted]) -> None:
        self._running = None
        error = None if done.cancelled() else done.exception()
        if error is not None or done.cancelled():
            self._fail(wishes, error)
        else:
            self._grant(wishes, done.result())

    def _grant(self, wishes: list[_Wish], granted: Granted) -> None:
        for wish in wishes:
            if not wish.granted.done():
                wish.granted.set_result(
                    wish.claim is not None and wish.claim.delivery_id in granted
                )
        if self._waiting or self._skips:
            self._schedule()

    def _fail(self, wishes: list[_Wish], error: BaseException | None) -> None:
        self._failure = _told(error)
        lost, self._waiting = wishes + self._waiting, []
        self._unrecorded += [wish.outcome for wish in lost if wish.outcome is not None]
        for wish in lost:
            if not wish.granted.done():
                wish.granted.set_exception(self._failure)
                wish.granted.exception()


def _never(*_group: object) -> None:
    """For a ledger that may take its time."""


def _told(error: BaseException | None) -> NewsletterError:
    if isinstance(error, NewsletterError):
        return error
    failure = DatabaseError(
        f"the ledger cannot be written: {error or 'it was stopped'}; sending has stopped and "
        "nothing is lost: mend it and run `newsletter send` again"
    )
    failure.__cause__ = error
    return failure
