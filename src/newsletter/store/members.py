"""Putting people on a list: one, or a file of them. Nobody who left is ever brought back by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice

from sqlmodel import Session, col, select

from newsletter.addresses import address_key
from newsletter.content.preferences import Preferences
from newsletter.errors import NotFoundError
from newsletter.store.departures import leave, subscription
from newsletter.store.erasures import Erased, nobody
from newsletter.store.ignoring import insert_new
from newsletter.store.instants import seconds
from newsletter.store.selections import preferences_ids
from newsletter.store.suppressions import unsuppress
from newsletter.store.tables import ListRow, SubscriberRow, SubscriptionRow, SuppressionRow
from newsletter.store.values import SubscriptionState, Way

_CHUNK = 500  # well below SQLite's limit of parameters in one statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person as files carry them. `line` is where it stood, 0 if nowhere."""

    address: str
    preferences: Preferences = field(default_factory=Preferences)
    state: SubscriptionState = SubscriptionState.ACTIVE
    paused_until: dt.date | None = None
    consent_at: dt.datetime | None = None
    consent_source: str = ""
    line: int = 0


class Admission(StrEnum):
    """What came of adding somebody."""

    ADDED = "added"
    KNOWN = "is on the list already"  # and keeps the choices they made
    REVIVED = "is on the list again, as forced"
    LEFT = "left the list and is not brought back"
    SUPPRESSED = "must not be mailed"
    ERASED = "was erased and is not brought back"
    LEAVES = "leaves by this file"


