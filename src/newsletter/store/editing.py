"""What editors do to a draft, each change with its history and undo; the terminal and the preview
page call nothing else.

Order, tier and leaving out are the issue's: they change no other issue and no stored entry. So are
notes, summary and takeaway. What is said of an entry is the entry's, and every draft that has it
says it from then on. After each change the draft is put together anew within the transaction.

Each function returns the change, or None where nothing changed. `who` is the name that stands in
the history. Raised by all:

    NotFoundError: there is no such issue, or no such entry in it.
    ConflictError: the issue is frozen and stays as it is; or several titles begin like that.
    NewsletterError: it cannot be said like that.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

from sqlmodel import Session

from newsletter.content import editing
from newsletter.content.arranging import Editorial, moved
from newsletter.content.digest import Digest
from newsletter.content.entry import Tier
from newsletter.content.serial import load
from newsletter.errors import NewsletterError, NotFoundError
from newsletter.store import edits, entry_edits
from newsletter.store.arrangements import decided, ids_of
from newsletter.store.deciding import current, draft, put, retiered, store_choices
from newsletter.store.drafting import redraw
from newsletter.store.editing_tables import EditRow
from newsletter.store.edits import Edit, EditKind, record
from newsletter.store.entries import StoredEntry, get_entry
from newsletter.store.entry_edits import set_dropped, set_text
from newsletter.store.instants import seconds
from newsletter.store.tables import IssueRow

__all__ = [
    "LONGEST",
    "NOTE_FIELDS",
    "check_draft",
    "drop",
    "history",
    "left_out",
    "move",
    "redo",
    "restore",
    "said",
    "set_dropped",
    "set_note",
    "set_text",
    "set_tier",
    "undo",
]

NOTE_FIELDS = ("note", "summary", "takeaway")
"""What `set_note` sets: the editor's note, and the parts of the editorial."""

LONGEST = 20_000
"""How many characters a note, a summary or a takeaway may have."""


def check_draft(session: Session, issue_id: int, language: str = "") -> None:
    """Makes sure that an issue's notes may be set, in `language` if one is given."""
    _language(draft(session, issue_id, announced=True), language)


def move(
    session: Session, issue_id: int, entry: str, position: int, *, who: str, now: dt.datetime
) -> Edit | None:
    """Puts an entry at a place of the issue, counted from 1; no further than its tier and, for a
    listed paper, its category reach."""
    row, found = draft(session, issue_id), get_entry(session, entry)
    choices, place = decided(session, issue_id), _place(session, row, found)
    order = ids_of(session, moved(_keys(row), found.entry.key, position))
    store_choices(session, row, replace(choices, order=order))
    now_at = _place(session, row, found)
    if now_at == place:
        store_choices(session, row, choices)
        return None
    before = {"place": place, "set": list(choices.order)}
    after = {"place": now_at, "set": list(order)}
    return _record(session, row, EditKind.ORDER, before, after, who, now, entry_id=found.id)


def set_tier(
    session: Session, issue_id: int, entry: str, tier: Tier | None, *, who: str, now: dt.datetime
) -> Edit | None:
    """Gives an entry another tier in this issue; None gives it back its own."""
    row, found = draft(session, issue_id), get_entry(session, entry)
    choices = decided(session, issue_id)
    index = _place(session, row, found) - 1
    shown = load(Digest, row.digest).entries[index].entry.tier
    # The entry's own tier is no choice: it goes on following what is stored.
    wanted = None if tier is found.entry.tier else tier
    if wanted == choices.tiers.get(found.id):
        return None
    store_choices(session, row, retiered(choices, found.id, wanted))
    before = {"tier": shown, "set": choices.tiers.get(found.id)}
    after = {"tier": wanted or found.entry.tier, "set": wanted}
    return _record(session, row, EditKind.TIER, before, after, who, now, entry_id=found.id)


def drop(session: Session, issue_id: int, entry: str, *, who: str, now: dt.datetime) -> Edit | None:
    """Leaves an entry out of this issue alone."""
    row, found = draft(session, issue_id), get_entry(session, entry)
    if found.id not in decided(session, issue_id).dropped:
        _place(session, row, found)
    return _leave_out(session, row, found, True, who, now)


def restore(
    session: Session, issue_id: int, entry: str, *, who: str, now: dt.datetime
) -> Edit | None:
    """Takes back that an entry was left out of this issue."""
    row, found = draft(session, issue_id), get_entry(session, entry)
    return _leave_out(session, row, found, False, who, now)


def set_note(
    session: Session,
    issue_id: int,
    language: str,
    field: str,
    text: str | None,
    *,
    who: str,
    now: dt.datetime,
) -> Edit | None:
    """Sets the `note` (Markdown), the `summary` or the `takeaway` of an issue in a language.

    Empty text says nothing there; None as summary or takeaway leaves it to the brief again.
    """
    row = draft(session, issue_id, announced=field == "note")
    if field not in NOTE_FIELDS:
        raise NotFoundError(f"an issue has no {field!r}: it has {', '.join(NOTE_FIELDS)}")
    _language(row, language)
    digest = load(Digest, row.digest)
    kind, wanted = EditKind(field), None if text is None else _plain(field, text)
    if field != "note" and wanted == said(digest)[field].get(language, ""):
        return None
    before = current(session, row, kind, None, language)
    if kind is EditKind.NOTE:
        wanted = wanted or ""
    if wanted == before:
        return None
    put(session, row, kind, None, language, wanted)
    return _record(session, row, kind, before, wanted, who, now, language=language)


