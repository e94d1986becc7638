"""An issue that nobody would take is paused: going on would earn the same answer for everybody."""

from __future__ import annotations

from newsletter.errors import ConflictError
from newsletter.store import steering
from newsletter.store.database import Database
from newsletter.store.deliveries import waiting
from newsletter.store.issues import Issue


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
