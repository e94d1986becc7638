"""The history of what editors changed: who, when, what it was and what it became."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from newsletter.content.entry import Entry
from newsletter.content.serial import load
from newsletter.store.editing_tables import EditRow
from newsletter.store.instants import instant, maybe_instant, seconds
from newsletter.store.tables import EntryRow


class EditKind(StrEnum):
    """What was changed; the first six for one issue alone."""

    ORDER = "order"  # before, after: the place of the entry, and the whole order by ids
    TIER = "tier"  # a tier, or null for the entry's own
    DROPPED = "dropped"  # true or false
    NOTE = "note"  # Markdown
    SUMMARY = "summary"  # a text, or null for what the brief says
    TAKEAWAY = "takeaway"
    FIELD = "field"  # of an entry: the value as written, and whether imports leave it alone
    WITHHELD = "withheld"  # of an entry: whether it is kept out of every issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change. `entry` is the title of the entry it concerns, or empty; `field` a field of it
    (`texts.en.summary`), `language` that of a note. `undone_at` is None while it stands.

    `before` and `after` are texts as a person reads them: a place (`3`), a tier, a note.
    """

    id: int
    issue_id: int | None
    entry_id: int | None
    entry: str
    kind: EditKind
    language: str
    field: str
    before: str
    after: str
    who: str
    at: dt.datetime
    undone_at: dt.datetime | None
    undone_by: str

    @property
    def said(self) -> str:
        """What was done, in one line: `moved “A title” from 5 to 1`."""
        title = f"“{self.entry}”"
        match self.kind:
            case EditKind.ORDER:
                return f"moved {title} from {self.before} to {self.after}"
            case EditKind.TIER:
                return f"made {title} {self.after} (it was {self.before})"
            case EditKind.DROPPED:
                return f"left out {title}" if self.after == "left out" else f"took {title} back in"
            case EditKind.WITHHELD:
                out = self.after == "left out"
                return f"dropped {title} from all issues" if out else f"restored {title} to all"
            case EditKind.FIELD:
                return f"{_verb(self.before, self.after)} {self.field} of {title}"
        return f"{_verb(self.before, self.after)} the {self.language} {self.kind.value}"


def record(
    session: Session,
    kind: EditKind,
    before: Any,
    after: Any,
    *,
    who: str,
    now: dt.datetime,
    issue_id: int | None = None,
    entry_id: int | None = None,
    language: str = "",
    field: str = "",
) -> Edit:
    """Notes a change that was just made."""
    row = EditRow(
        issue_id=issue_id,
        entry_id=entry_id,
        kind=kind,
        language=language,
        field=field,
        before=_json(before),
        after=_json(after),
        who=who,
        at=seconds(now),
    )
    session.add(row)
    session.flush()
    return edit_of(session, row)


def history(
    session: Session, *, issue_id: int | None = None, entry_id: int | None = None, most: int = 200
) -> tuple[Edit, ...]:
    """The changes of an issue, of an entry, or all; the latest first, those undone too."""
    query = select(EditRow).order_by(col(EditRow.id).desc()).limit(most)
    if issue_id is not None:
        query = query.where(EditRow.issue_id == issue_id)
    if entry_id is not None:
        query = query.where(EditRow.entry_id == entry_id)
    return tuple(edit_of(session, row) for row in session.exec(query).all())


def last(session: Session, issue_id: int, *, undone: bool = False) -> EditRow | None:
    """The latest change of an issue that stands or, with `undone`, the one that was undone last
    if nothing was changed since."""
    query = select(EditRow).where(EditRow.issue_id == issue_id)
    stands = col(EditRow.undone_at).is_(None)
    latest = session.exec(query.where(stands).order_by(col(EditRow.id).desc()).limit(1)).first()
    if not undone:
        return latest
    after = latest.id if latest is not None and latest.id is not None else 0
    later = query.where(~stands, col(EditRow.id) > after).order_by(col(EditRow.id))
    return session.exec(later.limit(1)).first()


def edit_of(session: Session, row: EditRow) -> Edit:
    """The edit that a row is about."""
    kind = EditKind(row.kind)
    return Edit(
        id=row.id or 0,
        issue_id=row.issue_id,
        entry_id=row.entry_id,
        entry=_title(session, row.entry_id),
        kind=kind,
        language=row.language,
        field=row.field,
        before=_shown(kind, json.loads(row.before)),
        after=_shown(kind, json.loads(row.after)),
        who=row.who,
        at=instant(row.at),
        undone_at=maybe_instant(row.undone_at),
        undone_by=row.undone_by,
    )


def _title(session: Session, entry_id: int | None) -> str:
    row = None if entry_id is None else session.get(EntryRow, entry_id)
    return "" if row is None else load(Entry, row.body).title


def _shown(kind: EditKind, value: Any) -> str:
    match kind:
        case EditKind.ORDER:
            return str(value["place"])
        case EditKind.DROPPED | EditKind.WITHHELD:
            return "left out" if value else "in"
        case EditKind.FIELD:
            return str(value["says"])
        case EditKind.TIER:
            return str(value["tier"])
    return value or ""


def _verb(before: str, after: str) -> str:
    if not after:
        return "emptied"
    return "changed" if before else "wrote"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
