"""What `newsletter send` says of a draft that its list wants approved first."""

from __future__ import annotations

from newsletter.cli.edge import err
from newsletter.cli.identity import who
from newsletter.cli.template_files import template_files
from newsletter.content.timing import ReviewPolicy
from newsletter.errors import ConflictError
from newsletter.store import lists, reviews
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.reviews import ReviewState
from newsletter.store.values import IssueState


def mind_approval(db: Database, wanted: Issue, *, force: bool, dry_run: bool) -> None:
    """Says that a draft may not go yet, or with `force` by whose word it goes all the same.

    Raises:
        ConflictError: it may not, and neither `force` nor `dry_run` says to go on.
    """
    reason = unapproved(db, wanted)
    if not reason:
        return
    if dry_run:
        err.print(f"{reason}; it would not go without --force")
    elif force:
        err.print(f"{reason}; it goes by the word of {who()}")
    else:
        raise ConflictError(
            f"{reason}; nothing was sent: `newsletter issues approve {wanted.ref}`, or "
            f"`newsletter send {wanted.ref} --force`"
        )


def unapproved(db: Database, wanted: Issue) -> str:
    """Why a draft may not go without somebody's word; empty where it may.

    An issue that is frozen was let go already, and an announcement is its writer's own word. What
    editors want changed goes nowhere, whether or not the list asks for approval.
    """
    if wanted.state is not IssueState.DRAFT or wanted.digest.subject:
        return ""
    with db.read() as session:
        schedule = lists.get_list(session, wanted.list_name).schedule
        found = reviews.review(session, wanted.id, template_files)
    if found.state is ReviewState.CHANGES_WANTED:
        since = ", and nobody has approved what was changed since" if found.changed else ""
        return f"{wanted.ref}: {found.by} wants changes: {' '.join(found.note.split())}{since}"
    if schedule.review is not ReviewPolicy.REQUIRED or found.state is ReviewState.APPROVED:
        return ""
    if found.changed:
        return f"{wanted.ref} or its template was changed since {found.by} judged it"
    return f"{wanted.ref}: nobody has approved it, and its list asks for that"
