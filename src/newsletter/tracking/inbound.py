"""Taking in what came back by mail: read, told whose it is, recorded, acted upon."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sqlmodel import Session

from newsletter.addresses import domain_of
from newsletter.replies import Reply, Stage, Verdict, classify
from newsletter.store.breaker import settle
from newsletter.store.chunks import chunks
from newsletter.store.database import Database
from newsletter.store.feedback import (
    record_bounce,
    record_complaint,
    record_leave,
    record_unread,
)
from newsletter.store.lists import get_list
from newsletter.store.returners import Returner, returner, subscribed
from newsletter.store.unproven import COMPLAINT, hold, suspected
from newsletter.tokens import Keyring
from newsletter.tracking.bounces import Failure
from newsletter.tracking.returned import Kind, Returned, read_returned

_CHUNK = 100  # messages in a transaction: the sender and the pages write in between

KNOWN = "known before"
"""What a report counts as that changed nothing because it had been read."""

UNPROVEN = "unproven"
"""What a report counts as that anybody could have written, and waits for an admin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was read: numbers of messages by what they are, of bounces by their judgement, and of
    addresses that were suppressed for it, or held until an admin decides."""

    messages: Mapping[str, int] = field(default_factory=dict)
    bounces: Mapping[str, int] = field(default_factory=dict)
    suppressed: int = 0
    held: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(
            messages=Counter(self.messages) + Counter(other.messages),
            bounces=Counter(self.bounces) + Counter(other.bounces),
            suppressed=self.suppressed + other.suppressed,
            held=self.held + other.held,
        )


def take_in(
    database: Database,
    keyring: Keyring,
    messages: Iterable[bytes],
    clock: Callable[[], dt.datetime],
) -> Taken:
    """Records what `messages` say, once each, however often they are read.

    Raises:
        DatabaseError: it cannot be written; what was read before is recorded.
        MailboxError: from `messages`, in the same way.
    """
    count = _Count()
    for chunk in chunks(messages, _CHUNK):
        read = [(octets, read_returned(octets, keyring)) for octets in chunk]
        with database.write() as session:
            now = clock()
            book = _Book(session, now, count)
            for octets, found in read:
                book.take(octets, found)
            for issue_id in sorted(book.issues):
                done = settle(session, issue_id, now)
                count.suppressed += done.suppressed
                count.held += done.held
    return Taken(
        messages=dict(count.messages),
        bounces=dict(count.bounces),
        suppressed=count.suppressed,
        held=count.held,
    )


def take_in_unread(
    database: Database,
    keyring: Keyring,
    batches: Iterable[Sequence[bytes]],
    clock: Callable[[], dt.datetime],
) -> Taken:
    """Records batches of messages, each before the next is asked for: `batches` marks as read what
    it gave before, which is committed by then.

    Raises:
        DatabaseError: see `take_in`.
        MailboxError: from `batches`; what was read before is recorded.
    """
    taken = Taken()
    for batch in batches:
        taken += take_in(database, keyring, batch, clock)
    return taken


@dataclass(slots=True)
class _Count:
    messages: Counter[str] = field(default_factory=Counter)
    bounces: Counter[str] = field(default_factory=Counter)
    suppressed: int = 0
    held: int = 0


class _Book:
    """One transaction's worth of messages."""

    def __init__(self, session: Session, now: dt.datetime, count: _Count) -> None:
        self._session, self._now, self._count = session, now, count
        self._soft_limit = lru_cache(maxsize=None)(self._limit_of)
        self.issues: set[int] = set()

    def take(self, octets: bytes, found: Returned) -> None:
        match found.kind:
            case Kind.BOUNCE:
                told = self._bounce(octets, found)
            case Kind.COMPLAINT:
                told = self._complaint(octets, found)
            case Kind.LEAVE:
                told = self._leave(found)
            case Kind.UNREAD:
                told = self._unread(octets, found.subject or "a report in no form that we know")
            case _:
                told = found.kind.value
        self._count.messages[told] += 1

    def _bounce(self, octets: bytes, found: Returned) -> str:
        pairs = list(self._bounced(found))
        if pairs:
            new = [self._record(who, failure) for who, failure in pairs]
            return Kind.BOUNCE.value if any(new) else KNOWN
        suspects = list(self._suspected(found))
        if suspects:
            held = [self._hold(who, *said) for who, said in suspects]
            return UNPROVEN if any(held) else KNOWN
        return self._unread(octets, "a bounce of nobody whom we have mailed")

    def _bounced(self, found: Returned) -> Iterator[tuple[Returner, Failure]]:
        """Whose mail failed and how, where it is proven; whom tokens name goes first."""
        who = returner(self._session, signed=found.clues.signed)
        if who is not None:
            yield who, _about(who, found.failures)
            return
        for failure in found.failures:
            ids = found.clues.message_ids
            who = returner(self._session, message_ids=ids, addresses=failure.addresses)
            if who is not None:
                yield who, failure

    def _suspected(self, found: Returned) -> Iterator[tuple[Returner, tuple[str, Reply]]]:
        named, ids = found.clues.named, found.clues.message_ids
        who = suspected(self._session, named=named, message_ids=ids, now=self._now)
        if who is not None:
            failure = _about(who, found.failures)
            yield who, (self._verdict(who, failure).judgement.value, failure.reply)
            return
        for failure in found.failures:
            who = suspected(self._session, addresses=failure.addresses, now=self._now)
            if who is not None:
                yield who, (self._verdict(who, failure).judgement.value, failure.reply)

    def _verdict(self, who: Returner, failure: Failure) -> Verdict:
        return classify(Stage.DSN, failure.reply, domain_of(who.address))

    def _record(self, who: Returner, failure: Failure) -> bool:
        verdict = self._verdict(who, failure)
        limit = self._soft_limit(who.list_name)
        new = record_bounce(self._session, who, verdict, failure.reply, self._now, soft_limit=limit)
        if new and who.issue_id is not None:
            self._count.bounces[verdict.judgement.value] += 1
            self.issues.add(who.issue_id)
        return new

    def _hold(self, who: Returner, judgement: str, reply: Reply) -> bool:
        new = hold(self._session, who, judgement, reply, self._now)
        self._count.held += new
        return new

    def _complaint(self, octets: bytes, found: Returned) -> str:
        # Only the token proves it: whoever a mail is forwarded to has its Message-ID and the
        # address beside each other (RFC 5322 §3.6.4, References).
        clues = found.clues
        who = returner(self._session, signed=clues.signed) or self._subscribed(found)
        if who is not None:
            new = record_complaint(self._session, who, self._now, detail=found.subject)
            self._count.suppressed += new
            return Kind.COMPLAINT.value if new else KNOWN
        who = suspected(
            self._session,
            named=clues.named,
            message_ids=clues.message_ids,
            addresses=found.addresses,
            now=self._now,
        )
        if who is not None:
            new = self._hold(who, COMPLAINT, Reply(0, "", found.subject))
            return UNPROVEN if new else KNOWN
        if clues.named_subscriptions:
            return self._unread(octets, "a complaint that anybody with the mail's text can write")
        return self._unread(octets, "a complaint of nobody whom we have mailed")

    def _subscribed(self, found: Returned) -> Returner | None:
        """Whose mail of no issue it was, such as a welcome."""
        for number in found.clues.subscriptions:
            if (who := subscribed(self._session, number)) is not None:
                return who
        return None

    def _leave(self, found: Returned) -> str:
        who = returner(self._session, signed=found.clues.signed) or self._subscribed(found)
        left = who is not None and record_leave(self._session, who, self._now)
        return Kind.LEAVE.value if left else KNOWN

    def _unread(self, octets: bytes, why: str) -> str:
        key = hashlib.sha256(octets).hexdigest()
        new = record_unread(self._session, key, octets, self._now, why=why)
        return Kind.UNREAD.value if new else KNOWN

    def _limit_of(self, list_name: str) -> int:
        return get_list(self._session, list_name).policies.soft_bounces


def _about(who: Returner, failures: tuple[Failure, ...]) -> Failure:
    """The failure that speaks of the reader's address; of another one, to which it was passed on,
    when none does."""
    wanted = who.address.casefold()
    for failure in failures:
        if wanted in (address.casefold() for address in failure.addresses):
            return failure
    return failures[0]
