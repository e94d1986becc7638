"""An issue going out: the sender bound to the store's ledger and to the issue's messages."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace

from newsletter.delivery.breaking import Breaker
from newsletter.delivery.cancelling import sweep
from newsletter.delivery.committer import SetAside, Skipped, Untried
from newsletter.delivery.dkim import Signer
from newsletter.delivery.halting import ended, hold
from newsletter.delivery.messages import Messages
from newsletter.delivery.relay import RelaySettings
from newsletter.delivery.repeating import Repeating
from newsletter.delivery.sender import Manners, Summary, Surroundings, Work, send_issue
from newsletter.delivery.warming import count_today
from newsletter.delivery.watching import while_going
from newsletter.errors import ContendedError, RelayRefusedError
from newsletter.store import canary, issues, ledger, senders
from newsletter.store.database import Database
from newsletter.store.direct import Held
from newsletter.store.issues import Issue
from newsletter.store.keys import check_keys
from newsletter.store.signings import keep_signing
from newsletter.store.values import Claim, Due, IssueState, Outcome
from newsletter.tokens import Keyring

PAGE = 500
"""Deliveries read at once."""

GIVE_WAY = 3
"""How often a commit that met another transaction is tried again, as of one that suppresses many
while their deliveries are claimed in another order."""


async def deliver(
    database: Database,
    issue: Issue,
    relay: RelaySettings,
    keyring: Keyring,
    around: Surroundings,
    manners: Manners | None = None,
    signer: Signer | None = None,
) -> Summary:
    """Sends what is due of an issue that is going out, as its one sender.

    What an earlier sender died over is found first, and queued or held by the list's policy.

    Raises:
        ConflictError: another process is sending it.
        SettingsError: a key is missing that links in sent mail depend on.
        RelayError: the relay cannot be used; what was not sent stays queued. When it refuses us,
            the issue is paused.
        DatabaseError: the ledger cannot be written; nothing is lost.
    """
    with (
        senders.hold_issue(database, issue.id) as name,
        closing(StoreLedger(database, issue.id, name)) as books,
    ):
        # Another edition may have been made until the issue was ours.
        issue = _settled(database, issue.id, keyring, around.clock())
        if signer is not None:
            with database.write() as session:
                keep_signing(session, name, signer.name)
        with ThreadPoolExecutor(1, "ledger") as executor:
            messages = Messages(database, issue, keyring, around.clock, signer)
            work = _work(messages, books, Repeating(database, issue), around.clock, executor)
            if around.alone and database.file is not None:
                work = replace(work, at_once=books.at_once)
            count_today(database, relay, around.paces, around.clock())
            by_list = by_policy(issue, manners or Manners())
            breaker = Breaker(database, issue, around.clock)
            try:
                summary = await while_going(
                    lambda: breaker.going(books.going),
                    around,
                    lambda near: send_issue(work, relay, breaker.watching(near), by_list),
                )
            except RelayRefusedError as error:
                raise RelayRefusedError(hold(database, issue, str(error))) from error
            finally:
                sweep(database, issue.id)
            halt = breaker.settle() or summary.halt
            halt = hold(database, issue, halt) if halt else ended(database, issue.id)
            return replace(summary, halt=halt)


def by_policy(issue: Issue, manners: Manners) -> Manners:
    """`manners` with what the issue's list has decided."""
    policies = issue.digest.list.policies
    limit = dt.timedelta(hours=policies.retry_hours)
    return replace(manners, retry=replace(manners.retry, limit=limit, in_doubt=policies.in_doubt))


def _settled(database: Database, issue_id: int, keyring: Keyring, now: dt.datetime) -> Issue:
    """The issue as it is now, with what a dead sender left of it settled."""
    with database.write() as session:
        check_keys(session, keyring, now)
        issue = issues.issue_by_id(session, issue_id)
        ledger.abandon(
            session,
            issue.id,
            senders.alive_in(database),
            issue.digest.list.policies.in_doubt,
            now,
        )
        return issue


def _work(
    messages: Messages,
    books: StoreLedger,
    repeating: Repeating,
    clock: Callable[[], dt.datetime],
    executor: ThreadPoolExecutor,
) -> Work:
    loop = asyncio.get_running_loop()

    def page(after: int) -> list[Due]:
        found = repeating.page(books.page(clock(), after))
        messages.foresee(found)
        return found

    return Work(
        pages=lambda after: loop.run_in_executor(executor, page, after),
        going=lambda: loop.run_in_executor(executor, books.going),
        assemble=messages.prepare,
        ledger=books,
        executor=executor,
    )


class StoreLedger:
    """The store's ledger as the sender knows it: each call is a transaction of its own."""

    def __init__(self, database: Database, issue_id: int, sender: str) -> None:
        self._database, self._issue_id, self._sender = database, issue_id, sender
        self._held = Held(database)

    def close(self) -> None:
        """Gives back the connection that it commits on."""
        self._held.close()

    def commit(
        self,
        outcomes: Sequence[Outcome],
        claims: Sequence[Claim],
        skips: Sequence[Untried],
    ) -> frozenset[int]:
        for _ in range(GIVE_WAY):
            with suppress(ContendedError):  # nothing of it was done: all of it is done anew
                return self._commit(outcomes, claims, skips)
        return self._commit(outcomes, claims, skips)

    def at_once(
        self,
        outcomes: Sequence[Outcome],
        claims: Sequence[Claim],
        skips: Sequence[Untried],
    ) -> frozenset[int] | None:
        """`commit` if nobody else writes just now; else None, and nothing is done."""
        with suppress(ContendedError):
            return self._commit(outcomes, claims, skips, patient=False)
        return None

    def _commit(
        self,
        outcomes: Sequence[Outcome],
        claims: Sequence[Claim],
        skips: Sequence[Untried],
        *,
        patient: bool = True,
    ) -> frozenset[int]:
        with self._held.write(patient=patient) as transaction:
            if claims:
                senders.check_held(self._database, transaction, self._sender)
            for untried in skips:
                if isinstance(untried, Skipped):
                    ledger.skip(transaction, [untried.delivery_id], untried.reason)
            ledger.set_aside(transaction, [u for u in skips if isinstance(u, SetAside)])
            return ledger.commit(transaction, outcomes, claims, sender=self._sender)

    def page(self, now: dt.datetime, after: int) -> list[Due]:
        """The next deliveries that may be sent; none when the issue may not."""
        with self._database.read() as session:
            if not self._goes_out(issues.issue_state(session, self._issue_id)):
                return []
            few = canary.is_open(session, self._issue_id)
            return ledger.due(session, self._issue_id, now=now, limit=PAGE, after=after, canary=few)

    def going(self) -> bool:
        """Whether the issue may still go out."""
        with self._database.read() as session:
            return self._goes_out(issues.issue_state(session, self._issue_id))

    @staticmethod
    def _goes_out(state: IssueState) -> bool:
        return state is IssueState.SENDING