def undo(session: Session, issue_id: int, *, who: str, now: dt.datetime) -> Edit | None:
    """Takes back the last change of an issue that stands; None if there is none."""
    draft(session, issue_id, announced=True)
    found = edits.last(session, issue_id)
    if found is None:
        return None
    _turn(session, found, found.after, found.before, now)
    found.undone_at, found.undone_by = seconds(now), who
    session.add(found)
    session.flush()
    return edits.edit_of(session, found)


def redo(session: Session, issue_id: int, *, who: str, now: dt.datetime) -> Edit | None:
    """Makes the change again that was undone last, if nothing was changed since."""
    draft(session, issue_id, announced=True)
    found = edits.last(session, issue_id, undone=True)
    if found is None:
        return None
    _turn(session, found, found.before, found.after, now)
    found.undone_at, found.undone_by, found.who = None, "", who
    session.add(found)
    session.flush()
    return edits.edit_of(session, found)


def history(session: Session, issue_id: int, most: int = 200) -> tuple[Edit, ...]:
    """The changes of an issue, the latest first, those undone too."""
    return edits.history(session, issue_id=issue_id, most=most)


def left_out(session: Session, issue_id: int) -> tuple[StoredEntry, ...]:
    """The entries that an editor left out of an issue."""
    dropped = sorted(decided(session, issue_id).dropped)
    return tuple(get_entry(session, str(number)) for number in dropped)


def said(digest: Digest) -> dict[str, dict[str, str]]:
    """What `set_note` may change, as the digest says it: by field, then by language."""
    first = digest.briefs[0].texts if digest.briefs else {}
    found: dict[str, dict[str, str]] = {"note": dict(digest.notes)}
    for part in Editorial:
        texts = {language: getattr(text, part.value) for language, text in first.items()}
        found[part.value] = {language: text for language, text in texts.items() if text}
    return found


def _language(row: IssueRow, language: str) -> None:
    languages = load(Digest, row.digest).list.languages
    if language and language not in languages:
        raise NotFoundError(
            f"{row.list_name} has no language {language!r}: it has {', '.join(languages)}"
        )


def _turn(session: Session, edit: EditRow, there: str, back: str, now: dt.datetime) -> None:
    """Puts `back` in place of what the change left `there`."""
    kind, value = EditKind(edit.kind), json.loads(back)
    if kind in entry_edits.KINDS:
        entry_edits.turn(session, edit, json.loads(there), value, now)
        return
    assert edit.issue_id is not None  # noqa: S101 - all but those of fields have one
    row = draft(session, edit.issue_id, announced=True)
    wanted = value["set"] if kind in (EditKind.ORDER, EditKind.TIER) else value
    put(session, row, kind, edit.entry_id, edit.language, wanted)


def _leave_out(
    session: Session, row: IssueRow, found: StoredEntry, to: bool, who: str, now: dt.datetime
) -> Edit | None:
    before = current(session, row, EditKind.DROPPED, found.id, "")
    if before == to:
        return None
    put(session, row, EditKind.DROPPED, found.id, "", to)
    return _record(session, row, EditKind.DROPPED, before, to, who, now, entry_id=found.id)


def _record(
    session: Session,
    row: IssueRow,
    kind: EditKind,
    before: Any,
    after: Any,
    who: str,
    now: dt.datetime,
    *,
    entry_id: int | None = None,
    language: str = "",
) -> Edit:
    return record(
        session,
        kind,
        before,
        after,
        who=who,
        now=now,
        issue_id=row.id,
        entry_id=entry_id,
        language=language,
    )


def _plain(field: str, text: str) -> str:
    """The text as it is kept.

    Raises:
        NewsletterError: it holds a control character, or is longer than any mail has room for.
    """
    if len(text) > LONGEST:
        raise NewsletterError(
            f"{field}: {len(text)} characters are more than a mail has room for: {LONGEST} at most"
        )
    editing.refuse_control(field, text, lines=True)
    return text.replace("\r\n", "\n").strip()


def _place(session: Session, row: IssueRow, found: StoredEntry) -> int:
    """Where an entry stands in the issue, counted from 1; one stored since it was assembled, too.

    Raises:
        NotFoundError: it is not in there.
    """
    keys = _keys(row)
    if found.entry.key not in keys and redraw(session, row):
        keys = _keys(row)
    if found.entry.key in keys:
        return keys.index(found.entry.key) + 1
    ref = f"{row.list_name}/{row.name}"
    raise NotFoundError(
        f"{ref} does not have “{found.entry.title}”: `newsletter issues show {ref}` lists it"
    )


def _keys(row: IssueRow) -> tuple[str, ...]:
    return tuple(item.entry.key for item in load(Digest, row.digest).entries)
