"""`newsletter issues approve|reject|diff|history|undo|redo`: a draft judged, and its changes."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, NamedTuple

import typer
from rich.text import Text
from sqlmodel import Session

from newsletter import workflow
from newsletter.cli.arguments import IssueArgument
from newsletter.cli.edge import (
    JsonOption,
    database,
    now,
    out,
    settings,
    show_json,
    show_table,
    split_issue,
)
from newsletter.cli.identity import who
from newsletter.cli.linking import led
from newsletter.cli.template_files import template_files
from newsletter.content.comparing import Change, Difference, compare
from newsletter.content.digest import Digest
from newsletter.content.numbers import counted
from newsletter.content.serial import plain
from newsletter.errors import NewsletterError
from newsletter.store import editing, issues, reviews
from newsletter.store.database import Database
from newsletter.store.editions import edition_before
from newsletter.store.issues import Issue
from newsletter.store.reviews import ReviewState

_SIGNS = {Change.ADDED: "+", Change.REMOVED: "-", Change.MOVED: "↕", Change.RETIERED: "↕"}
_STYLES = {Change.ADDED: "green", Change.REMOVED: "red"}


class _Changed(NamedTuple):
    """What changed since when. `restyled`: nothing but files of the template; `waiting` is what an
    amendment would take in."""

    since: str
    differences: tuple[Difference, ...]
    restyled: bool = False
    waiting: tuple[Difference, ...] = ()


def approve(
    issue: IssueArgument,
    note: Annotated[str, typer.Option(help="A word about it, for the history.")] = "",
) -> None:
    """Let a draft go as it is.

    A later change of it wants approval anew.
    """
    own = settings()
    with database(own) as db:
        with db.read() as session:
            asked = issues.get_issue(session, *split_issue(issue))
        # `send` would do so, and then want another approval.
        led(db, own, asked, keep=True)
        found, waiting = _approved(db, asked.id, note)
    entries = counted(len(found.digest.entries), "entry")
    out.print(f"{issue}: approved by {who()}, with {entries}")
    if waiting:
        out.print(
            f"{counted(waiting, 'change')} of what is stored came after it was assembled: "
            f"`newsletter issues diff {issue}` shows, `issues assemble` takes them in"
        )


def _approved(db: Database, issue_id: int, note: str) -> tuple[Issue, int]:
    """The issue as it was approved, and how many changes came after it was assembled."""
    with db.write() as session:
        found = issues.issue_by_id(session, issue_id)
        waiting = _waiting(session, found)
        reviews.approve(session, found.id, who(), now(), note=note, files=template_files)
    return found, waiting


def reject(
    issue: IssueArgument,
    note: Annotated[str, typer.Option(help="What to change.")],
) -> None:
    """Ask for changes of a draft: it does not go until it is approved."""
    if not note.strip():
        raise NewsletterError("say what to change: --note 'the second summary is not ours'")
    with database() as db, db.write() as session:
        found = issues.get_issue(session, *split_issue(issue))
        reviews.reject(session, found.id, who(), now(), note=note, files=template_files)
    out.print(f"{issue}: changes wanted by {who()}: {note.strip()}")


def diff(
    issue: IssueArgument,
    other: Annotated[
        str, typer.Argument(metavar="[OTHER]", help="Another issue, to compare with.")
    ] = "",
    json: JsonOption = False,
) -> None:
    """What changed in an issue, or between two.

    Of one issue: since it was judged, assembled or frozen. Of an issue that is frozen and still
    goes out it also says what `issues amend` would take in.
    """
    with database() as db, db.read() as session:
        found = issues.get_issue(session, *split_issue(issue))
        if other:
            second = issues.get_issue(session, *split_issue(other))
            changed = _Changed(f"from {issue} to {other}", compare(found.digest, second.digest))
        else:
            changed = _changed(session, found)
    if json:
        shown = {"differences": changed.differences, "amend": changed.waiting}
        lists = {name: [plain(one) for one in many] for name, many in shown.items()}
        show_json({"since": changed.since} | lists)
        return
    out.print(f"{issue if not other else 'difference'}: {changed.since}")
    for one in changed.differences:
        _show(one)
    if changed.restyled:
        out.print("  ~ files of its template")
    elif not changed.differences:
        out.print("  nothing is different")
    if changed.waiting:
        out.print(f"`newsletter issues amend {issue}` takes in, for who has not been sent it:")
    for one in changed.waiting:
        _show(one)


def history(issue: IssueArgument, json: JsonOption = False) -> None:
    """Who changed what of an issue, and who judged it.

    The latest is last.
    """
    with database() as db, db.read() as session:
        found = issues.get_issue(session, *split_issue(issue))
        edits = editing.history(session, found.id)
        judged = reviews.history(session, found.id)
    if json:
        show_json({"edits": [plain(e) for e in edits], "reviews": [plain(r) for r in judged]})
        return
    rows: list[tuple[dt.datetime, str, str]] = [
        (e.at, e.who, e.said + (f" (undone by {e.undone_by})" if e.undone_at else ""))
        for e in reversed(edits)
    ]
    rows += [
        (r.at, r.by or "the clock", f"{r.state}{f': {r.note}' if r.note else ''}")
        for r in judged
        if r.at is not None
    ]
    rows.sort(key=lambda row: row[0])
    show_table(("at", "who", "what"), rows)


def undo(issue: IssueArgument) -> None:
    """Take back the last change of a draft; again, the one before."""
    with database() as db, db.write() as session:
        found = issues.get_issue(session, *split_issue(issue))
        done = editing.undo(session, found.id, who=who(), now=now())
    out.print(f"{issue}: {f'undone: {done.said}' if done else 'there is nothing to undo'}")


def redo(issue: IssueArgument) -> None:
    """Make the change again that was undone last."""
    with database() as db, db.write() as session:
        found = issues.get_issue(session, *split_issue(issue))
        done = editing.redo(session, found.id, who=who(), now=now())
    out.print(f"{issue}: {f'done again: {done.said}' if done else 'there is nothing to do again'}")


def _since(session: Session, issue: Issue) -> tuple[str, Digest, Digest]:
    """Since when, what the issue said then, and what it says now."""
    if issue.edition is not None:
        before = edition_before(session, issue.edition.id)
        if before is None:
            return "it says what it said when it was frozen", issue.digest, issue.digest
        return f"since edition {issue.edition.number - 1}", before, issue.digest
    standing = workflow.standing_digest(session, issue, settings().public_url)
    judged = reviews.reviewed_digest(session, issue.id)
    last = reviews.review(session, issue.id, template_files)
    if judged is None or last.at is None:
        return "since it was assembled; `issues assemble` takes it in", issue.digest, standing
    steps = reviews.history(session, issue.id)
    said = {
        ReviewState.ASKED: "editors were asked to judge it",
        ReviewState.APPROVED: f"{last.by} approved it",
        ReviewState.CHANGES_WANTED: f"{last.by} wanted changes",
    }[steps[-1].state]
    return f"since {said}, {last.at.astimezone():%Y-%m-%d %H:%M}", judged, standing


def _changed(session: Session, issue: Issue) -> _Changed:
    since, before, after = _since(session, issue)
    return _Changed(
        since, compare(before, after), _restyled(session, issue), _to_amend(session, issue)
    )


def _restyled(session: Session, issue: Issue) -> bool:
    """Whether nothing but files of its template has changed since a draft was judged."""
    judged = reviews.reviewed_digest(session, issue.id)
    return (
        judged is not None
        and issue.edition is None
        and reviews.review(session, issue.id, template_files).changed
        and reviews.fingerprint(judged) == reviews.fingerprint(issue.digest)
    )


def _to_amend(session: Session, issue: Issue) -> tuple[Difference, ...]:
    if not workflow.is_amendable(issue):
        return ()
    amended = workflow.amended_digest(session, issue, settings().public_url)
    return compare(issue.digest, amended)


def _waiting(session: Session, issue: Issue) -> int:
    standing = workflow.standing_digest(session, issue, settings().public_url)
    return len(compare(issue.digest, standing))


def _show(one: Difference) -> None:
    style = _STYLES.get(one.change, "")
    quoted = f"“{one.what}”" if one.field or one.change is not Change.SAID else one.what
    match one.change:
        case Change.ADDED | Change.REMOVED:
            place = one.after or one.before
            out.print(Text(f"  {_SIGNS[one.change]} {place:>3}  {one.field}  {quoted}", style))
        case Change.MOVED | Change.RETIERED:
            out.print(f"  {_SIGNS[one.change]} {quoted}: {one.before} → {one.after}")
        case _:
            out.print(f"  ~ {quoted} {one.field}".rstrip())
            for sign, said, colour in (("-", one.before, "red"), ("+", one.after, "green")):
                for line in said.splitlines():
                    out.print(Text(f"      {sign} {line}", colour))
