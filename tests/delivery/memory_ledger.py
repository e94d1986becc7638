"""A ledger in memory with the store's rules, for tests of the sender alone."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Self

from newsletter.delivery.committer import SetAside, Skipped, Untried
from newsletter.delivery.connection import Capabilities
from newsletter.delivery.sender import Prepared, Work
from newsletter.errors import MessageError
from newsletter.store.values import Claim, DeliveryState, Due, Fixed, Outcome

NOW = dt.datetime(2026, 2, 12, 8, 0, tzinfo=dt.UTC)


@dataclass
class Row:
    state: DeliveryState = DeliveryState.QUEUED
    attempts: int = 0
    fixed: Fixed | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    reason: str = ""
    due: dt.datetime | None = None
    since: dt.datetime | None = None


@dataclass
class MemoryLedger:
    """`rows` by delivery id. `before_commit` is called in the committing thread, and may raise."""

    rows: dict[int, Row]
    address: Callable[[int], str] = lambda number: f"reader{number}@example.org"
    before_commit: Callable[[Sequence[Outcome], Sequence[Claim]], None] = lambda _o, _c: None
    goes_out: bool = True
    unmade: int = 0  # a delivery whose message cannot be made
    groups: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, number: int) -> Self:
        return cls({n: Row() for n in range(1, number + 1)})

    def commit(
        self,
        outcomes: Sequence[Outcome],
        claims: Sequence[Claim],
        skips: Sequence[Untried],
    ) -> frozenset[int]:
        self.before_commit(outcomes, claims)
        self.groups.append(len(outcomes) + len(claims))
        claimed = {claim.delivery_id for claim in claims}
        self._record([one for one in outcomes if one.delivery_id not in claimed])
        for untried in skips:
            row = self.rows[untried.delivery_id]
            row.state, row.reason = DeliveryState.SKIPPED, untried.reason
            if isinstance(untried, SetAside):
                row.state, row.due = DeliveryState.DEFERRED, untried.until
                row.since = row.since or untried.at
        granted = frozenset(claim.delivery_id for claim in claims if self._claim(claim))
        self._record([one for one in outcomes if one.delivery_id in granted])
        return granted

    def _record(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            row = self.rows[outcome.delivery_id]
            assert row.state is DeliveryState.SENDING, f"{outcome} for a row that is {row.state}"
            row.state, row.reason = outcome.state, outcome.reason
            row.outcomes.append(outcome)

    def _claim(self, claim: Claim) -> bool:
        row = self.rows[claim.delivery_id]
        open_to_claims = (DeliveryState.QUEUED, DeliveryState.DEFERRED)
        if row.state not in open_to_claims or not self.goes_out:
            return False
        row.state = DeliveryState.SENDING
        row.attempts += 1
        row.fixed = row.fixed or claim.fixed
        return True

    def page(self, after: int, limit: int = 50) -> list[Due]:
        if not self.goes_out:
            return []
        found = [
            Due(
                delivery_id=number,
                subscriber_id=number,
                address=self.address(number),
                preferences_id=1,
                attempts=row.attempts,
                fixed=row.fixed,
                since=row.since,
            )
            for number, row in self.rows.items()
            if number > after and row.state is DeliveryState.QUEUED
        ]
        return found[:limit]

    def states(self) -> dict[DeliveryState, int]:
        found: dict[DeliveryState, int] = {}
        for row in self.rows.values():
            found[row.state] = found.get(row.state, 0) + 1
        return found

    def work(self, executor: ThreadPoolExecutor, size: int = 500) -> Work:
        def content(number: int) -> bytes:
            head = f"Subject: {number}\r\n\r\n.a line with a dot\r\n"
            return (head + f"{number} and so on\r\n" * (size // 12)).encode()

        def assemble(due: Due, offered: Capabilities) -> Prepared | Skipped:
            if due.delivery_id == self.unmade:
                raise MessageError(f"the to of {due.delivery_id} fits no header")
            fixed = due.fixed or Fixed(
                edition=1,
                address=due.address,
                preferences_id=1,
                message_id=f"<{due.delivery_id}@example.org>",
                date=NOW,
                key_id="k",
                encoding="8bit" if offered.eight_bit else "quoted-printable",
            )
            sender = f"bounces+{due.delivery_id}@example.org"
            return Prepared(fixed, "plan", content(due.delivery_id), sender)

        async def pages(after: int) -> list[Due]:
            return await asyncio.get_running_loop().run_in_executor(executor, self.page, after)

        async def going() -> bool:
            return self.goes_out

        asks: Callable[[], Awaitable[bool]] = going
        return Work(pages=pages, going=asks, assemble=assemble, ledger=self, executor=executor)