REFUSED = frozenset({Admission.LEFT, Admission.SUPPRESSED, Admission.ERASED})
"""What leaves somebody as they were who was to be added."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody who was not added, and why."""

    member: Member
    admission: Admission


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What an import did: numbers of people, and those it left as they were for a reason."""

    added: int = 0
    known: int = 0
    revived: int = 0
    leaving: int = 0
    refusals: tuple[Refusal, ...] = ()

    @property
    def rows(self) -> int:
        return self.added + self.known + self.revived + self.leaving + len(self.refusals)


def add(
    session: Session,
    list_name: str,
    address: str,
    preferences: Preferences,
    *,
    consent_source: str,
    now: dt.datetime,
    state: SubscriptionState = SubscriptionState.ACTIVE,
    erased: Erased = nobody,
    force: str = "",
) -> Admission:
    """Puts one person on a list, unless they are on it, left it, or must not be mailed.

    `erased` and `force` are as with `import_rows`.

    Raises:
        NotFoundError: there is no such list.
    """
    member = Member(
        address=address,
        preferences=preferences,
        state=state,
        consent_at=now,
        consent_source=consent_source,
    )
    terms = _Terms(_known_list(session, list_name), now, erased, force)
    ((_, admission),) = _admit(session, terms, [member])
    return admission


def import_rows(
    session: Session,
    list_name: str,
    rows: Iterable[Member],
    *,
    source: str,
    now: dt.datetime,
    erased: Erased = nobody,
    force: str = "",
) -> Added:
    """Puts many on a list, in the order of the rows; the first row of an address counts.

    A row without a consent of its own has `source` and `now` for it. A row that says `left` is
    recorded as such, and makes somebody who is on the list leave it. Whom `erased` knows is not
    added. `force` is the reason for which even those who left, must not be mailed, or were erased
    are put on the list again: it becomes their consent, and what was recorded of them stays.

    Raises:
        NotFoundError: there is no such list.
    """
    terms = _Terms(_known_list(session, list_name), now, erased, force)
    numbers = dict.fromkeys(Admission, 0)
    refusals: list[Refusal] = []
    for chunk in _chunks(rows):
        dated = [
            m if m.consent_at else replace(m, consent_at=now, consent_source=source) for m in chunk
        ]
        for member, admission in _admit(session, terms, dated):
            numbers[admission] += 1
            if admission in REFUSED:
                refusals.append(Refusal(member, admission))
    return Added(
        added=numbers[Admission.ADDED],
        known=numbers[Admission.KNOWN],
        revived=numbers[Admission.REVIVED],
        leaving=numbers[Admission.LEAVES],
        refusals=tuple(refusals),
    )


def _known_list(session: Session, list_name: str) -> str:
    if session.get(ListRow, list_name) is None:
        raise NotFoundError(
            f"there is no list {list_name}: `newsletter lists sync` makes those of the files"
        )
    return list_name


def _chunks(rows: Iterable[Member]) -> Iterator[list[Member]]:
    waiting = iter(rows)
    while chunk := list(islice(waiting, _CHUNK)):
        yield chunk


@dataclass(frozen=True, slots=True)
class _Terms:
    """On what terms people are put on a list."""

    list_name: str
    now: dt.datetime
    erased: Erased
    force: str


def _admit(
    session: Session, terms: _Terms, members: Sequence[Member]
) -> list[tuple[Member, Admission]]:
    first: dict[str, Member] = {}
    for member in members:
        first.setdefault(address_key(member.address), member)
    judged = _judge(session, terms, first)
    fresh = {key: first[key] for key, verdict in judged.items() if verdict is Admission.ADDED}
    _insert(session, terms.list_name, fresh, terms.now)
    found = []
    for member in members:
        key = address_key(member.address)
        repeated = member is not first[key] and judged[key] is Admission.ADDED
        found.append((member, Admission.KNOWN if repeated else judged[key]))
    return found


def _judge(session: Session, terms: _Terms, first: dict[str, Member]) -> dict[str, Admission]:
    suppressed = set(
        session.exec(
            select(SuppressionRow.address_key).where(
                col(SuppressionRow.address_key).in_(list(first))
            )
        )
    )
    erased = terms.erased(first)
    states = _states(session, terms.list_name, list(first))
    judged: dict[str, Admission] = {}
    for key, member in first.items():
        known = states.get(key)
        if known is not None:
            judged[key] = _again(session, terms, known, member)
        elif member.state is SubscriptionState.LEFT:
            judged[key] = Admission.ERASED if key in erased else Admission.ADDED
        elif terms.force:
            unsuppress(session, key)
            judged[key] = Admission.ADDED
        elif key in erased:
            judged[key] = Admission.ERASED
        else:
            judged[key] = Admission.SUPPRESSED if key in suppressed else Admission.ADDED
    return judged


def _again(session: Session, terms: _Terms, known: tuple[int, str], member: Member) -> Admission:
    subscriber_id, state = known
    leaves = member.state is SubscriptionState.LEFT
    if leaves:
        if state == SubscriptionState.LEFT:
            return Admission.KNOWN
        leave(session, terms.list_name, subscriber_id, way=Way.IMPORT, now=terms.now)
        return Admission.LEAVES
    if terms.force and _revive(session, terms, subscriber_id, member):
        return Admission.REVIVED
    return Admission.LEFT if state == SubscriptionState.LEFT else Admission.KNOWN


def _revive(session: Session, terms: _Terms, subscriber_id: int, member: Member) -> bool:
    """Whether there was something to lift: a leave, or a suppression."""
    lifted = unsuppress(session, member.address)
    row = subscription(session, terms.list_name, subscriber_id)
    if row.state == SubscriptionState.LEFT:
        row.state, row.left_at = SubscriptionState.ACTIVE, None
        row.consent_at, row.consent_source = seconds(terms.now), f"forced: {terms.force}"
        session.add(row)
        session.flush()
        return True
    return lifted


def _states(session: Session, list_name: str, keys: list[str]) -> dict[str, tuple[int, str]]:
    rows = session.exec(
        select(SubscriberRow.address_key, SubscriptionRow.subscriber_id, SubscriptionRow.state)
        .join(SubscriptionRow, col(SubscriptionRow.subscriber_id) == SubscriberRow.id)
        .where(SubscriptionRow.list_name == list_name, col(SubscriberRow.address_key).in_(keys))
    )
    return {key: (subscriber_id, state) for key, subscriber_id, state in rows}


def _insert(session: Session, list_name: str, members: dict[str, Member], now: dt.datetime) -> None:
    if not members:
        return
    at = seconds(now)
    insert_new(
        session,
        SubscriberRow,
        [
            {"address": member.address, "address_key": key, "created_at": at}
            for key, member in members.items()
        ],
    )
    people = dict(
        session.exec(
            select(SubscriberRow.address_key, SubscriberRow.id).where(
                col(SubscriberRow.address_key).in_(list(members))
            )
        ).all()
    )
    choices = preferences_ids(session, [member.preferences for member in members.values()])
    insert_new(
        session,
        SubscriptionRow,
        [
            {
                "list_name": list_name,
                "subscriber_id": people[key],
                "state": member.state,
                "preferences_id": choices[member.preferences],
                "paused_until": member.paused_until,
                "consent_at": seconds(member.consent_at) if member.consent_at else None,
                "consent_source": member.consent_source,
                "left_at": at if member.state is SubscriptionState.LEFT else None,
                "created_at": at,
            }
            for key, member in members.items()
        ],
    )
