"""An issue that nobody would take is paused: going on would earn the same answer for everybody."""

from __future__ import annotations

from newsletter.errors import ConflictError
from newsletter.store import issues, steering
from newsletter.store.database import Database
from newsletter.store.deliveries import waiting
from newsletter.store.issues import Issue
from newsletter.store.values import IssueState


def hold(database: Database, issue: Issue, reason: str) -> str:
    """Pauses an issue of which something is left; the reason, and how to go on, in one line."""
    with database.write() as session:
        if not waiting(session, issue.id, most=1):
            return reason
        try:
            steering.pause(session, issue.id, reason)
        except ConflictError:
            return reason  # cancelled meanwhile, by somebody who knows more
    return (
        f"{reason}; {issue.ref} is paused: mend that, then `newsletter issues resume {issue.ref}` "
        f"and `newsletter send {issue.ref}`"
    )


def ended(database: Database, issue_id: int) -> str:
    """That somebody, or its canary, has paused or cancelled the issue, in words; else empty."""
    with database.read() as session:
        issue = issues.issue_by_id(session, issue_id)
    held = issue.state in (IssueState.PAUSED, IssueState.CANCELLED)
    why = f": {issue.note}" if issue.note else ""
    return f"the issue is {issue.state}{why}" if held else ""
