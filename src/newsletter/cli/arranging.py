"""`newsletter entries move|tier|drop|restore`: an issue's entries put in order, from a terminal."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlmodel import Session

from newsletter.cli.arguments import EntryArgument
from newsletter.cli.edge import database, now, out, split_issue
from newsletter.cli.identity import who
from newsletter.content.entry import Tier
from newsletter.errors import ConflictError, NewsletterError, NotFoundError
from newsletter.store import editing, entries, issues
from newsletter.store.edits import Edit
from newsletter.store.issues import Issue
from newsletter.store.values import IssueState

IssueOption = Annotated[
    str, typer.Option("--issue", help="LIST/WEEK; without it, the one draft that has the entry.")
]
OWN = "own"


def move(
    entry: EntryArgument,
    to: Annotated[str, typer.Argument(metavar="PLACE", help="A number, or first, last, up, down.")],
    issue: IssueOption = "",
) -> None:
    """Put an entry at another place of a draft, within its tier."""
    with database() as db, db.write() as session:
        found, key = _meant(session, entry, issue)
        place = _place(to, _keys(found).index(key) + 1, len(_keys(found)))
        done = editing.move(session, found.id, key, place, who=who(), now=now())
        _tell(issues.issue_by_id(session, found.id), key, done)


def tier(
    entry: EntryArgument,
    to: Annotated[
        str, typer.Argument(metavar="TIER", help=f"{', '.join(Tier)}; or {OWN}: as it is stored.")
    ],
    issue: IssueOption = "",
) -> None:
    """Give an entry another tier in a draft alone.

    `entries edit ENTRY tier=…` does so for all issues.
    """
    wanted = None if to.lower() == OWN else _tier(to)
    with database() as db, db.write() as session:
        found, key = _meant(session, entry, issue)
        done = editing.set_tier(session, found.id, key, wanted, who=who(), now=now())
        _tell(issues.issue_by_id(session, found.id), key, done)


def drop(
    entry: EntryArgument,
    issue: Annotated[
        str, typer.Option("--issue", help="Leave it out of this issue alone, LIST/WEEK.")
    ] = "",
) -> None:
    """Keep an entry out of all drafts; with --issue, out of one."""
    with database() as db, db.write() as session:
        if not issue:
            _everywhere(session, entry, True)
            return
        found, key = _meant(session, entry, issue)
        done = editing.drop(session, found.id, key, who=who(), now=now())
        _tell(issues.issue_by_id(session, found.id), key, done)


def restore(
    entry: EntryArgument,
    issue: Annotated[
        str, typer.Option("--issue", help="Take it back into this issue, LIST/WEEK.")
    ] = "",
) -> None:
    """Take back a `drop`: of all issues or, with --issue, of that one."""
    with database() as db, db.write() as session:
        if not issue:
            _everywhere(session, entry, False)
            return
        found, key = _meant(session, entry, issue)
        done = editing.restore(session, found.id, key, who=who(), now=now())
        _tell(issues.issue_by_id(session, found.id), key, done)


def _everywhere(session: Session, entry: str, to: bool) -> None:
    """Drops an entry from every issue that is not frozen, or restores it."""
    found = entries.get_entry(session, entry)
    done = editing.set_dropped(session, str(found.id), to, who=who(), now=now())
    already = "" if done else ", as it was"
    verb = "dropped" if to else "no longer dropped"
    out.print(f"{found.entry.key}: {verb}{already} ({found.entry.title})")


def _meant(session: Session, entry: str, issue: str) -> tuple[Issue, str]:
    """The issue that a change is for, and the entry's key."""
    key = entries.get_entry(session, entry).entry.key
    if issue:
        return issues.get_issue(session, *split_issue(issue)), key
    drafts = [i for i in issues.list_issues(session) if i.state is IssueState.DRAFT]
    having = [draft for draft in drafts if key in _keys(draft)]
    if len(having) == 1:
        return having[0], key
    if having:
        names = ", ".join(draft.ref for draft in having)
        raise ConflictError(f"several drafts have it: say --issue, one of {names}")
    raise NotFoundError("no draft has it: say --issue, or assemble the issue that it belongs to")


def _tell(issue: Issue, key: str, done: Edit | None) -> None:
    """What was done, and the entry among its neighbours."""
    out.print(f"{issue.ref}: {done.said if done else 'nothing changed'}")
    if key not in (keys := _keys(issue)):
        return
    at = keys.index(key)
    for index in range(max(0, at - 1), min(len(keys), at + 2)):
        item = issue.digest.entries[index].entry
        mark = "→" if index == at else " "
        out.print(f" {mark} {index + 1:>3}  {item.tier:<12}  {item.title}")


def _keys(issue: Issue) -> list[str]:
    return [item.entry.key for item in issue.digest.entries]


def _place(written: str, at: int, last: int) -> int:
    places = {"first": 1, "last": last, "up": at - 1, "down": at + 1}
    if written.lower() in places:
        return places[written.lower()]
    if written.isascii() and written.isdigit() and int(written) > 0:
        return int(written)
    raise NewsletterError(f"{written!r} is no place: write a number from 1, or {', '.join(places)}")


def _tier(written: str) -> Tier:
    try:
        return Tier(written.lower())
    except ValueError:
        known = ", ".join((*Tier, OWN))
        raise NewsletterError(f"{written!r} is not a tier: use one of {known}") from None
