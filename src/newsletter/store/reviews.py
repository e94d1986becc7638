"""The review of a draft: that editors were asked, and who said what, when, and of which draft.

An approval is of what the draft said at that moment. Once a reader would get something else (an
entry, its text, its place or topics; a note; the list's name, sender or look; a file of its
template), it holds no longer and the draft wants approval anew. When it goes, and how it is
retried, is not part of it: a list's schedule and policies may change under an approved draft.

A wish for changes holds until somebody approves, whatever is changed: nobody but a person can say
that a change is the one that was wanted, and an import or another's correction is not. That is so
on a list that asks for no approval, too, and past the deadline of one that would send unreviewed.

| state | what it means | what follows |
| --- | --- | --- |
| draft | nobody was asked yet | `ask` |
| asked | editors know of it; also after an approval that holds no longer | `approve`, `reject` |
| approved | it may go as it is | the send, or a change and then `approve` again |
| changes wanted | it may not go; the note says what to change | a change, then `approve` |
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlmodel import Session, col, select

from newsletter.content.digest import Digest
from newsletter.content.serial import load, plain
from newsletter.errors import ConflictError, NotFoundError
from newsletter.store.clock_tables import ReviewRow
from newsletter.store.instants import instant, seconds
from newsletter.store.tables import IssueRow
from newsletter.store.values import IssueState

Files = Callable[[str], str]
"""What tells the files of a template, by its name, from any others: `rendering.templates` knows."""


def no_files(_template: str) -> str:
    """Where templates do not matter."""
    return ""


_NOT_READ = ("schedule", "policies")  # parts of a list that change no message


class ReviewState(StrEnum):
    """Where the review of a draft is."""

    DRAFT = "draft"
    ASKED = "asked"
    APPROVED = "approved"
    CHANGES_WANTED = "changes wanted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A step of a review: who (`by`, an address or a name; empty: the clock), when, and why.

    `changed` says that the draft is another one by now than the one that was judged.
    """

    state: ReviewState
    by: str = ""
    at: dt.datetime | None = None
    note: str = ""
    changed: bool = False


def fingerprint(digest: Digest, files: Files = no_files) -> str:
    """What tells a draft from one that some reader would get otherwise: 64 hexadecimal digits."""
    body = plain(digest)
    body["list"] = {key: value for key, value in body["list"].items() if key not in _NOT_READ}
    if of_template := files(digest.list.template):
        body["files"] = of_template
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def review(session: Session, issue_id: int, files: Files = no_files) -> Review:
    """Where the review of an issue is now, by the `files` that each of its steps was given, too.

    Raises:
        NotFoundError: there is no issue of that id.
    """
    row, last = _issue(session, issue_id), _last(session, issue_id)
    if last is None:
        return Review(state=ReviewState.DRAFT)
    found = _review(last)
    if last.fingerprint == fingerprint(load(Digest, row.digest), files):
        return found
    if found.state is ReviewState.ASKED:
        return found
    if found.state is ReviewState.CHANGES_WANTED:
        return replace(found, changed=True)
    return Review(state=ReviewState.ASKED, by=found.by, at=found.at, note=found.note, changed=True)


def history(session: Session, issue_id: int) -> tuple[Review, ...]:
    """All that was asked and said of an issue, oldest first."""
    query = select(ReviewRow).where(ReviewRow.issue_id == issue_id).order_by(col(ReviewRow.id))
    return tuple(map(_review, session.exec(query)))


def reviewed_digest(session: Session, issue_id: int) -> Digest | None:
    """The draft as it was when its review took its last step, to compare; None: it took none."""
    last = _last(session, issue_id)
    return None if last is None else load(Digest, last.digest)


def ask(session: Session, issue_id: int, now: dt.datetime, *, files: Files = no_files) -> Review:
    """Notes that editors were asked to judge the draft as it is. One that is approved stays so, and
    so does one of which changes are wanted.

    Raises:
        NotFoundError: there is no issue of that id.
        ConflictError: it is no draft any more.
    """
    found = review(session, issue_id, files)
    if found.state in (ReviewState.APPROVED, ReviewState.CHANGES_WANTED):
        return found
    return _step(session, issue_id, ReviewState.ASKED, "", "", now, seen="", files=files)


def approve(
    session: Session,
    issue_id: int,
    by: str,
    now: dt.datetime,
    *,
    note: str = "",
    seen: str = "",
    files: Files = no_files,
) -> Review:
    """Lets the draft go as it is. `seen` is the `fingerprint` of what the editor looked at, if
    that is known: nobody approves what they have not seen.

    Raises:
        NotFoundError: there is no issue of that id.
        ConflictError: it is no draft any more, or it is not what was `seen`.
    """
    return _step(session, issue_id, ReviewState.APPROVED, by, note, now, seen=seen, files=files)


def reject(
    session: Session,
    issue_id: int,
    by: str,
    now: dt.datetime,
    *,
    note: str,
    seen: str = "",
    files: Files = no_files,
) -> Review:
    """Asks for changes; `note` says which. It does not go before it is approved.

    Raises:
        NotFoundError: there is no issue of that id.
        ConflictError: it is no draft any more, or it is not what was `seen`.
    """
    return _step(
        session, issue_id, ReviewState.CHANGES_WANTED, by, note, now, seen=seen, files=files
    )


def _step(
    session: Session,
    issue_id: int,
    state: ReviewState,
    by: str,
    note: str,
    now: dt.datetime,
    *,
    seen: str,
    files: Files,
) -> Review:
    row = _issue(session, issue_id, hold=True)
    ref = f"{row.list_name}/{row.name}"
    if row.state != IssueState.DRAFT:
        raise ConflictError(f"{ref} is {row.state}: only a draft is reviewed")
    found = fingerprint(load(Digest, row.digest), files)
    if seen not in ("", found):
        raise ConflictError(f"{ref} was changed since you looked: look at it again, then decide")
    step = ReviewRow(
        issue_id=issue_id,
        state=state,
        by=by,
        note=note.strip(),
        at=seconds(now),
        fingerprint=found,
        digest=row.digest,
    )
    session.add(step)
    session.flush()
    return _review(step)


def _issue(session: Session, issue_id: int, *, hold: bool = False) -> IssueRow:
    row = session.get(IssueRow, issue_id, with_for_update=hold, populate_existing=hold)
    if row is None:
        raise NotFoundError(f"there is no issue with the id {issue_id}")
    return row


def _last(session: Session, issue_id: int) -> ReviewRow | None:
    query = select(ReviewRow).where(ReviewRow.issue_id == issue_id)
    return session.exec(query.order_by(col(ReviewRow.id).desc()).limit(1)).first()


def _review(row: ReviewRow) -> Review:
    return Review(state=ReviewState(row.state), by=row.by, at=instant(row.at), note=row.note)
