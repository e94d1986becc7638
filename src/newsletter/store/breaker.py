"""Addresses proven bad, and the breaker: a provider's outage must not erase the list.

A delivery accuses its address; `settle` then suppresses it, unless more than `SHARE` of the issue,
or of the address's domain in it, turned bad at once. Then nothing is suppressed, what was is taken
back, and all of it waits for `decide`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from newsletter.addresses import address_key
from newsletter.errors import NotFoundError
from newsletter.replies import Judgement
from newsletter.store.departures import leave, undo_leave
from newsletter.store.instants import instant, seconds
from newsletter.store.suppressions import BOUNCED, suppress, suppression, unsuppress
from newsletter.store.tables import (
    AccusationRow,
    DeliveryRow,
    DepartureRow,
    IssueRow,
    SubscriberRow,
    SubscriptionRow,
)
from newsletter.store.values import DeliveryState, SubscriptionState, Way

SHARE = 0.05
"""The part of a domain, or of an issue, above which bad addresses are not believed."""

FEWEST = 10
"""Bad addresses below which no share is asked for: one of three is a third, and means nothing."""

BAD_ADDRESS = Judgement.BAD_ADDRESS.value
"""What the reason of a delivery begins with whose address is bad."""

_ATTEMPTED = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.BOUNCED)

_ACCUSE_REFUSED = text("""
INSERT INTO accusations (delivery_id, issue_id, subscriber_id, domain, cause, detail, standing, at)
SELECT d.id, d.issue_id, d.subscriber_id, d.domain, d.reason, d.text, 'new', :now
FROM deliveries d
WHERE d.issue_id = :issue AND d.state = 'failed' AND d.reason LIKE :bad
ON CONFLICT DO NOTHING
""")
_ACCUSE = text("""
INSERT INTO accusations (delivery_id, issue_id, subscriber_id, domain, cause, detail, standing, at)
SELECT d.id, d.issue_id, d.subscriber_id, d.domain, :cause, :detail, 'new', :now
FROM deliveries d WHERE d.id = :delivery
ON CONFLICT DO NOTHING
""")


class Standing(StrEnum):
    """What became of an accusation."""

    NEW = "new"
    SUPPRESSED = "suppressed"
    HELD = "held"  # the breaker went: nobody is suppressed until an admin says so
    CONFIRMED = "confirmed"  # suppressed because an admin said so
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Numbers of addresses: suppressed now, and held or taken back because the breaker went."""

    suppressed: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """People of one domain in one issue who wait for an admin, and why; `sample` is what came back
    of one."""

    issue: str
    issue_id: int
    domain: str
    people: int
    attempted: int
    since: dt.datetime
    sample: str
    why: str = "too many turned bad at once"


def accuse(
    session: Session, delivery_id: int, cause: str, now: dt.datetime, *, detail: str = ""
) -> None:
    """Notes that a delivery proves its address bad; `settle` decides. Once for each delivery."""
    values = {"delivery": delivery_id, "cause": cause, "detail": detail, "now": seconds(now)}
    session.connection().execute(_ACCUSE, values)


def accuse_refused(session: Session, issue_id: int, now: dt.datetime) -> None:
    """Accuses every address of an issue that was refused as bad while it was sent."""
    values = {"issue": issue_id, "bad": f"{BAD_ADDRESS}%", "now": seconds(now)}
    session.connection().execute(_ACCUSE_REFUSED, values)


def settle(session: Session, issue_id: int, now: dt.datetime) -> Settled:
    """Suppresses the newly accused of an issue, or holds them where too many turned bad at once.

    Who was suppressed for the same issue and domain before the breaker went is given back; an
    admin's decision for that domain stands for those that come after it.
    """
    new = _rows(session, issue_id, Standing.NEW)
    if not new:
        return Settled()
    dismissed = _decided(session, issue_id, Standing.DISMISSED)
    for row in new:
        if row.domain in dismissed:
            row.standing = Standing.DISMISSED
            session.add(row)
    new = [row for row in new if row.domain not in dismissed]
    tripped = _tripped(session, issue_id)
    held = [row for row in new if tripped.get(row.domain, False)]
    bad = [row for row in new if not tripped.get(row.domain, False)]
    back = [row for row in _rows(session, issue_id, Standing.SUPPRESSED) if tripped.get(row.domain)]
    for row in bad:
        _suppress(session, row, Standing.SUPPRESSED, now)
    for row in back:
        _give_back(session, row, now)
    for row in (*held, *back):
        row.standing = Standing.HELD
        session.add(row)
    session.flush()
    return Settled(suppressed=len(bad), held=len(held) + len(back))


def held(session: Session) -> tuple[Held, ...]:
    """What waits for an admin, by issue and domain, the latest issue first."""
    rows = session.exec(
        select(
            AccusationRow.issue_id,
            AccusationRow.domain,
            func.count(),
            func.min(col(AccusationRow.at)),
        )
        .where(AccusationRow.standing == Standing.HELD)
        .group_by(col(AccusationRow.issue_id), col(AccusationRow.domain))
        .order_by(col(AccusationRow.issue_id).desc(), col(AccusationRow.domain))
    ).all()
    return tuple(
        Held(
            issue=ref(session, issue_id),
            issue_id=issue_id,
            domain=domain,
            people=people,
            attempted=attempted(session, issue_id).get(domain, 0),
            since=instant(since),
            sample=_sample(session, issue_id, domain),
        )
        for issue_id, domain, people, since in rows
    )


