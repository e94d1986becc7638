"""`newsletter issues pause|resume|cancel|amend`: an issue held, let go on, ended or mended."""

from __future__ import annotations

from newsletter import workflow
from newsletter.cli.arguments import IssueArgument, YesOption
from newsletter.cli.asking import make_sure
from newsletter.cli.edge import database, now, out, settings, split_issue, template_folders
from newsletter.delivery.cancelling import cancel as cancel_issue
from newsletter.store import issues, steering


def pause(issue: IssueArgument) -> None:
    """Hold an issue.

    Whoever sends it stops within a second, and its queue waits.
    """
    with database() as db, db.write() as session:
        found = issues.get_issue(session, *split_issue(issue))
        changed = steering.pause(session, found.id)
    out.print(f"{issue}: {'paused' if changed else 'was paused already'}")


def resume(issue: IssueArgument) -> None:
    """Let a paused issue go on with the next `send`."""
    with database() as db, db.write() as session:
        found = issues.get_issue(session, *split_issue(issue))
        changed = steering.resume(session, found.id)
        issues.finish_if_done(session, found.id, now())
    said = "may go on" if changed else "was not paused"
    out.print(f"{issue}: {said}; `newsletter send {issue}` sends what is left")


def cancel(
    issue: IssueArgument,
    yes: YesOption = False,
) -> None:
    """End an issue for good: who has not got it is skipped. It cannot be undone."""
    with database() as db:
        with db.read() as session:
            found = issues.get_issue(session, *split_issue(issue))
        make_sure(issue, "to cancel it for good", yes=yes, kind="issue")
        changed = cancel_issue(db, found.id, now())
        with db.read() as session:
            counts = issues.counts(session, found.id)
    told = ", ".join(f"{number} {state}" for state, number in counts.items())
    out.print(f"{issue}: {'cancelled' if changed else 'was cancelled already'}; {told}")


def amend(issue: IssueArgument) -> None:
    """Put an issue together anew for all who have not got it.

    Pause it first if it is being sent. Who has it keeps the first edition, and `render` and `why`
    show each theirs.
    """
    found = settings()
    with database(found) as db:
        with db.read() as session:
            wanted = issues.get_issue(session, *split_issue(issue))
        amended = workflow.amend_issue(db, wanted, template_folders(found), now(), found.public_url)
    number = amended.edition.number if amended.edition else 0
    out.print(f"{issue}: edition {number}, for all who have not been sent it")
