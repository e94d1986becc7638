"""Sending a shard of deliveries over a relay: one function that knows nothing of who called it.

A send goes in passes over what is due, each over as many connections as the relay is given.
"""

from __future__ import annotations

import asyncio

from newsletter.delivery.carrying import Carrier
from newsletter.delivery.connecting import open_relay
from newsletter.delivery.connection import Connection
from newsletter.delivery.course import Course, Lasting
from newsletter.delivery.offers import Offers
from newsletter.delivery.pacing import next_day
from newsletter.delivery.providers import Providers
from newsletter.delivery.relay import RelaySettings
from newsletter.delivery.shard import Manners, Prepared, Summary, Surroundings, Work
from newsletter.delivery.tally import Tally
from newsletter.errors import NewsletterError, RelayError

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
    lasting = Lasting(
        Tally(), Providers(manners.retry), Offers(relay, lambda r: open_relay(r, manners.timeouts))
    )
    first = Course.begun(work, relay, around, manners, lasting, second=False)
    try:
        return await _Passes(first).all()
    except RelayError as error:
        if relay.fallback is None or around.stop.is_set():
            raise
        first.log.warning("relay given up", reason=str(error), then=relay.fallback.name)
        lasting.offers.lost(relay)
        second = Course.begun(work, relay.fallback, around, manners, lasting, second=True)
        return await _over_fallback(second, error)


async def _over_fallback(course: Course, before: RelayError) -> Summary:
    try:
        return await _Passes(course).all()
    except RelayError as error:
        raise type(error)(f"{before}; and {error}") from error


class _Passes:
    """Passes over what is due, until nothing is left that may go now."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._carrier = Carrier(course)

    async def all(self) -> Summary:
        try:
            return await self._all()
        finally:
            self._course.committer.close()

    async def _all(self) -> Summary:
        course, tally = self._course, self._course.lasting.tally
        watch = asyncio.ensure_future(self._watch_stop())
        try:
            # What went back into the queue is taken up again, each delivery at most once at a time.
            again, passed = True, frozenset[str]()
            while again and not course.stop.is_set():
                before = tally.queued_again
                course.open_feed(passed)
                await self._through()
                anew = tally.queued_again > before
                passed = course.feed.passed
                again = (anew or bool(passed)) and not course.feed.exhausted
                passed = frozenset() if anew else passed
        finally:
            watch.cancel()
            course.reach.abort()
            await course.feed.close()
        await self._settle()
        if course.feed.exhausted:
            tomorrow = next_day(course.around.clock())
            tally.waits(tomorrow)
            course.log.warning("the warm-up allows no more today", until=str(tomorrow))
        return tally.summary(halt=course.halt, stopped=course.around.stop.is_set())

    async def _settle(self) -> None:
        committer, trouble = self._course.committer, self._course.trouble
        if committer.failure is not None:
            await committer.salvage()
            raise trouble or committer.failure  # nobody may have waited for what failed
        await committer.flush()
        if trouble is not None:
            raise trouble

    async def _watch_stop(self) -> None:
        course = self._course
        outer = asyncio.ensure_future(course.around.stop.wait())
        inner = asyncio.ensure_future(course.stop.wait())
        try:
            await asyncio.wait((outer, inner), return_when=asyncio.FIRST_COMPLETED)
            course.end()
            await asyncio.sleep(course.manners.drain)
            course.reach.abort()
        finally:
            outer.cancel()
            inner.cancel()

    async def _through(self) -> None:
        """One pass over what is due. The first connection proves the relay before others open."""
        course = self._course
        try:
            if not await course.feed.waiting():
                return
            first = await course.reach.connect()
        except NewsletterError as error:
            course.give_up(error)
            return
        workers = [self._worker(first)]
        workers += [self._worker(None) for _ in range(course.relay.connections - 1)]
        async with asyncio.TaskGroup() as group:
            for worker in workers:
                group.create_task(worker)

    async def _worker(self, connection: Connection | None) -> None:
        course = self._course
        try:
            while not course.stop.is_set() and await course.feed.waiting():
                if connection is None:
                    connection = await course.feed.in_turn(course.reach.connect)
                if connection is not None:
                    course.lasting.offers.met(course.relay, connection.capabilities)
                    try:
                        await self._carrier.carry(connection)
                    finally:
                        await course.reach.release(connection)
                        connection = None
            course.reach.wake()  # whoever waits for the relay need not: there is nothing left
        except NewsletterError as error:
            course.give_up(error)
        finally:
            if connection is not None:
                await course.reach.release(connection)
