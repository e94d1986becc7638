"""Which letter is next: taken from what is due, made into a message, fit for the connection."""

from __future__ import annotations

from typing import NamedTuple

from newsletter.delivery.answers import Answers
from newsletter.delivery.committer import SetAside, Skipped
from newsletter.delivery.connection import Capabilities, Connection, Letter
from newsletter.delivery.course import Course
from newsletter.delivery.providers import Rest
from newsletter.delivery.shard import Prepared, fitted
from newsletter.errors import MessageError
from newsletter.replies import Stage
from newsletter.store.values import Claim, DeliveryState, Due, Outcome


class Job(NamedTuple):
    """A letter to carry, and what it is accounted for by."""

    due: Due
    claim: Claim
    letter: Letter


class Upcoming:
    """Gives each connection its next letter; settles what cannot be one."""

    def __init__(self, course: Course, answers: Answers) -> None:
        self._course, self._answers = course, answers
        self._stop, self._reuse = course.stop, course.relay.reuse
        self._clock, self._assemble = course.around.clock, course.work.assemble
        self._tally, self._providers, self._offers = course.lasting

    async def next(self, connection: Connection, under_way: int) -> Job | None:
        """The next letter for a connection on which `under_way` are; None when it should carry no
        more."""
        while not self._stop.is_set() and connection.carried + under_way < self._reuse:
            due = await self._course.feed.take(wait=not under_way)
            if due is None:
                return None
            now = self._clock()
            rest = self._providers.resting(due.address, now)
            if rest is not None and self._set_aside(due, rest):
                continue
            offered = connection.capabilities
            if due.fixed is None and not self._offers.settled(offered):
                offered = await self._offers.common(offered)
            prepared = self._prepared(due, offered)
            if isinstance(prepared, Skipped):
                self._course.feed.refund(due)
                self._tally.skip()
                self._course.committer.skip(prepared)
                continue
            claim = Claim(due.delivery_id, prepared.fixed, prepared.plan, now)
            if rest is not None:
                reason = self._course.manners.retry.given_up(rest.reason)
                await self._refuse(due, claim, reason, wait=False)
                continue
            letter, reason = fitted(prepared, connection.capabilities)
            if letter is not None:
                return Job(due, claim, letter)
            # What the first relay may carry waits for it.
            await self._refuse(due, claim, reason, wait=self._course.second)
        return None

    def _set_aside(self, due: Due, rest: Rest) -> bool:
        """Lets a delivery wait while its provider rests; False when it is too old for that."""
        if self._course.manners.retry.too_old(due, due.fixed, rest.until):
            return False
        self._course.feed.refund(due)
        self._tally.waits(rest.until)
        aside = SetAside(due.delivery_id, rest.reason, self._clock(), rest.until)
        self._course.committer.skip(aside)
        return True

    def _prepared(self, due: Due, offered: Capabilities) -> Prepared | Skipped:
        try:
            return self._assemble(due, offered)
        except MessageError as error:
            # Something about this one reader fits no message; that must not stop all others.
            return Skipped(due.delivery_id, f"no message can be made: {error}")

    async def _refuse(self, due: Due, claim: Claim, reason: str, *, wait: bool) -> None:
        """Ends an attempt without asking the relay: the delivery waits, or has failed.

        Claim and outcome go together, so that no crash leaves it in doubt beside the letter that
        the connection carries.
        """
        course = self._course
        course.feed.refund(due)
        retry, now = course.manners.retry, self._clock()
        later = now + retry.delay(due.attempts, course.around.chance()) if wait else None
        if later is not None and retry.too_old(due, claim.fixed, later):
            later, reason = None, retry.given_up(reason)
        outcome = Outcome(
            delivery_id=due.delivery_id,
            state=DeliveryState.FAILED if later is None else DeliveryState.DEFERRED,
            at=now,
            relay=course.relay.name,
            stage=Stage.CONNECT,
            reason=reason,
            due=later,
        )
        if await course.committer.submit(outcome, claim):
            self._answers.note(outcome)
