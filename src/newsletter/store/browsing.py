"""What an editor leafs through: the issues there are, the one before, and readers one by one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from newsletter.addresses import address_key
from newsletter.store.issues import Issue, get_issue
from newsletter.store.tables import IssueRow, SubscriberRow, SubscriptionRow
from newsletter.store.values import IssueState, SubscriptionState


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueLine:
    """An issue without what it says."""

    list_name: str
    name: str
    state: IssueState
    first_day: dt.date
    last_day: dt.date
    announces: bool

    @property
    def ref(self) -> str:
        """As people write it: `ai-for-science/2026-W02`."""
        return f"{self.list_name}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLine:
    """An active reader, and which of the list's active readers it is, counted from 1."""

    address: str
    number: int
    readers: int


def issue_lines(session: Session) -> tuple[IssueLine, ...]:
    """All issues, the latest first."""
    query = select_columns(
        col(IssueRow.list_name),
        col(IssueRow.name),
        col(IssueRow.state),
        col(IssueRow.first_day),
        col(IssueRow.last_day),
        col(IssueRow.announces),
    ).order_by(col(IssueRow.last_day).desc(), col(IssueRow.id).desc())
    rows = session.connection().execute(query)
    return tuple(
        IssueLine(
            list_name=row.list_name,
            name=row.name,
            state=IssueState(row.state),
            first_day=row.first_day,
            last_day=row.last_day,
            announces=row.announces,
        )
        for row in rows
    )


def issue_before(session: Session, issue: Issue) -> Issue | None:
    """The list's issue that ended last before this one began; announcements do not count."""
    name = session.exec(
        select(IssueRow.name)
        .where(
            IssueRow.list_name == issue.list_name,
            col(IssueRow.last_day) < issue.period.first,
            col(IssueRow.announces).is_(False),
        )
        .order_by(col(IssueRow.last_day).desc(), col(IssueRow.id).desc())
        .limit(1)
    ).first()
    return None if name is None else get_issue(session, issue.list_name, name)


def readers_like(session: Session, list_name: str, text: str, limit: int) -> tuple[str, ...]:
    """Addresses of active readers that hold `text`, in the order in which they joined."""
    query = (
        select(SubscriberRow.address)
        .join(SubscriptionRow, col(SubscriptionRow.subscriber_id) == SubscriberRow.id)
        .where(
            SubscriptionRow.list_name == list_name,
            SubscriptionRow.state == SubscriptionState.ACTIVE,
            col(SubscriberRow.address_key).contains(text.strip().lower(), autoescape=True),
        )
        .order_by(col(SubscriptionRow.id))
        .limit(limit)
    )
    return tuple(session.exec(query))


def reader_beside(session: Session, list_name: str, address: str, step: int) -> ReaderLine | None:
    """The active reader that joined after `address` (`step` 1), before (-1), or that one itself
    (0); round the end to the other one. Somebody unknown stands before the first."""
    active = (
        SubscriptionRow.list_name == list_name,
        SubscriptionRow.state == SubscriptionState.ACTIVE,
    )
    readers = session.exec(select(func.count(col(SubscriptionRow.id))).where(*active)).one()
    if not readers:
        return None
    own = session.exec(
        select(SubscriptionRow.id)
        .join(SubscriberRow, col(SubscriberRow.id) == SubscriptionRow.subscriber_id)
        .where(
            SubscriptionRow.list_name == list_name,
            SubscriberRow.address_key == address_key(address),
        )
    ).first()
    at = 0 if own is None else _number(session, list_name, own)
    if own is None and step == 0:
        return None
    number = (at + step - 1) % readers + 1
    found = session.exec(
        select(SubscriberRow.address)
        .join(SubscriptionRow, col(SubscriptionRow.subscriber_id) == SubscriberRow.id)
        .where(*active)
        .order_by(col(SubscriptionRow.id))
        .offset(number - 1)
        .limit(1)
    ).one()
    return ReaderLine(address=found, number=number, readers=readers)


def _number(session: Session, list_name: str, subscription_id: int) -> int:
    return session.exec(
        select(func.count(col(SubscriptionRow.id))).where(
            SubscriptionRow.list_name == list_name,
            SubscriptionRow.state == SubscriptionState.ACTIVE,
            col(SubscriptionRow.id) <= subscription_id,
        )
    ).one()
