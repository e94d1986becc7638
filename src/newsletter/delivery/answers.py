"""What an answer of the relay leads to: an outcome to record, and who is to hear of it."""

from __future__ import annotations

import asyncio

from newsletter.delivery.connection import Answer, Connection
from newsletter.delivery.course import Course
from newsletter.delivery.judging import Judged, judge
from newsletter.delivery.patience import heed
from newsletter.replies import Judgement
from newsletter.store.values import DeliveryState, Due, Fixed, Outcome


class Answers:
    """Judges answers, and tells relay, providers, pace, tally, log and onlookers of each."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._relay = course.relay.name
        self._clock, self._chance = course.around.clock, course.around.chance
        self._retry, self._reach, self._pace = course.manners.retry, course.reach, course.pace
        self._tally, self._providers, _ = course.lasting
        self._info, self._observe = course.log.info, course.around.observe
        self._seconds = asyncio.get_running_loop().time

    def judged(self, connection: Connection, due: Due, fixed: Fixed, answer: Answer) -> Outcome:
        """The outcome of a letter that was claimed."""
        judged = judge(
            due,
            fixed,
            answer,
            relay=self._relay,
            now=self._clock(),
            retry=self._retry,
            chance=self._chance,
        )
        verdict = judged.verdict
        if verdict is None or verdict.judgement is Judgement.RELAY_BUSY:
            self._reach.failed(connection, judged.outcome.reason)
        else:
            self._reach.worked()
        if self._pace is not None:
            slowed = heed(self._pace, fixed.address, judged, self._seconds())
            if slowed:
                self._course.log.warning("slowed", what=slowed, reason=judged.outcome.reason)
        if judged.outcome.state is DeliveryState.SENT:
            self._providers.welcomed(fixed.address)
        else:
            self._unwelcome(fixed.address, answer, judged)
        self.note(judged.outcome)
        return judged.outcome

    def _unwelcome(self, address: str, answer: Answer, judged: Judged) -> None:
        rest = self._providers.note(address, judged, self._chance())
        if rest is not None:
            self._course.log.warning("provider rests", until=str(rest.until), reason=rest.reason)
        verdict = judged.verdict
        if verdict is not None and verdict.pauses_issue:
            self._course.halt_for(f"{verdict.reason}: {answer.reply and answer.reply.text}")
        elif self._providers.halt:
            self._course.halt_for(self._providers.halt)

    def note(self, outcome: Outcome) -> None:
        """Counts an outcome, and tells of it."""
        self._tally.add(outcome)
        if outcome.state is DeliveryState.QUEUED:
            self._course.feed.cut()
        self._info(
            "attempt",
            delivery=outcome.delivery_id,
            state=outcome.state,
            stage=outcome.stage,
            code=outcome.code,
            enhanced=outcome.enhanced,
        )
        self._observe(outcome)
