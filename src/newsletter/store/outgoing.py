"""What went out last of a list."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from newsletter.store.instants import instant
from newsletter.store.tables import IssueRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """An issue that went out: its name, when it was all sent or, before that, was begun."""

    issue: str
    at: dt.datetime
    finished: bool


def last_gone(session: Session, list_name: str) -> Gone | None:
    """The list's issue that was begun last, announcements apart; None before its first."""
    query = select(IssueRow.name, IssueRow.frozen_at, IssueRow.finished_at).where(
        IssueRow.list_name == list_name,
        col(IssueRow.announces).is_(False),
        col(IssueRow.frozen_at).is_not(None),
        IssueRow.state != "cancelled",
    )
    latest = func.coalesce(IssueRow.finished_at, IssueRow.frozen_at).desc()
    found = session.exec(query.order_by(latest, col(IssueRow.id).desc()).limit(1)).first()
    if found is None:
        return None
    name, frozen, finished = found
    return Gone(issue=name, at=instant(finished or frozen or 0), finished=finished is not None)
