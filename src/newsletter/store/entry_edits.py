"""What editors change of an entry, and so of every issue that has it: a text, or that it is out.

Each stands in the entry's history and, where it says of which issue, in that one's, whose `undo`
takes it back. The rules and errors are those of `editing`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlmodel import Session

from newsletter.content import editing
from newsletter.content.digest import Digest
from newsletter.content.serial import load
from newsletter.errors import ConflictError, NotFoundError
from newsletter.store import entries
from newsletter.store.arrangements import decided
from newsletter.store.deciding import draft
from newsletter.store.drafting import drafts, redraw, redraw_all
from newsletter.store.editing_tables import EditRow
from newsletter.store.edits import Edit, EditKind, record
from newsletter.store.entries import StoredEntry, get_entry, put_field
from newsletter.store.tables import IssueRow

KINDS = (EditKind.FIELD, EditKind.WITHHELD)
"""The changes of entries, whichever issue's history they stand in."""


def set_text(
    session: Session,
    entry: str,
    field: str,
    text: str,
    *,
    who: str,
    now: dt.datetime,
    issue_id: int | None = None,
) -> Edit | None:
    """Sets a field of an entry (`title`, `texts.en.summary`: see `content.editing`), for every
    issue; imports leave it alone from then on. With `issue_id` it stands in that issue's history,
    too, and the entry must be one of that issue's."""
    found = get_entry(session, entry)
    if issue_id is not None:
        _refuse_stranger(session, draft(session, issue_id), found)
    before = _field(found, field)
    put_field(session, found.id, field, text, now, edited=True)
    after = _field(get_entry(session, str(found.id)), field)
    if after == before:
        return None
    redraw_all(session)
    return record(
        session,
        EditKind.FIELD,
        before,
        after,
        who=who,
        now=now,
        issue_id=issue_id,
        entry_id=found.id,
        field=field,
    )


def set_dropped(
    session: Session, entry: str, to: bool, *, who: str, now: dt.datetime
) -> Edit | None:
    """Keeps an entry out of every issue that is not frozen yet, or takes that back; it stands in
    the history of the next draft that has it, too."""
    found = get_entry(session, entry)
    if found.dropped == to:
        return None
    had = next_draft(session, found.entry.key)
    _put_dropped(session, found.id, to, now)
    return record(
        session,
        EditKind.WITHHELD,
        not to,
        to,
        who=who,
        now=now,
        issue_id=had if to else next_draft(session, found.entry.key),
        entry_id=found.id,
    )


def next_draft(session: Session, key: str) -> int | None:
    """The id of the draft that has an entry, by its key; the earliest if several have it."""
    rows = sorted(drafts(session), key=lambda row: (row.last_day, row.id or 0))
    return next((row.id for row in rows if key in _keys(row)), None)


def turn(session: Session, edit: EditRow, there: Any, back: Any, now: dt.datetime) -> None:
    """Puts `back` in place of what the change left `there`.

    Raises:
        ConflictError: it is not there any more.
    """
    found = get_entry(session, str(edit.entry_id))
    title = found.entry.title
    if edit.kind == EditKind.WITHHELD:
        if found.dropped != there:
            raise ConflictError(
                f"“{title}” was dropped or taken back in again since: `newsletter entries "
                "drop` and `restore` do what you want"
            )
        _put_dropped(session, found.id, back, now)
        return
    if _field(found, edit.field)["says"] != there["says"]:
        raise ConflictError(
            f"{edit.field} of “{title}” was changed again since, outside this issue: "
            "`newsletter entries edit` sets what you want"
        )
    put_field(session, found.id, edit.field, back["says"], now, edited=back["edited"])
    redraw_all(session)


def _put_dropped(session: Session, entry_id: int, to: bool, now: dt.datetime) -> None:
    put = entries.drop_entry if to else entries.restore_entry
    put(session, str(entry_id), now)
    redraw_all(session)


def _refuse_stranger(session: Session, row: IssueRow, found: StoredEntry) -> None:
    """An editor of one list has no say about what only others have."""
    if found.id in decided(session, row.id or 0).dropped or found.entry.key in _keys(row):
        return
    if not redraw(session, row) or found.entry.key not in _keys(row):
        raise NotFoundError(f"{row.list_name}/{row.name} does not have “{found.entry.title}”")


def _keys(row: IssueRow) -> frozenset[str]:
    return frozenset(item.entry.key for item in load(Digest, row.digest).entries)


def _field(found: StoredEntry, field: str) -> dict[str, Any]:
    return {"says": editing.written(found.entry, field), "edited": field in found.edited}
