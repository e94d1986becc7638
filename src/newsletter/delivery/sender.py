"""Sending a shard of deliveries over a relay: one function that knows nothing of who called it.

Each connection carries one letter after the other. In the order that the promises need:

    envelope ─► claim durable ─► go-ahead (354) ─► content, next envelope ─► reply
                     ▲                                                         │
                     └───── outcome of this and claim of the next, together ◄──┘
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import NamedTuple

import structlog

from newsletter.delivery.committer import Committer, SetAside, Skipped
from newsletter.delivery.connecting import open_relay
from newsletter.delivery.connection import Answer, Connection, Letter
from newsletter.delivery.feed import Feed
from newsletter.delivery.judging import judge
from newsletter.delivery.lanes import Lanes
from newsletter.delivery.offers import Offers
from newsletter.delivery.pacing import next_day
from newsletter.delivery.patience import heed
from newsletter.delivery.providers import Providers, Rest
from newsletter.delivery.reach import Reach
from newsletter.delivery.relay import RelaySettings
from newsletter.delivery.shard import Manners, Prepared, Summary, Surroundings, Work, fitted
from newsletter.delivery.tally import Tally
from newsletter.errors import MessageError, NewsletterError, RelayError
from newsletter.replies import Judgement, Stage
from newsletter.store.values import Claim, DeliveryState, Due, Outcome

__all__ = ["Manners", "Prepared", "Summary", "Surroundings", "Work", "send_issue"]


async def send_issue(
    work: Work, relay: RelaySettings, around: Surroundings, manners: Manners | None = None
) -> Summary:
    """Sends what is due until nothing is left that may be sent now, or until told to stop.

    When the relay cannot be used, or not any more, it goes on over the relay's fallback.

    Raises:
        RelayError: no relay can be used; what was not sent stays queued.
        DatabaseError: the ledger cannot be written; nothing is lost.
    """
    manners = manners or Manners()
    shared = _Shared(
        Tally(), Providers(manners.retry), Offers(relay, lambda r: open_relay(r, manners.timeouts))
    )
    try:
        return await _Run(work, relay, around, manners, shared).all()
    except RelayError as error:
        if relay.fallback is None or around.stop.is_set():
            raise
        _log(relay).warning("relay given up", reason=str(error), then=relay.fallback.name)
        shared.offers.lost(relay)
        return await _over_fallback(work, relay.fallback, around, manners, shared, error)


async def _over_fallback(
    work: Work,
    relay: RelaySettings,
    around: Surroundings,
    manners: Manners,
    shared: _Shared,
    before: RelayError,
) -> Summary:
    try:
        return await _Run(work, relay, around, manners, shared, second=True).all()
    except RelayError as error:
        raise type(error)(f"{before}; and {error}") from error


def _log(relay: RelaySettings) -> structlog.stdlib.BoundLogger:
    log: structlog.stdlib.BoundLogger = structlog.get_logger("newsletter.delivery")
    return log.bind(relay=relay.name)


class _Shared(NamedTuple):
    """What stays when a send goes on over another relay."""

    tally: Tally
    providers: Providers
    offers: Offers


class _Job(NamedTuple):
    due: Due
    claim: Claim
    letter: Letter


class _Run:
    """A send over one relay: what its connections share. `second`: it is the fallback."""

    def __init__(
        self,
        work: Work,
        relay: RelaySettings,
        around: Surroundings,
        manners: Manners,
        shared: _Shared,
        *,
        second: bool = False,
    ) -> None:
        self._work, self._relay, self._around, self._manners = work, relay, around, manners
        self._tally, self._providers, self._offers = shared
        self._second = second
        patience = manners.persistence
        if relay.fallback is not None:
            patience = replace(patience, failures=patience.failures_before_another)
        self._reach = Reach(
            lambda: open_relay(relay, manners.timeouts),
            patience,
            around.chance,
            lambda failures: self._log.warning("relay failed", in_a_row=failures),
        )
        self._committer = Committer(work.ledger, work.executor, self._reach.count)
        self._pace = around.paces.of(relay)
        self._feed: Feed | Lanes = Feed(work.pages)
        self._log = _log(relay)
        self._halt = ""
        self._trouble: NewsletterError | None = None
        self._stop = asyncio.Event()
        self._seconds = asyncio.get_running_loop().time

    async def all(self) -> Summary:
        watch = asyncio.ensure_future(self._watch_stop())
        try:
            # What went back into the queue is taken up again, each delivery at most once at a time.
            again, passed = True, frozenset[str]()
            while again and not self._stop.is_set():
                before = self._tally.queued_again
                self._open_feed(passed)
                await self._through()
                anew = self._tally.queued_again > before
                passed = self._feed.passed
                again = (anew or bool(passed)) and not self._feed.exhausted
                passed = frozenset() if anew else passed
        finally:
            watch.cancel()
            self._reach.abort()
            await self._feed.close()
        await self._settle()
        if self._feed.exhausted:
            tomorrow = next_day(self._around.clock())
            self._tally.waits(tomorrow)
            self._log.warning("the warm-up allows no more today", until=str(tomorrow))
        return self._tally.summary(halt=self._halt, stopped=self._around.stop.is_set())

    def _open_feed(self, passed: frozenset[str]) -> None:
        feed = self._feed = Feed(self._work.pages)
        if self._pace is not None:
            self._feed = Lanes(feed, self._pace, self._around.clock, self._stop, passed)

    async def _settle(self) -> None:
        if self._committer.failure is not None:
            await self._committer.salvage()
        else:
            await self._committer.flush()
        if self._trouble is not None:
            raise self._trouble

    async def _watch_stop(self) -> None:
        outer = asyncio.ensure_future(self._around.stop.wait())
        inner = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait((outer, inner), return_when=asyncio.FIRST_COMPLETED)
            self._end()
            await asyncio.sleep(self._manners.drain)
            self._reach.abort()
        finally:
            outer.cancel()
            inner.cancel()

    def _end(self) -> None:
        self._stop.set()
        self._reach.wake()

    async def _through(self) -> None:
        """One pass over what is due. The first connection proves the relay before others open."""
        try:
            if not await self._feed.waiting():
                return
            first = await self._reach.connect()
        except NewsletterError as error:
            self._give_up(error)
            return
        workers = [self._worker(first)]
        workers += [self._worker(None) for _ in range(self._relay.connections - 1)]
        async with asyncio.TaskGroup() as group:
            for worker in workers:
                group.create_task(worker)

    def _give_up(self, error: NewsletterError) -> None:
        self._trouble = self._trouble or error
        self._end()

    async def _worker(self, connection: Connection | None) -> None:
        try:
            while not self._stop.is_set() and await self._feed.waiting():
                if connection is None:
                    connection = await self._feed.in_turn(self._reach.connect)
                if connection is not None:
                    self._offers.met(self._relay, connection.capabilities)
                    try:
                        await self._carry(connection)
                    finally:
                        await self._reach.release(connection)
                        connection = None
            self._reach.wake()  # whoever waits for the relay need not: there is nothing left
        except NewsletterError as error:
            self._give_up(error)
        finally:
            if connection is not None:
                await self._reach.release(connection)

    async def _carry(self, connection: Connection) -> None:
        """Letters over one connection, until it ends or they do."""
        while await self._row(connection) and self._pace is not None and connection.alive:
            pass  # at a pace, a connection is kept for the next letter's turn

    async def _row(self, connection: Connection) -> bool:
        """Letters that follow one another at once; False if there was none."""
        job = await self._next(connection, under_way=0)
        if job is None:
            return False
        connection.begin(job.letter)
        granted = self._committer.submit(None, job.claim)
        while job is not None:
            upcoming = await self._upcoming(connection)
            try:
                job, granted = await self._letter(connection, job, granted, upcoming)
            except NewsletterError:
                connection.abort()
                raise
            if job is None:
                await granted
                if upcoming is not None:
                    self._feed.give_back(upcoming.due)
        return True

    async def _upcoming(self, connection: Connection) -> _Job | None:
        """The next letter, prepared while disk and relay are busy with one that must be finished
        whatever is wrong with the next."""
        try:
            return await self._next(connection, under_way=1)
        except NewsletterError as error:
            self._give_up(error)
            return None

    async def _letter(
        self,
        connection: Connection,
        job: _Job,
        granted: asyncio.Future[bool],
        upcoming: _Job | None,
    ) -> tuple[_Job | None, asyncio.Future[bool]]:
        """One letter; the next one whose envelope is out, and the commit to wait for."""
        answer = await connection.opened()
        if not await granted:
            # The reader left, or the issue was paused. What was opened never gets its final dot.
            connection.abort()
            if not await self._work.going():
                self._end()
            return None, granted
        riding = answer.go_ahead
        if riding:
            connection.send(None if self._stop.is_set() else upcoming and upcoming.letter)
            answer = await connection.answered()
        outcome = self._judged(connection, job, answer)
        if upcoming is None or self._stop.is_set() or not connection.alive:
            if riding and upcoming is not None:
                connection.abort()  # its envelope is out, and will have no content
            return None, self._committer.submit(outcome, None)
        if not riding:
            connection.begin(upcoming.letter)
        return upcoming, self._committer.submit(outcome, upcoming.claim)

    def _judged(self, connection: Connection, job: _Job, answer: Answer) -> Outcome:
        judged = judge(
            job.due,
            job.claim.fixed,
            answer,
            relay=self._relay.name,
            now=self._around.clock(),
            retry=self._manners.retry,
            chance=self._around.chance(),
        )
        verdict = judged.verdict
        if verdict is None or verdict.judgement is Judgement.RELAY_BUSY:
            self._reach.failed(connection, judged.outcome.reason)
        else:
            self._reach.worked()
        if self._pace is not None:
            slowed = heed(self._pace, job.claim.fixed.address, judged, self._seconds())
            if slowed:
                self._log.warning("slowed", what=slowed, reason=judged.outcome.reason)
        rest = self._providers.note(job.claim.fixed.address, judged, self._around.chance())
        if rest is not None:
            self._log.warning("provider rests", until=str(rest.until), reason=rest.reason)
        halt = self._providers.halt
        if verdict is not None and verdict.pauses_issue:
            halt = f"{verdict.reason}: {answer.reply and answer.reply.text}"
        if halt:
            self._halt = self._halt or halt
            self._end()
        self._note(judged.outcome)
        return judged.outcome

    def _note(self, outcome: Outcome) -> None:
        self._tally.add(outcome)
        if outcome.state is DeliveryState.QUEUED:
            self._feed.cut()
        self._log.info(
            "attempt",
            delivery=outcome.delivery_id,
            state=outcome.state.value,
            stage=outcome.stage,
            code=outcome.code,
            enhanced=outcome.enhanced,
        )
        self._around.observe(outcome)

    async def _next(self, connection: Connection, under_way: int) -> _Job | None:
        """The next letter for a connection, or None when it should carry no more."""
        while not self._stop.is_set() and connection.carried + under_way < self._relay.reuse:
            due = await self._feed.take(wait=not under_way)
            if due is None:
                return None
            rest = self._providers.resting(due.address, self._around.clock())
            if rest is not None and self._set_aside(due, rest):
                self._feed.refund(due)
                continue
            prepared = await self._prepared(due, connection)
            if isinstance(prepared, Skipped):
                self._feed.refund(due)
                self._tally.skip()
                self._committer.skip(prepared)
                continue
            claim = Claim(
                delivery_id=due.delivery_id,
                fixed=prepared.fixed,
                plan=prepared.plan,
                at=self._around.clock(),
            )
            if rest is not None:
                reason = self._manners.retry.given_up(rest.reason)
                self._feed.refund(due)
                await self._refuse(due, claim, reason, wait=False)
                continue
            letter, reason = fitted(prepared, connection.capabilities)
            if letter is not None:
                return _Job(due, claim, letter)
            self._feed.refund(due)
            # What the first relay may carry waits for it.
            await self._refuse(due, claim, reason, wait=self._second)
        return None

    def _set_aside(self, due: Due, rest: Rest) -> bool:
        """Lets a delivery wait while its provider rests; False when it is too old for that."""
        if self._manners.retry.too_old(due, due.fixed, rest.until):
            return False
        self._tally.waits(rest.until)
        now = self._around.clock()
        self._committer.skip(SetAside(due.delivery_id, rest.reason, now, rest.until))
        return True

    async def _prepared(self, due: Due, connection: Connection) -> Prepared | Skipped:
        offered = connection.capabilities
        if due.fixed is None:
            offered = await self._offers.common(offered)
        try:
            return self._work.assemble(due, offered)
        except MessageError as error:
            # Something about this one reader fits no message; that must not stop all others.
            return Skipped(due.delivery_id, f"no message can be made: {error}")

    async def _refuse(self, due: Due, claim: Claim, reason: str, *, wait: bool) -> None:
        """Ends an attempt without asking the relay: the delivery waits, or has failed."""
        retry, now = self._manners.retry, self._around.clock()
        later = now + retry.delay(due.attempts, self._around.chance()) if wait else None
        if later is not None and retry.too_old(due, claim.fixed, later):
            later, reason = None, retry.given_up(reason)
        if await self._committer.submit(None, claim):
            outcome = Outcome(
                delivery_id=due.delivery_id,
                state=DeliveryState.FAILED if later is None else DeliveryState.DEFERRED,
                at=now,
                relay=self._relay.name,
                stage=Stage.CONNECT.value,
                reason=reason,
                due=later,
            )
            self._note(outcome)
            self._committer.submit(outcome, None)
