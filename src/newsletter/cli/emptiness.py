"""Why a draft holds nothing, or none was made, for who wants to put one together."""

from __future__ import annotations

from newsletter.cli.edge import err
from newsletter.content.entry import Period
from newsletter.content.mailinglist import MailingList
from newsletter.content.window import issue_name
from newsletter.errors import TooFewError
from newsletter.store import entries
from newsletter.store.database import Database
from newsletter.store.issues import Issue


def nothing_to_assemble(db: Database, mailing_list: MailingList, window: Period) -> TooFewError:
    """That no issue was made of days which no entry is dated, and where the nearest are."""
    ref = f"{mailing_list.name}/{issue_name(window, mailing_list.week_starts)}"
    return TooFewError(f"{ref} would have no entry, so it was not made: {_why(db, window)}")


def tell_if_empty(db: Database, issue: Issue) -> None:
    """Says on stderr that an issue has no entry: of which days it takes them, and when the nearest
    that are stored are dated."""
    if issue.digest.entries:
        return
    with db.read() as session:
        left_out = bool(entries.entries_in(session, issue.period))
    if not left_out:
        err.print(f"{issue.ref} has no entry: {_why(db, issue.period)}")
        return
    err.print(
        f"{issue.ref} has no entry: its editors left out all that is dated {_days(issue.period)}: "
        f"`newsletter issues history {issue.ref}` says who, and when"
    )


def _why(db: Database, window: Period) -> str:
    with db.read() as session:
        nearest = [day for day in entries.days_beside(session, window) if day]
    others = " and ".join(map(str, nearest))
    known = f"the nearest stored are dated {others}" if others else "and none at all is stored"
    return (
        f"none is dated {_days(window)}; {known}: `newsletter entries import FILE`, or another "
        "--week"
    )


def _days(window: Period) -> str:
    return f"{window.first} to {window.last}"
