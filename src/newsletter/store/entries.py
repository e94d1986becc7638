"""Entries and briefs: importing documents, finding, and what editors do to them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from newsletter.content import editing
from newsletter.content.entry import Brief, Entry, Period, Tier, arxiv_key, fold_title
from newsletter.content.merging import merge, same_paper
from newsletter.content.serial import dump, load
from newsletter.content.sources.document import Document
from newsletter.errors import ConflictError, NotFoundError
from newsletter.store.instants import instant, seconds
from newsletter.store.tables import BriefRow, DocumentRow, EntryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry with its number here; `edited` names the fields that imports leave alone, and
    `changed_at` is when an import or an editor changed it last."""

    id: int
    entry: Entry
    dropped: bool
    edited: frozenset[str]
    stored_at: dt.datetime
    changed_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What importing a document did, by entries' keys; `updated` with the fields that changed.

    `before` is when these very bytes were imported, and `before_as` the name of their file then:
    nothing was looked at. None where they are new.
    """

    key: str
    before: dt.datetime | None = None
    before_as: str = ""
    added: tuple[str, ...] = ()
    updated: tuple[tuple[str, tuple[str, ...]], ...] = ()
    same: int = 0
    brief_changed: bool = False

    @property
    def unchanged(self) -> bool:
        """Whether there was nothing to be done."""
        return self.before is not None


def import_document(
    session: Session, document: Document, data_sha: str, now: dt.datetime
) -> ImportReport:
    """Stores what a document says: new entries are added, known ones merged.

    `data_sha` is the SHA-256 of the file's bytes, in hexadecimal. What an editor dropped stays
    dropped, and what they changed stays as they wrote it.
    """
    known = session.get(DocumentRow, document.key)
    if known is not None and known.sha256 == data_sha:
        return ImportReport(
            key=document.key,
            before=instant(known.imported_at),
            before_as=known.name,
            same=len(document.entries),
        )
    added, updated = _take_in(session, document.entries, now)
    brief_changed = document.brief is not None and _store_brief(session, document.brief)
    stored = known or DocumentRow(key=document.key, name="", sha256="", imported_at=0)
    stored.name, stored.sha256, stored.imported_at = document.name, data_sha, seconds(now)
    session.add(stored)
    session.flush()
    return ImportReport(
        key=document.key,
        added=tuple(added),
        updated=tuple(updated),
        same=len(document.entries) - len(added) - len(updated),
        brief_changed=brief_changed,
    )


def _take_in(
    session: Session, entries: Iterable[Entry], now: dt.datetime
) -> tuple[list[str], list[tuple[str, tuple[str, ...]]]]:
    """Adds the entries that are new and merges the others: the keys of those that were added, and
    of those that changed, with their fields."""
    added: list[str] = []
    updated: list[tuple[str, tuple[str, ...]]] = []
    for entry in entries:
        row = _same(session, entry)
        if row is None:
            session.add(_new(entry, now))
            added.append(entry.key)
        else:
            merged, changed = merge(_entry(row), entry, edited=_edited(row))
            if changed:
                session.add(_fill(row, merged, now))
                updated.append((merged.key, changed))
        session.flush()
    return added, updated


def list_entries(
    session: Session,
    *,
    window: Period | None = None,
    tier: Tier | None = None,
    text: str = "",
    include_dropped: bool = False,
) -> tuple[StoredEntry, ...]:
    """Entries dated in `window`, of a tier, that hold `text` in any case; the latest first."""
    query = select(EntryRow).order_by(col(EntryRow.last_day).desc(), col(EntryRow.id))
    if window is not None:
        query = query.where(col(EntryRow.last_day).between(window.first, window.last))
    if tier is not None:
        query = query.where(EntryRow.tier == tier)
    if not include_dropped:
        query = query.where(col(EntryRow.dropped).is_(False))
    found = (_stored(row) for row in session.exec(query))
    return tuple(item for item in found if text.casefold() in _words(item.entry))


def get_entry(session: Session, ref: str) -> StoredEntry:
    """The entry that `ref` means: its number here, arXiv id, key, or how its title begins.

    Raises:
        NotFoundError: no entry is meant.
        ConflictError: several titles begin so.
    """
    return _stored(_row(session, ref))


def put_field(
    session: Session, entry_id: int, name: str, value: str, now: dt.datetime, *, edited: bool
) -> None:
    """Makes one field say what it said before; `edited` is whether imports are to leave it alone.

    Raises:
        NotFoundError: there is no such entry any more.
        NewsletterError: there is no such field, or it cannot say that.
    """
    row = _row(session, str(entry_id))
    _fill(row, editing.apply(_entry(row), {name: value}), now)
    row.edited = json.dumps(sorted(_edited(row) | {name} if edited else _edited(row) - {name}))
    session.add(row)
    session.flush()


def drop_entry(session: Session, ref: str, now: dt.datetime) -> StoredEntry:
    """Leaves an entry out of every issue assembled from now on; it stays in the store."""
    return _set_dropped(session, ref, now, dropped=True)


def restore_entry(session: Session, ref: str, now: dt.datetime) -> StoredEntry:
    """Takes the dropping of an entry back."""
    return _set_dropped(session, ref, now, dropped=False)


def entries_in(session: Session, window: Period) -> tuple[Entry, ...]:
    """The entries that belong to a window: by their last day, without those dropped."""
    return tuple(item.entry for item in list_entries(session, window=window))


def days_beside(session: Session, window: Period) -> tuple[dt.date | None, dt.date | None]:
    """The last day on which an entry is dated before a window, and the first after it, without
    those dropped; None where there is none."""
    last = col(EntryRow.last_day)
    there = col(EntryRow.dropped).is_(False)
    before = session.exec(select(func.max(last)).where(there, last < window.first)).one()
    after = session.exec(select(func.min(last)).where(there, last > window.last)).one()
    return before, after


def briefs_in(session: Session, window: Period) -> tuple[Brief, ...]:
    """The briefs that belong to a window: by their last day."""
    rows = session.exec(
        select(BriefRow)
        .where(col(BriefRow.last_day).between(window.first, window.last))
        .order_by(BriefRow.key)
    )
    return tuple(load(Brief, row.body) for row in rows)


def _set_dropped(session: Session, ref: str, now: dt.datetime, *, dropped: bool) -> StoredEntry:
    row = _row(session, ref)
    row.dropped, row.updated_at = dropped, seconds(now)
    session.add(row)
    session.flush()
    return _stored(row)


def _same(session: Session, entry: Entry) -> EntryRow | None:
    """The stored row of the same paper: by key, else by arXiv id, else by title."""
    rows = session.exec(
        select(EntryRow)
        .where(
            or_(
                EntryRow.key == (arxiv_key(entry.arxiv_id) if entry.arxiv_id else entry.key),
                EntryRow.key == entry.key,
                EntryRow.folded_title == fold_title(entry.title),
            )
        )
        .order_by(col(EntryRow.id))
    ).all()
    by_key = [row for row in rows if row.folded_title != fold_title(entry.title)]
    same = [row for row in rows if same_paper(_entry(row), entry)]
    known = [row for row in same if row.arxiv_id]
    return next(iter((*known, *same, *by_key)), None)


def _row(session: Session, ref: str) -> EntryRow:
    wanted = ref.strip()
    keys = [wanted, arxiv_key(wanted), arxiv_key(wanted.lower().removeprefix("arxiv:"))]
    row = session.exec(select(EntryRow).where(col(EntryRow.key).in_(keys))).first()
    if row is None and wanted.isascii() and wanted.isdigit():
        row = session.get(EntryRow, int(wanted))
    return row or _titled(session, wanted)


def _titled(session: Session, ref: str) -> EntryRow:
    folded = fold_title(ref)
    query = select(EntryRow).where(col(EntryRow.folded_title).startswith(folded, autoescape=True))
    rows = session.exec(query.order_by(col(EntryRow.id)).limit(3)).all() if folded else []
    exact = [row for row in rows if row.folded_title == folded]
    found = exact if len(exact) == 1 else rows
    if not found:
        raise NotFoundError(f"there is no entry {ref!r}: `newsletter entries list` shows them")
    if len(found) > 1:
        some = "; ".join(f"{row.id} {_entry(row).title}" for row in found)
        raise ConflictError(f"several titles begin with {ref!r}: {some}: name one by its number")
    return found[0]


def _new(entry: Entry, now: dt.datetime) -> EntryRow:
    row = EntryRow(
        key="",
        folded_title="",
        first_day=entry.period.first,
        last_day=entry.period.last,
        tier="",
        body="",
        created_at=seconds(now),
        updated_at=0,
    )
    return _fill(row, entry, now)


def _fill(row: EntryRow, entry: Entry, now: dt.datetime) -> EntryRow:
    row.key, row.arxiv_id, row.folded_title = entry.key, entry.arxiv_id, fold_title(entry.title)
    row.first_day, row.last_day, row.tier = entry.period.first, entry.period.last, entry.tier
    row.body, row.updated_at = dump(entry), seconds(now)
    return row


def _store_brief(session: Session, brief: Brief) -> bool:
    """Whether it says something else than it did, or is new."""
    row = session.get(BriefRow, brief.key) or BriefRow(
        key=brief.key, first_day=brief.period.first, last_day=brief.period.last, body=""
    )
    body = dump(brief)
    if row.body == body:
        return False
    row.first_day, row.last_day, row.body = brief.period.first, brief.period.last, body
    session.add(row)
    return True


def _entry(row: EntryRow) -> Entry:
    return load(Entry, row.body)


def _edited(row: EntryRow) -> frozenset[str]:
    return frozenset(json.loads(row.edited))


def _stored(row: EntryRow) -> StoredEntry:
    return StoredEntry(
        id=row.id or 0,
        entry=_entry(row),
        dropped=row.dropped,
        edited=_edited(row),
        stored_at=instant(row.created_at),
        changed_at=instant(row.updated_at),
    )


def _words(entry: Entry) -> str:
    texts = (getattr(text, name) for text in entry.texts.values() for name in text.filled())
    return "\n".join(
        (entry.title, entry.arxiv_id or "", *entry.authors, *map(_joined, texts))
    ).casefold()


def _joined(said: str | tuple[str, ...]) -> str:
    return said if isinstance(said, str) else "\n".join(said)
