"""What became of everybody: the ledger's word set against the sink's, address by address."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from newsletter.delivery.messages import Messages
from newsletter.rendering.mime import dot_stuff
from newsletter.store import ledger
from newsletter.store.database import Database
from newsletter.store.deliveries import DeliveryView
from newsletter.store.values import DeliveryState, IssueState
from newsletter.tokens import Keyring
from tests.integration.audience import NOW, READERS, Store, issue_of
from tests.integration.senders import KEY
from tests.integration.sink import Accepted

_UNSENT = (DeliveryState.FAILED, DeliveryState.SKIPPED)


@dataclass(frozen=True, kw_only=True)
class Account:
    """The books of one send that has ended. Each of the tuples holds addresses and should be empty.

    `lost` are neither accepted nor failed nor skipped; `untrue` are those whose row says something
    else than the sink; `unlisted` were accepted again without having been in doubt; `differing`
    were sent other octets than `newsletter render` shows.
    """

    audience: int
    finished: bool
    accepted: int
    failed: int
    skipped: int
    repeats: int
    doubts: int
    lost: tuple[str, ...]
    untrue: tuple[str, ...]
    unlisted: tuple[str, ...]
    differing: tuple[str, ...]

    def check(self, kills: int, connections: int = 16) -> None:
        """Nobody was lost, and no more was repeated than was promised."""
        assert (self.audience, self.finished) == (READERS, True)
        assert self.lost == ()
        assert self.untrue == ()
        assert self.accepted + self.failed + self.skipped == self.audience
        assert self.differing == ()
        assert self.unlisted == ()
        assert self.repeats <= self.doubts <= kills * connections


def settle(store: Store, taken: Sequence[Accepted]) -> Account:
    """The account of a store and what the sink took of it."""
    database = store.open()
    try:
        return _account(database, taken)
    finally:
        database.close()


def _account(database: Database, taken: Sequence[Accepted]) -> Account:
    issue = issue_of(database)
    with database.read() as session:
        rows = {view.address: view for view in ledger.deliveries(session, issue.id)}
    copies = Counter(message.recipient for message in taken)
    unsent = {address for address, view in rows.items() if view.state in _UNSENT}
    sent = {address for address, view in rows.items() if view.state is DeliveryState.SENT}
    doubts = _doubts(database, rows.values())
    return Account(
        audience=len(rows),
        finished=issue.state is IssueState.SENT,
        accepted=len(copies),
        failed=sum(view.state is DeliveryState.FAILED for view in rows.values()),
        skipped=sum(view.state is DeliveryState.SKIPPED for view in rows.values()),
        repeats=copies.total() - len(copies),
        doubts=doubts.total(),
        lost=tuple(sorted(rows.keys() - copies.keys() - unsent)),
        untrue=tuple(sorted(sent ^ copies.keys())),
        unlisted=tuple(sorted(a for a, times in copies.items() if times - 1 > doubts[a])),
        differing=_differing(database, rows, taken),
    )


def _doubts(database: Database, rows: Iterable[DeliveryView]) -> Counter[str]:
    """How often each was listed as in doubt."""
    doubts: Counter[str] = Counter()
    with database.read() as session:
        for view in rows:
            # An attempt that nothing is known of, or that was answered: more than one left a trace.
            if view.attempts > 1 or view.state is DeliveryState.IN_DOUBT:
                history = ledger.delivery(session, view.id).history
                doubts[view.address] += sum(a.state is DeliveryState.IN_DOUBT for a in history)
    return doubts


def _differing(
    database: Database, rows: dict[str, DeliveryView], taken: Sequence[Accepted]
) -> tuple[str, ...]:
    messages = Messages(database, issue_of(database), Keyring.of([KEY]), lambda: NOW)

    def shown(address: str) -> str:
        return hashlib.sha256(dot_stuff(messages.render(rows[address], 0))).hexdigest()

    return tuple(
        sorted(
            {
                message.recipient
                for message in taken
                if rows[message.recipient].fixed is None
                or message.sha256 != shown(message.recipient)
            }
        )
    )
