"""Changing an issue from its page: every change is one of `store.editing`, with its history.

Each is a POST, which `gate` lets pass only from the page itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from sqlmodel import Session

from newsletter import workflow
from newsletter.content.editing import written
from newsletter.content.entry import Tier
from newsletter.errors import ConflictError
from newsletter.store import editing, entries, issues
from newsletter.store.edits import Edit
from newsletter.web.editing.desk import Reference, TheDesk, WhoAsks, opened

router = APIRouter()

Text = Annotated[str, Field(max_length=20_000)]
Named = Annotated[str, Field(max_length=400)]

SAID = ("title", "summary", "why_novel", "innovations", "evidence", "impact", "abstract")
"""The texts of an entry that the page offers to edit, of those that mail shows."""


class OfIssue(BaseModel):
    """What every change says: of which issue."""

    issue: Named


class OfEntry(OfIssue):
    """A change of an entry, by its key."""

    entry: Named


class Moved(OfEntry):
    """`position` is where the entry is to stand among the others, from 1."""

    position: Annotated[int, Field(ge=1, le=100_000)]


class Tiered(OfEntry):
    """`tier` None gives the entry back its own."""

    tier: Tier | None


class Noted(OfIssue):
    """`field` is note, summary or takeaway; `text` None leaves the last two to the brief. `seen`
    is what stood there when the editor began, where that is known."""

    language: Annotated[str, Field(max_length=20)]
    field: Annotated[str, Field(max_length=20)]
    text: Text | None
    seen: Text | None = None


class Worded(OfEntry):
    """`field` is one of an entry: `title`, `texts.en.summary`; `seen` as in `Noted`."""

    field: Named
    text: Text
    seen: Text | None = None


@dataclass(frozen=True)
class Changes:
    """Changes by the editor who asks."""

    request: Request
    desk: TheDesk
    editor: WhoAsks

    def done(
        self, asked: OfIssue, change: Callable[..., Edit | None], *what: object
    ) -> dict[str, Any]:
        """Makes a change, `change(session, issue_id, *what, who=, now=)`, in a transaction of its
        own, and says what it was."""
        list_name, name = opened(self.request, asked.issue)
        bench = self.desk.bench
        with bench.database.write() as session:
            found = issues.get_issue(session, list_name, name)
            if found.edition is not None:
                raise ConflictError(f"{found.ref} is {found.state} and stays as it was frozen")
            edit = change(session, found.id, *what, who=self.editor.name, now=bench.clock())
        if edit is None:
            return {"said": ""}
        return {"said": f"undone: {edit.said}" if edit.undone_at else edit.said}


ByAnEditor = Annotated[Changes, Depends()]


@router.post("/api/move")
def move(by: ByAnEditor, asked: Moved) -> dict[str, Any]:
    """Puts an entry at another place."""
    return by.done(asked, editing.move, asked.entry, asked.position)


@router.post("/api/tier")
def tier(by: ByAnEditor, asked: Tiered) -> dict[str, Any]:
    """Gives an entry another tier in this issue."""
    return by.done(asked, editing.set_tier, asked.entry, asked.tier)


@router.post("/api/drop")
def drop(by: ByAnEditor, asked: OfEntry) -> dict[str, Any]:
    """Leaves an entry out of this issue."""
    return by.done(asked, editing.drop, asked.entry)


@router.post("/api/restore")
def restore(by: ByAnEditor, asked: OfEntry) -> dict[str, Any]:
    """Takes an entry back in."""
    return by.done(asked, editing.restore, asked.entry)


@router.post("/api/note")
def note(by: ByAnEditor, asked: Noted) -> dict[str, Any]:
    """Words the note, the summary or the takeaway in a language."""

    def noted(session: Session, issue: int, *, who: str, now: dt.datetime) -> Edit | None:
        said = editing.said(issues.issue_by_id(session, issue).digest).get(asked.field, {})
        _refuse_unseen(said.get(asked.language, ""), asked.seen)
        return editing.set_note(
            session, issue, asked.language, asked.field, asked.text, who=who, now=now
        )

    return by.done(asked, noted)


@router.post("/api/text")
def text(by: ByAnEditor, asked: Worded) -> dict[str, Any]:
    """Words a text of an entry, for every issue that has it."""

    def worded(session: Session, issue: int, *, who: str, now: dt.datetime) -> Edit | None:
        if asked.seen is not None:
            stands = written(entries.get_entry(session, asked.entry).entry, asked.field)
            _refuse_unseen(stands, asked.seen)
        return editing.set_text(
            session, asked.entry, asked.field, asked.text, who=who, now=now, issue_id=issue
        )

    return by.done(asked, worded)


def _refuse_unseen(stands: str, seen: str | None) -> None:
    """Two editors may have the same text open: nobody overwrites what they have not seen."""
    if seen is not None and stands.split() != seen.split():
        raise ConflictError(
            f"somebody changed this while you wrote: it says “{stands[:200]}” now. Save once more "
            "(Ctrl+Enter) to put yours in its place"
        )


@router.post("/api/undo")
def undo(by: ByAnEditor, asked: OfIssue) -> dict[str, Any]:
    """Takes the last change back."""
    return by.done(asked, editing.undo)


@router.post("/api/redo")
def redo(by: ByAnEditor, asked: OfIssue) -> dict[str, Any]:
    """Makes again what was undone last."""
    return by.done(asked, editing.redo)


@router.post("/api/assemble")
def assemble(request: Request, desk: TheDesk, asked: OfIssue) -> dict[str, Any]:
    """Stores the draft as it stands, as `newsletter issues assemble` does."""
    bench = desk.bench
    list_name, name = opened(request, asked.issue)
    with bench.database.read() as session:
        issue = issues.get_issue(session, list_name, name)
    now = bench.clock()
    made = workflow.assemble_issue(bench.database, list_name, issue.period, now, bench.public_url)
    return {"said": f"{made.ref} is stored as it stands: {len(made.digest.entries)} entries"}


@router.get("/api/entry")
def entry(
    request: Request,
    desk: TheDesk,
    issue: Reference,
    key: Annotated[str, Query(max_length=400)],
) -> dict[str, Any]:
    """An entry's texts by language, as they are edited."""
    standing = desk.bench.standing(*opened(request, issue))
    with desk.bench.database.read() as session:
        found = entries.get_entry(session, key)
    return {
        "key": found.entry.key,
        "title": found.entry.title,
        "own_tier": found.entry.tier,
        "edited": sorted(found.edited),
        "texts": {
            language: {field: written(found.entry, f"texts.{language}.{field}") for field in SAID}
            for language in standing.issue.digest.list.languages
        },
    }


@router.get("/api/words")
def words(request: Request, desk: TheDesk, issue: Reference) -> dict[str, Any]:
    """The note, summary and takeaway by language; what was left out; the history."""
    standing = desk.bench.standing(*opened(request, issue))
    with desk.bench.database.read() as session:
        edits = editing.history(session, standing.issue.id)
        out = editing.left_out(session, standing.issue.id)
    return {
        "said": editing.said(standing.issue.digest),
        "left_out": [{"key": one.entry.key, "title": one.entry.title} for one in out],
        "edits": [_edit_json(edit) for edit in edits],
    }


def _edit_json(edit: Edit) -> dict[str, Any]:
    return {
        "id": edit.id,
        "said": edit.said,
        "before": edit.before,
        "after": edit.after,
        "kind": edit.kind,
        "who": edit.who,
        "at": edit.at,
        "undone_by": edit.undone_by if edit.undone_at else "",
    }
