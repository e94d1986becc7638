"""Putting people on a list: one, or a file of them. Nobody who left is ever brought back by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session

from newsletter.addresses import address_key
from newsletter.content.preferences import Preferences
from newsletter.errors import NotFoundError
from newsletter.store.admission import MOST_REFUSALS, REFUSED, Added, Admission, Member, Refusal
from newsletter.store.choice_changes import consent_before, record
from newsletter.store.chunks import chunks
from newsletter.store.departures import leave, subscription
from newsletter.store.endings import refuse_ended
from newsletter.store.erasures import Erased, nobody
from newsletter.store.given_up import GivenUp
from newsletter.store.grouped import Fields, run
from newsletter.store.instants import seconds
from newsletter.store.lifting import record_lifted
from newsletter.store.selections import preferences_ids
from newsletter.store.suppressions import suppress, unsuppress
from newsletter.store.tables import ListRow
from newsletter.store.values import SubscriptionState, Way

_CHUNK = 2_000  # rows in one statement, as one parameter

_MEMBER: Fields = (
    ("key", "text"),
    ("address", "text"),
    ("state", "text"),
    ("preferences", "bigint"),
    ("paused_until", "date"),
    ("consent_at", "bigint"),
    ("consent_source", "text"),
    ("left_at", "bigint"),
    ("zone", "text"),
)
_KEY: Fields = (("key", "text"),)
_GONE: Fields = (("key", "text"), ("reason", "text"), ("suppressed", "text"))

_KNOWN = """
SELECT r.key, p.id, s.state, x.address_key
FROM ({rows}) AS r
LEFT JOIN subscribers p ON p.address_key = r.key
LEFT JOIN subscriptions s ON s.subscriber_id = p.id AND s.list_name = :list
LEFT JOIN suppressions x ON x.address_key = r.key
WHERE s.id IS NOT NULL OR x.address_key IS NOT NULL
"""
# CROSS JOIN keeps SQLite to the order that is written: it would go through all people first.
_PEOPLE = """
INSERT INTO subscribers (address, address_key, created_at)
SELECT r.address, r.key, :at FROM ({rows}) AS r WHERE true ON CONFLICT DO NOTHING
"""
_SUBSCRIPTIONS = """
INSERT INTO subscriptions (list_name, subscriber_id, state, preferences_id, paused_until,
                           consent_at, consent_source, left_at, zone, created_at)
SELECT :list, p.id, r.state, r.preferences, r.paused_until, r.consent_at, r.consent_source,
       r.left_at, r.zone, :at
