"""One letter after the other over a connection, in the order that the promises need:

envelope ─► claim durable ─► go-ahead (354) ─► content, next envelope ─► reply
                 ▲                                                         │
                 └───── outcome of this and claim of the next, together ◄──┘
"""

from __future__ import annotations

import asyncio

from newsletter.delivery.answers import Answers
from newsletter.delivery.connection import Connection
from newsletter.delivery.course import Course
from newsletter.delivery.upcoming import Job, Upcoming
from newsletter.errors import NewsletterError


class Carrier:
    """Carries letters over connections, for as long as the course of a send lasts."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._answers = Answers(course)
        self._upcoming = Upcoming(course, self._answers)
        self._submit = course.committer.submit

    async def carry(self, connection: Connection) -> None:
        """Letters over one connection, until it ends or they do."""
        paced = self._course.pace is not None
        while await self._row(connection) and paced and connection.alive:
            pass  # at a pace, a connection is kept for the next letter's turn

    async def _row(self, connection: Connection) -> bool:
        """Letters that follow one another at once; False if there was none."""
        job = await self._upcoming.next(connection, under_way=0)
        if job is None:
            return False
        connection.begin(job.letter)
        granted = self._submit(None, job.claim)
        while job is not None:
            then = await self._then(connection)
            try:
                job, granted = await self._letter(connection, job, granted, then)
            except NewsletterError:
                connection.abort()
                raise
            if job is None:
                await granted
                if then is not None:
                    self._course.feed.give_back(then.due)
        return True

    async def _then(self, connection: Connection) -> Job | None:
        """The next letter, prepared while disk and relay are busy with one that must be finished
        whatever is wrong with the next."""
        try:
            return await self._upcoming.next(connection, under_way=1)
        except NewsletterError as error:
            self._course.give_up(error)
            return None

    async def _letter(
        self,
        connection: Connection,
        job: Job,
        granted: asyncio.Future[bool],
        then: Job | None,
    ) -> tuple[Job | None, asyncio.Future[bool]]:
        """One letter; the next one whose envelope is out, and the commit to wait for."""
        stopped = self._course.stop.is_set
        answer = await connection.opened()
        if not await granted:
            # The reader left, or the issue was paused. What was opened never gets its final dot.
            connection.abort()
            self._course.feed.refund(job.due)
            if not await self._course.work.going():
                self._course.end()
            return None, granted
        riding = answer.go_ahead
        if riding:
            connection.send(then.letter if then is not None and not stopped() else None)
            answer = await connection.answered()
        outcome = self._answers.judged(connection, job.due, job.claim.fixed, answer)
        if then is None or stopped() or not connection.alive:
            if riding and then is not None:
                connection.abort()  # its envelope is out, and will have no content
            return None, self._submit(outcome, None)
        if not riding:
            connection.begin(then.letter)
        return then, self._submit(outcome, then.claim)
