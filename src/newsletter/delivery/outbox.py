"""The outbox going out: ahead of an issue, beside it, or by itself, through the same sender."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

import structlog

from newsletter.content.mailinglist import InDoubt
from newsletter.delivery.committer import SetAside, Untried
from newsletter.delivery.connection import Capabilities
from newsletter.delivery.relay import RelaySettings
from newsletter.delivery.sender import Manners, Summary, Surroundings, Work, send_issue
from newsletter.delivery.shard import Prepared
from newsletter.delivery.warming import count_today
from newsletter.errors import ConflictError, MessageError, NewsletterError
from newsletter.store import lists, outbox, senders
from newsletter.store.database import Database
from newsletter.store.outbox import Among
from newsletter.store.values import Claim, Due, Outcome

PAGE = 50
"""Mails read at once, without their content."""

CONNECTIONS = 2
"""Most connections that the outbox opens; an issue beside it has its own."""

LOOK_EVERY = 1.0
"""Seconds between two looks into an outbox that is kept flushed."""

PATIENCE = 30.0
"""Seconds to let a relay be that could not be used."""


async def flush(
    database: Database,
    relay: RelaySettings,
    around: Surroundings,
    manners: Manners | None = None,
) -> Summary:
    """Sends what is due in the outbox, as its one sender.

    What an earlier sender died over is found first. Whether a mail in doubt is sent again or held
    is for its list to say; of no list, for `manners`.

    Raises:
        ConflictError: another process is sending it.
        RelayError: the relay cannot be used; what was not sent stays queued.
        DatabaseError: the outbox cannot be written; nothing is lost.
    """
    manners = manners or Manners()
    few = replace(relay, connections=min(relay.connections, CONNECTIONS))
    with senders.hold_issue(database, senders.OUTBOX) as name:
        policies = _policies(database)
        usual = manners.retry.in_doubt
        others = frozenset(listed for listed, policy in policies.items() if policy is not usual)
        books = OutboxBooks(database, name, Among(others, others=True))
        books.settle(lambda listed: policies.get(listed, usual), around.clock())
        count_today(database, relay, around.paces, around.clock())
        with ThreadPoolExecutor(1, "outbox") as executor:
            summary = await send_issue(_work(books, around, executor), few, around, manners)
            if not others or summary.halt or summary.stopped:
                return summary
            books = OutboxBooks(database, name, Among(others))
            rest = await send_issue(
                _work(books, around, executor), few, around, _otherwise(manners)
            )
            return _together(summary, rest)


def _policies(database: Database) -> dict[str, InDoubt]:
    """What becomes of a mail in doubt, by the name of its list."""
    with database.read() as session:
        names = lists.list_names(session)
        return {name: lists.get_list(session, name).policies.in_doubt for name in names}


def _otherwise(manners: Manners) -> Manners:
    again = manners.retry.in_doubt is InDoubt.RESEND
    policy = InDoubt.HOLD if again else InDoubt.RESEND
    return replace(manners, retry=replace(manners.retry, in_doubt=policy))


def _together(one: Summary, other: Summary) -> Summary:
    return Summary(
        attempts=dict(Counter(one.attempts) + Counter(other.attempts)),
        skipped=one.skipped + other.skipped,
        next_due=min(filter(None, (one.next_due, other.next_due)), default=None),
        halt=other.halt,
        stopped=other.stopped,
    )


@asynccontextmanager
async def ahead_of(
    database: Database, relay: RelaySettings, around: Surroundings
) -> AsyncIterator[None]:
    """The outbox goes out before what stands in the `with`, and what is put into it meanwhile goes
    at once, beside it. What hinders the outbox is logged and hinders nothing else; its attempts are
    none of those that `around` observes."""
    apart = replace(around, stop=asyncio.Event(), observe=lambda _: None)
    await _flush_quietly(database, relay, apart)
    async with beside(database, relay, apart):
        yield


@asynccontextmanager
async def beside(
    database: Database, relay: RelaySettings, around: Surroundings
) -> AsyncIterator[None]:
    """What is in the outbox, and what comes into it, goes out beside what stands in the `with`.

    The end of that sets the `stop` of `around`: what is under way is drained.
    """
    flushing = asyncio.ensure_future(keep_flushing(database, relay, around))
    try:
        yield
    except asyncio.CancelledError:
        flushing.cancel()
        raise
    finally:
        around.stop.set()
        await asyncio.gather(flushing, return_exceptions=True)


async def keep_flushing(database: Database, relay: RelaySettings, around: Surroundings) -> None:
    """Sends what comes into the outbox, within a second or so, until told to stop."""
    while not around.stop.is_set():
        worked = await _flush_quietly(database, relay, around)
        with suppress(TimeoutError):
            await asyncio.wait_for(around.stop.wait(), LOOK_EVERY if worked else PATIENCE)


async def _flush_quietly(database: Database, relay: RelaySettings, around: Surroundings) -> bool:
    """Whether there was no trouble with it. That another process is at it is none."""
    try:
        if await asyncio.to_thread(_is_waiting, database, around.clock()):
            await flush(database, relay, around)
    except ConflictError:
        return True
    except NewsletterError as error:
        reason = str(error)  # it says all; a traceback would say less
        structlog.get_logger("newsletter.delivery").warning("outbox waits", reason=reason)
        return False
    return True


def _is_waiting(database: Database, now: dt.datetime) -> bool:
    with database.read() as session:
        return outbox.is_waiting(session, now)


def _work(books: OutboxBooks, around: Surroundings, executor: ThreadPoolExecutor) -> Work:
    loop = asyncio.get_running_loop()

    async def going() -> bool:
        return True

    return Work(
        pages=lambda after: loop.run_in_executor(executor, books.page, around.clock(), after),
        going=going,
        assemble=books.prepare,
        ledger=books,
        executor=executor,
    )


@dataclass(frozen=True, slots=True)
class OutboxBooks:
    """The outbox as the sender knows its ledger: each call is a transaction of its own."""

    database: Database
    sender: str
    among: Among

    def settle(self, policy: Callable[[str], InDoubt], now: dt.datetime) -> None:
        """Finds what dead senders left."""
        with self.database.write() as session:
            outbox.abandon(session, senders.alive_in(self.database), policy, now)

    def commit(
        self,
        outcomes: Sequence[Outcome],
        claims: Sequence[Claim],
        skips: Sequence[Untried],
    ) -> frozenset[int]:
        with self.database.write() as session:
            if claims:
                senders.check_held(self.database, session, self.sender)
            for untried in skips:
                if isinstance(untried, SetAside):
                    outbox.set_aside(session, untried.delivery_id, untried.until, untried.reason)
                else:
                    outbox.skip(session, [untried.delivery_id], untried.reason)
            return outbox.commit(session, outcomes, claims, sender=self.sender)

    def page(self, now: dt.datetime, after: int) -> list[Due]:
        """The next mails that may be sent."""
        with self.database.read() as session:
            return outbox.due(session, now=now, limit=PAGE, after=after, among=self.among)

    def prepare(self, due: Due, _offered: Capabilities) -> Prepared:
        """The mail as it was put in.

        Raises:
            NewsletterError: it is not there any more.
        """
        if due.fixed is None:
            raise MessageError(f"mail {due.delivery_id} of the outbox has no message")
        with self.database.read() as session:
            content, envelope_sender = outbox.letter(session, due.delivery_id)
        return Prepared(due.fixed, "", content, envelope_sender)
