"""`newsletter check`: what would embarrass after sending, said before."""

from __future__ import annotations

from dataclasses import asdict

import typer

from newsletter import checking, workflow
from newsletter.checking import Report
from newsletter.cli.arguments import IssueArgument
from newsletter.cli.edge import (
    JsonOption,
    database,
    now,
    out,
    settings,
    show_json,
    show_prose,
    split_issue,
    template_folders,
    visible,
)
from newsletter.cli.linking import led
from newsletter.content.moments import local_day
from newsletter.content.numbers import counted
from newsletter.errors import ConflictError, TooFewError
from newsletter.rendering.checks import Finding
from newsletter.settings import Settings
from newsletter.store import issues
from newsletter.store.database import Database
from newsletter.store.issues import Issue

_INDENT = " " * 9


def check(
    issue: IssueArgument,
    json: JsonOption = False,
) -> None:
    """Say what would embarrass after sending.

    Ends with exit code 1 if any of it is an error.
    """
    found = settings()
    with database(found) as db:
        with db.read() as session:
            wanted = issues.get_issue(session, *split_issue(issue))
        report = look(db, found, led(db, found, wanted))
    if json:
        show_json({**asdict(report), "errors": report.errors})
    else:
        describe(report)
    if report.errors:
        raise typer.Exit(1)


def look(db: Database, found: Settings, wanted: Issue, *, loopback_allowed: bool = False) -> Report:
    """The report on an issue as it would go out now."""
    today = local_day(wanted.digest.list, now())
    folders = template_folders(found)
    return checking.check(db, wanted, folders, today, loopback_allowed=loopback_allowed)


def describe(report: Report) -> None:
    """The findings, and how much was looked at."""
    for finding in report.findings:
        _describe(finding)
    warnings = len(report.findings) - report.errors
    out.print(
        f"{counted(report.errors, 'error')}, {counted(warnings, 'warning')}; "
        f"looked at {_part(report.selections, report.all_selections, 'selection')} of "
        f"{_part(report.readers, report.all_readers, 'reader')}"
    )


def refuse_errors(
    db: Database, found: Settings, wanted: Issue, *, force: bool, loopback_allowed: bool = False
) -> None:
    """Looks at a draft that is about to go out, and says what it finds.

    Raises:
        ConflictError: some of it is an error, or its list wants more entries, and `force` does
            not say to go on.
    """
    report = look(db, found, wanted, loopback_allowed=loopback_allowed)
    if report.findings:
        describe(report)
    if report.errors and not force:
        raise ConflictError(
            f"{wanted.ref} has {counted(report.errors, 'error')} and was not sent: mend what "
            f"`newsletter check` says, or `newsletter send {wanted.ref} --force`"
        )
    if not force:
        _refuse_few(db, wanted)


def _refuse_few(db: Database, wanted: Issue) -> None:
    """Before anybody is asked, what freezing would say of entries that other issues had."""
    try:
        workflow.refuse_few(db, wanted)
    except TooFewError as error:
        raise TooFewError(f"{error}, or `newsletter send {wanted.ref} --force`") from None


def _describe(finding: Finding) -> None:
    met = "" if finding.readers is None else f" ({counted(finding.readers, 'reader')})"
    head = f"{finding.severity.value:<8} "
    show_prose(f"{finding.code}: {finding.where}{met}", _INDENT, head)
    show_prose(finding.what, _INDENT)
    # What mends it may be a command: broken by the terminal alone, it is copied whole.
    out.print(f"{_INDENT}mend: {visible(finding.mend)}")


def _part(some: int, every: int, what: str) -> str:
    """`the only reader`, `all 3 readers`, `2 of 3 readers`."""
    if some == every == 1:
        return f"the only {what}"
    return f"{'all' if some == every else f'{some} of'} {counted(every, what)}"
