"""The issues that everybody may read: those whose mail is on its way or has gone out."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from newsletter.content.entry import Period
from newsletter.store.tables import IssueRow
from newsletter.store.values import IssueState

PUBLIC_STATES = frozenset((IssueState.SENDING, IssueState.PAUSED, IssueState.SENT))
"""The states in which readers have, or may have, a mail that links to the issue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """An issue by its name and days, without its content."""

    name: str
    period: Period


def published(session: Session, list_name: str) -> tuple[Published, ...]:
    """The public issues of a list, the latest first; announcements are none."""
    rows = session.exec(
        select(col(IssueRow.name), col(IssueRow.first_day), col(IssueRow.last_day))
        .where(
            IssueRow.list_name == list_name,
            col(IssueRow.state).in_(PUBLIC_STATES),
            col(IssueRow.announces).is_(False),
        )
        .order_by(col(IssueRow.last_day).desc(), col(IssueRow.id).desc())
    )
    return tuple(Published(name=name, period=Period(first, last)) for name, first, last in rows)
