"""Changing an issue from its page: every change is one of `store.editing`, with its history.

Each is a POST, which `gate` lets pass only from the page itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlmodel import Session

from newsletter import workflow
from newsletter.content.editing import written
from newsletter.content.entry import Tier
from newsletter.errors import ConflictError
from newsletter.store import editing, entries, issues
from newsletter.store.edits import Edit
from newsletter.web.editing.desk import Desk, Reference, TheDesk, WhoAsks, opened

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
    position: Annotated[int, Field(ge=1, le=100_000)]


class Tiered(OfEntry):
    """`tier` None gives the entry back its own."""

    tier: Tier | None


class Noted(OfIssue):
    """`field` is note, summary or takeaway; `text` None leaves the last two to the brief."""

    language: Annotated[str, Field(max_length=20)]
    field: Annotated[str, Field(max_length=20)]
    text: Text | None


class Worded(OfEntry):
    """`field` is one of an entry: `title`, `texts.en.summary`."""

    field: Named
    text: Text


@router.post("/api/move")
def move(request: Request, desk: TheDesk, editor: WhoAsks, asked: Moved) -> dict[str, Any]:
    """Puts an entry at another place."""
    return _done(
        request,
        desk,
        asked,
        lambda session, issue: editing.move(
            session, issue, asked.entry, asked.position, who=editor.name, now=desk.bench.clock()
        ),
    )


@router.post("/api/tier")
def tier(request: Request, desk: TheDesk, editor: WhoAsks, asked: Tiered) -> dict[str, Any]:
    """Gives an entry another tier in this issue."""
    return _done(
        request,
        desk,
        asked,
        lambda session, issue: editing.set_tier(
            session, issue, asked.entry, asked.tier, who=editor.name, now=desk.bench.clock()
        ),
    )


@router.post("/api/drop")
def drop(request: Request, desk: TheDesk, editor: WhoAsks, asked: OfEntry) -> dict[str, Any]:
    """Leaves an entry out of this issue."""
    return _done(
        request,
        desk,
        asked,
        lambda session, issue: editing.drop(
            session, issue, asked.entry, who=editor.name, now=desk.bench.clock()
        ),
    )


@router.post("/api/restore")
def restore(request: Request, desk: TheDesk, editor: WhoAsks, asked: OfEntry) -> dict[str, Any]:
    """Takes an entry back in."""
    return _done(
        request,
        desk,
        asked,
        lambda session, issue: editing.restore(
            session, issue, asked.entry, who=editor.name, now=desk.bench.clock()
        ),
    )


@router.post("/api/note")
def note(request: Request, desk: TheDesk, editor: WhoAsks, asked: Noted) -> dict[str, Any]:
    """Words the note, the summary or the takeaway in a language."""
    return _done(
        request,
        desk,
        asked,
        lambda session, issue: editing.set_note(
            session,
            issue,
            asked.language,
            asked.field,
            asked.text,
            who=editor.name,
            now=desk.bench.clock(),
        ),
    )


@router.post("/api/text")
def text(request: Request, desk: TheDesk, editor: WhoAsks, asked: Worded) -> dict[str, Any]:
    """Words a text of an entry, for every issue that has it."""
    return _done(
        request,
        desk,
        asked,
        lambda session, issue: editing.set_text(
            session,
            asked.entry,
            asked.field,
            asked.text,
            who=editor.name,
            now=desk.bench.clock(),
            issue_id=issue,
        ),
    )


@router.post("/api/undo")
def undo(request: Request, desk: TheDesk, editor: WhoAsks, asked: OfIssue) -> dict[str, Any]:
    """Takes the last change back."""
    return _done(
        request,
        desk,
        asked,
        lambda session, issue: editing.undo(
            session, issue, who=editor.name, now=desk.bench.clock()
        ),
    )


@router.post("/api/redo")
def redo(request: Request, desk: TheDesk, editor: WhoAsks, asked: OfIssue) -> dict[str, Any]:
    """Makes again what was undone last."""
    return _done(
        request,
        desk,
        asked,
        lambda session, issue: editing.redo(
            session, issue, who=editor.name, now=desk.bench.clock()
        ),
    )


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


def _done(
    request: Request,
    desk: Desk,
    asked: OfIssue,
    change: Callable[[Session, int], Edit | None],
) -> dict[str, Any]:
    """Makes a change in a transaction of its own, and says what it was."""
    list_name, name = opened(request, asked.issue)
    with desk.bench.database.write() as session:
        found = issues.get_issue(session, list_name, name)
        if found.edition is not None:
            raise ConflictError(f"{found.ref} is {found.state} and stays as it was frozen")
        edit = change(session, found.id)
    if edit is None:
        return {"said": ""}
    return {"said": f"undone: {edit.said}" if edit.undone_at else edit.said}
