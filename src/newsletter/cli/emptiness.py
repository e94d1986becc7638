"""Why a draft holds nothing, for who has just put it together."""

from __future__ import annotations

from newsletter.cli.edge import err
from newsletter.store import entries
from newsletter.store.database import Database
from newsletter.store.issues import Issue


def tell_if_empty(db: Database, issue: Issue) -> None:
    """Says on stderr that an issue has no entry: of which days it takes them, and when the nearest
    that are stored are dated."""
    if issue.digest.entries:
        return
    with db.read() as session:
        left_out = bool(entries.entries_in(session, issue.period))
        nearest = [day for day in entries.days_beside(session, issue.period) if day]
    days = f"{issue.period.first} to {issue.period.last}"
    if left_out:
        err.print(
            f"{issue.ref} has no entry: its editors left out all that is dated {days}: "
            f"`newsletter issues history {issue.ref}` says who, and when"
        )
        return
    others = " and ".join(map(str, nearest))
    known = f"the nearest stored are dated {others}" if others else "and none at all is stored"
    err.print(
        f"{issue.ref} has no entry: none is dated {days}; {known}: `newsletter entries import "
        "FILE`, or another --week"
    )
