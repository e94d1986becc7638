"""`newsletter deliveries retry`: those that failed, queued again once it is mended why."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.addressing import DomainOption, OnlyAddressOption
from newsletter.cli.arguments import IssueArgument, YesOption
from newsletter.cli.asking import make_sure
from newsletter.cli.edge import database, now, out, show_facts, split_issue
from newsletter.content.moments import local_day
from newsletter.content.numbers import counted
from newsletter.store import issues, retrying
from newsletter.store.database import Database
from newsletter.store.endings import refuse_ended
from newsletter.store.issues import Issue
from newsletter.store.retrying import Found, Which
from newsletter.store.values import IssueState


def retry(
    issue: IssueArgument,
    domain: DomainOption = "",
    code: Annotated[str, typer.Option(help="Only those with this reply: 550, or 5.7.1.")] = "",
    reason: Annotated[
        str, typer.Option(help="Only those with these words in reason or reply.")
    ] = "",
    to: OnlyAddressOption = "",
    yes: YesOption = False,
) -> None:
    """Queue those that failed again.

    Do so once the cause is mended. Nobody who has it, has left, paused, or is suppressed is sent
    anything.
    """
    which = Which(domain=domain, code=code, words=reason, address=to)
    with database() as db:
        with db.read() as session:
            wanted = issues.get_issue(session, *split_issue(issue))
            refuse_ended(session, wanted.list_name)
            today = local_day(wanted.digest.list, now())
            found = retrying.found(session, wanted.id, which, today)
        _describe(wanted, found)
        if not found.again:
            out.print("nothing is left to try again")
            return
        to = f"to send it to {counted(found.again, 'reader')} again"
        make_sure(str(found.again), to, yes=yes, kind="number")
        number = _queue(db, wanted, which)
    held = f"`newsletter issues resume {issue}`, then " * (wanted.state is IssueState.PAUSED)
    out.print(f"{counted(number, 'reader')} queued again; {held}`newsletter send {issue}` sends it")


def _describe(wanted: Issue, found: Found) -> None:
    show_facts(
        {
            "issue": f"{wanted.ref} ({wanted.state})",
            "will be tried again": found.again,
            **({"left, paused or suppressed": found.away} if found.away else {}),
            **({"wait for `newsletter bounces review`": found.held} if found.held else {}),
        }
    )


def _queue(db: Database, wanted: Issue, which: Which) -> int:
    """In short transactions, so that the pages go on writing in between."""
    queued = 0
    at = now()
    today = local_day(wanted.digest.list, at)
    while True:
        with db.write() as session:
            number = retrying.queue_again(session, wanted.id, which, at, today)
        queued += number
        if number < retrying.CHUNK:
            return queued
