"""What waits to be sent: when the first of an issue is due, and which issues have any."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlmodel import Session

from newsletter.store.instants import instant, seconds

_NEXT = text(
    "SELECT min(due_at) FROM deliveries WHERE issue_id = :issue AND state IN ('queued', 'deferred')"
)

_NEXT_DEFERRED = text("""
SELECT min(d.due_at) FROM issues i JOIN deliveries d ON d.issue_id = i.id
WHERE i.state = 'sending' AND d.state = 'deferred' AND d.due_at > :now
""")

_WAITING = text("""
SELECT i.id FROM issues i
WHERE i.state = 'frozen' OR i.state = 'sending'
  AND (EXISTS (SELECT 1 FROM deliveries d WHERE d.issue_id = i.id AND d.state = 'queued')
       OR EXISTS (SELECT 1 FROM deliveries d
                  WHERE d.issue_id = i.id AND d.state = 'deferred' AND d.due_at <= :now)
       OR EXISTS (SELECT 1 FROM deliveries d WHERE d.issue_id = i.id AND d.state = 'sending')
       OR NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.issue_id = i.id
                      AND d.state IN ('queued', 'deferred', 'sending', 'in doubt')))
ORDER BY i.id
""")


def next_due(session: Session, issue_id: int) -> dt.datetime | None:
    """When the first delivery that waits may be tried, in the past for one that is queued; None:
    none waits."""
    due = session.connection().execute(_NEXT, {"issue": issue_id}).scalar()
    return None if due is None else instant(due)


def next_deferred(session: Session, now: dt.datetime) -> dt.datetime | None:
    """When the next delivery of any issue that is going out is due after `now`; None: none is."""
    due = session.connection().execute(_NEXT_DEFERRED, {"now": seconds(now)}).scalar()
    return None if due is None else instant(due)


def waiting_issues(session: Session, now: dt.datetime) -> tuple[int, ...]:
    """The ids of the issues that are frozen, or going out with something that may be sent now, that
    a sender is at or has died over, or whose sender died before it could say that it was done."""
    return tuple(session.connection().execute(_WAITING, {"now": seconds(now)}).scalars())