def decide(
    session: Session, issue_id: int, *, suppress_them: bool, now: dt.datetime, domain: str = ""
) -> int:
    """An admin's word on what is held of an issue, or of one domain in it; the number of people.

    Raises:
        NotFoundError: nothing of it is held.
    """
    rows = [row for row in _rows(session, issue_id, Standing.HELD) if domain in ("", row.domain)]
    if not rows:
        raise NotFoundError("nothing is held there: `newsletter bounces review` shows what is")
    for row in rows:
        if suppress_them:
            _suppress(session, row, Standing.CONFIRMED, now)
        else:
            row.standing = Standing.DISMISSED
            session.add(row)
    session.flush()
    return len(rows)


def give_back(session: Session, subscriber_id: int, now: dt.datetime) -> tuple[str, ...]:
    """Takes back the leaves that bounces made somebody make; the lists that they are on again."""
    rows = session.exec(
        select(DepartureRow.list_name).where(
            DepartureRow.subscriber_id == subscriber_id,
            DepartureRow.way == Way.BOUNCE,
            col(DepartureRow.undone_at).is_(None),
        )
    ).all()
    left = dict.fromkeys(rows)
    return tuple(name for name in left if undo_leave(session, name, subscriber_id, now))


def _tripped(session: Session, issue_id: int) -> Mapping[str, bool]:
    """Whether the breaker goes for each accused domain of an issue."""
    accused = _accused(session, issue_id)
    tried = attempted(session, issue_id)
    decided = _decided(session, issue_id, Standing.CONFIRMED)
    open_ = {domain: bad for domain, bad in accused.items() if domain not in decided}
    whole = _too_many(sum(open_.values()), sum(tried.values()))
    return {domain: whole or _too_many(bad, tried.get(domain, 0)) for domain, bad in open_.items()}


def _decided(session: Session, issue_id: int, standing: Standing) -> frozenset[str]:
    """The domains of an issue of which an admin has said so."""
    rows = select(AccusationRow.domain).where(
        AccusationRow.issue_id == issue_id, AccusationRow.standing == standing
    )
    return frozenset(session.exec(rows.distinct()))


def _too_many(bad: int, attempted: int) -> bool:
    return bad >= FEWEST and bad > SHARE * attempted


def _accused(session: Session, issue_id: int) -> Mapping[str, int]:
    return dict(
        session.exec(
            select(AccusationRow.domain, func.count())
            .where(AccusationRow.issue_id == issue_id, AccusationRow.standing != Standing.DISMISSED)
            .group_by(col(AccusationRow.domain))
        ).all()
    )


def attempted(session: Session, issue_id: int) -> Mapping[str, int]:
    """How many of an issue's deliveries were tried, by domain."""
    return dict(
        session.exec(
            select(DeliveryRow.domain, func.count())
            .where(DeliveryRow.issue_id == issue_id, col(DeliveryRow.state).in_(_ATTEMPTED))
            .group_by(col(DeliveryRow.domain))
        ).all()
    )


def _rows(session: Session, issue_id: int, standing: Standing) -> Sequence[AccusationRow]:
    return session.exec(
        select(AccusationRow)
        .where(AccusationRow.issue_id == issue_id, AccusationRow.standing == standing)
        .order_by(col(AccusationRow.id))
        # Two readers of returned mail must not both decide.
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _suppress(session: Session, row: AccusationRow, standing: Standing, now: dt.datetime) -> None:
    row.standing = standing
    session.add(row)
    address, theirs = _went_to(session, row)
    if not address:  # erased since
        return
    detail = f"{row.cause}: {row.detail}" if row.detail else row.cause
    suppress(session, address, BOUNCED, now, detail=detail)
    if not theirs:
        return
    lists = session.exec(
        select(SubscriptionRow.list_name).where(
            SubscriptionRow.subscriber_id == row.subscriber_id,
            SubscriptionRow.state == SubscriptionState.ACTIVE,
        )
    ).all()
    for name in lists:
        leave(
            session,
            name,
            row.subscriber_id,
            way=Way.BOUNCE,
            now=now,
            delivery_id=row.delivery_id if name == _list_of(session, row.issue_id) else None,
            reason=row.cause,
        )


def _give_back(session: Session, row: AccusationRow, now: dt.datetime) -> None:
    address, theirs = _went_to(session, row)
    found = suppression(session, address)
    if found is not None and found.reason == BOUNCED:
        unsuppress(session, address)
        if theirs:
            give_back(session, row.subscriber_id, now)


def _went_to(session: Session, row: AccusationRow) -> tuple[str, bool]:
    """The address that a delivery went to, "" once its person was erased; whether it is the one
    they have. Reports come days later, and who has another by then is not to blame for the old."""
    delivery = session.get(DeliveryRow, row.delivery_id)
    person = session.get(SubscriberRow, row.subscriber_id)
    if delivery is None or person is None or not person.address:
        return "", False
    address = delivery.address or person.address
    return address, address_key(address) == person.address_key


def _list_of(session: Session, issue_id: int) -> str:
    issue = session.get(IssueRow, issue_id)
    return issue.list_name if issue else ""


def ref(session: Session, issue_id: int) -> str:
    """An issue as it is written, `LIST/NAME`."""
    issue = session.get(IssueRow, issue_id)
    return f"{issue.list_name}/{issue.name}" if issue else ""


def _sample(session: Session, issue_id: int, domain: str) -> str:
    found = session.exec(
        select(AccusationRow.cause, AccusationRow.detail).where(
            AccusationRow.issue_id == issue_id,
            AccusationRow.domain == domain,
            AccusationRow.standing == Standing.HELD,
        )
    ).first()
    return ": ".join(filter(None, found)) if found else ""