FROM ({rows}) AS r CROSS JOIN subscribers p WHERE p.address_key = r.key
ON CONFLICT DO NOTHING
"""
# Who left elsewhere has left here as well, from the start.
_DEPARTED = """
INSERT INTO departures (list_name, subscriber_id, way, topic, reason, at)
SELECT s.list_name, p.id, CAST(:way AS text), '', r.reason, s.left_at
FROM ({rows}) AS r CROSS JOIN subscribers p CROSS JOIN subscriptions s
WHERE p.address_key = r.key AND s.subscriber_id = p.id AND s.list_name = :list
"""


def add(
    session: Session,
    list_name: str,
    address: str,
    preferences: Preferences,
    *,
    consent_source: str,
    now: dt.datetime,
    zone: str = "",
    erased: Erased = nobody,
    given_up: GivenUp | None = None,
    force: str = "",
) -> Admission:
    """Puts one person on a list, unless they are on it, left it, or must not be mailed.

    `erased`, `given_up` and `force` are as with `import_rows`.

    Raises:
        NotFoundError: there is no such list.
        EndedError: it has ended.
        SettingsError: see `GivenUp.among`.
    """
    member = Member(
        address=address,
        preferences=preferences,
        consent_at=now,
        consent_source=consent_source,
        zone=zone,
    )
    terms = _Terms(_known_list(session, list_name), now, erased, given_up, force)
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
    given_up: GivenUp | None = None,
    force: str = "",
) -> Added:
    """Puts many on a list, in the order of the rows; the first row of an address counts.

    A row without a consent of its own has `source` and `now` for it; one that lacks the day or
    the source alone keeps what it has. A row that says `left` is
    recorded as such, and makes somebody who is on the list leave it. Whom `erased` knows is not
    added, nor an address that somebody has `given_up` for another. `force` is the reason for which
    even those, and who left or must not be mailed, are put on the list again: it becomes their
    consent, and what was recorded of them stays; an address is then not given up any more.

    Raises:
        NotFoundError: there is no such list.
        EndedError: it has ended.
        SettingsError: see `GivenUp.among`.
    """
    terms = _Terms(_known_list(session, list_name), now, erased, given_up, force)
    numbers = dict.fromkeys(Admission, 0)
    refusals: list[Refusal] = []
    gone = 0
    for chunk in chunks(rows, _CHUNK):
        for member, admission in _admit(session, terms, [_sourced(m, source, now) for m in chunk]):
            numbers[admission] += 1
            gone += admission is Admission.ADDED and member.state is SubscriptionState.LEFT
            if admission in REFUSED and len(refusals) < MOST_REFUSALS:
                refusals.append(Refusal(member, admission, _since(terms, member, admission)))
    return Added(
        added=numbers[Admission.ADDED],
        gone=gone,
        known=numbers[Admission.KNOWN],
        revived=numbers[Admission.REVIVED],
        leaving=numbers[Admission.LEAVES],
        refused=sum(numbers[admission] for admission in REFUSED),
        moved=numbers[Admission.MOVED],
        refusals=tuple(refusals),
    )


def _sourced(member: Member, source: str, now: dt.datetime) -> Member:
    if member.consent_at and member.consent_source:
        return member
    if member.consent_at:
        return replace(member, consent_source=source)
    said = ", ".join(filter(None, (member.consent_source, source)))
    return replace(member, consent_at=now, consent_source=said)


def _known_list(session: Session, list_name: str) -> str:
    if session.get(ListRow, list_name) is None:
        raise NotFoundError(
            f"there is no list {list_name}: `newsletter lists sync` makes those of the files"
        )
    refuse_ended(session, list_name)
    return list_name


@dataclass(frozen=True, slots=True)
class _Terms:
    """On what terms people are put on a list."""

    list_name: str
    now: dt.datetime
    erased: Erased
    given_up: GivenUp | None
    force: str


def _admit(
    session: Session, terms: _Terms, members: Sequence[Member]
) -> list[tuple[Member, Admission]]:
    first: dict[str, Member] = {}
    for member in members:
        first.setdefault(address_key(member.address), member)
    judged, forced = _judge(session, terms, first)
    fresh = {
        key: forced.get(key, first[key])
        for key, verdict in judged.items()
        if verdict is Admission.ADDED
    }
    _insert(session, terms.list_name, fresh, terms.now)
    found = []
    for member in members:
        key = address_key(member.address)
        repeated = member is not first[key] and judged[key] is Admission.ADDED
        found.append((member, Admission.KNOWN if repeated else judged[key]))
    return found


def _judge(
    session: Session, terms: _Terms, first: dict[str, Member]
) -> tuple[dict[str, Admission], dict[str, Member]]:
    """What comes of each; and those who are new to the list and on it by force alone, with that
    for their consent."""
    forced: dict[str, Member] = {}
    states: dict[str, tuple[int, str]] = {}
    suppressed: set[str] = set()
    keys = [(key,) for key in first]
    for key, person, state, found in run(session, _KNOWN, _KEY, keys, list=terms.list_name):
        if state is not None:
            states[key] = (person, state)
        if found is not None:
            suppressed.add(key)
    erased = terms.erased(first)
    moved = terms.given_up.among(first) if terms.given_up else ()
    barred = dict.fromkeys(moved, Admission.MOVED) | dict.fromkeys(erased, Admission.ERASED)
    judged: dict[str, Admission] = {}
    for key, member in first.items():
        known = states.get(key)
        if known is not None:
            judged[key] = _again(session, terms, known, member)
        elif terms.force and member.state is not SubscriptionState.LEFT:
            if _lifted(session, terms, key) or key in barred:
                consent = f"forced: {terms.force}"
                forced[key] = replace(member, consent_at=terms.now, consent_source=consent)
            judged[key] = Admission.ADDED
        else:
            judged[key] = _new(member, barred.get(key), key in suppressed)
        if member.suppressed and key not in erased:
            detail = f"imported: {member.consent_source}"
            suppress(session, member.address, member.suppressed, terms.now, detail=detail)
    return judged, forced


def _since(terms: _Terms, member: Member, admission: Admission) -> dt.datetime | None:
    if terms.given_up is None or admission is not Admission.MOVED:
        return None
    return terms.given_up.since(member.address)


def _lifted(session: Session, terms: _Terms, key: str) -> bool:
    """Whether a suppression was lifted; that the address was given up is forgotten with it."""
    if terms.given_up:
        terms.given_up.forget(key)
    return unsuppress(session, key)


def _new(member: Member, barred: Admission | None, suppressed: bool) -> Admission:
    if barred is not None:
        return barred
    gone = member.state is SubscriptionState.LEFT
    return Admission.SUPPRESSED if suppressed and not gone else Admission.ADDED


def _again(session: Session, terms: _Terms, known: tuple[int, str], member: Member) -> Admission:
    subscriber_id, state = known
    leaves = member.state is SubscriptionState.LEFT
    if leaves:
        if state == SubscriptionState.LEFT:
            return Admission.KNOWN
        leave(
            session,
            terms.list_name,
            subscriber_id,
            way=Way.IMPORT,
            now=terms.now,
            reason=member.left_reason,
        )
        return Admission.LEAVES
    if terms.force and _revive(session, terms, subscriber_id, member):
        return Admission.REVIVED
    return Admission.LEFT if state == SubscriptionState.LEFT else Admission.KNOWN


def _revive(session: Session, terms: _Terms, subscriber_id: int, member: Member) -> bool:
    """Whether there was something to lift: a leave, or a suppression."""
    lifted = unsuppress(session, member.address)
    if lifted:
        record_lifted(session, subscriber_id, f"forced: {terms.force}", terms.now)
    row = subscription(session, terms.list_name, subscriber_id)
    if row.state == SubscriptionState.LEFT:
        before, way = consent_before(row), Way.IMPORT if member.line else Way.ADMIN
        record(session, subscriber_id, before, list_name=terms.list_name, way=way, now=terms.now)
        row.state, row.left_at = SubscriptionState.ACTIVE, None
        row.consent_at, row.consent_source = seconds(terms.now), f"forced: {terms.force}"
        session.add(row)
        session.flush()
        return True
    return lifted


def _insert(session: Session, list_name: str, members: dict[str, Member], now: dt.datetime) -> None:
    if not members:
        return
    at = seconds(now)
    choices = preferences_ids(session, [member.preferences for member in members.values()])
    rows = [_row(key, member, choices[member.preferences], at) for key, member in members.items()]
    run(session, _PEOPLE, _MEMBER, rows, at=at)
    run(session, _SUBSCRIPTIONS, _MEMBER, rows, at=at, list=list_name)
    gone = [
        (key, member.left_reason, member.suppressed)
        for key, member in members.items()
        if member.state is SubscriptionState.LEFT
    ]
    if gone:
        run(session, _DEPARTED, _GONE, gone, list=list_name, way=Way.IMPORT.value)


def _row(key: str, member: Member, choice: int, at: int) -> tuple[object, ...]:
    left = member.state is SubscriptionState.LEFT
    left_at = seconds(member.left_at) if member.left_at else at
    return (
        key,
        member.address,
        member.state.value,
        choice,
        member.paused_until.isoformat() if member.paused_until else None,
        seconds(member.consent_at) if member.consent_at else None,
        member.consent_source,
        left_at if left else None,
        member.zone,
    )
