"""`newsletter entries`: documents in, what is stored, and an editor's corrections."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from newsletter.cli import arranging
from newsletter.cli.arguments import EntryArgument, a_day
from newsletter.cli.edge import (
    JsonOption,
    database,
    err,
    now,
    out,
    show_facts,
    show_json,
    show_prose,
    show_table,
)
from newsletter.cli.identity import who
from newsletter.content import sources
from newsletter.content.entry import Entry, Period, Tier
from newsletter.content.serial import plain
from newsletter.errors import NewsletterError, SourceError
from newsletter.store import editing, edits, lists
from newsletter.store import entries as store
from newsletter.store.database import Database
from newsletter.store.entries import ImportReport, StoredEntry
from newsletter.store.entry_edits import next_draft

app = typer.Typer(help="Papers and briefs.", no_args_is_help=True, rich_markup_mode=None)

for command in (arranging.move, arranging.tier, arranging.drop, arranging.restore):
    app.command()(command)


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="Weekly briefs and daily listings.")],
    date: Annotated[
        dt.date | None,
        typer.Option(metavar="DAY", parser=a_day, help="The day of a listing that does not say."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Read documents, each whole or not at all.

    A file that is not understood changes nothing.
    """
    reports, refused = [], 0
    with database() as db:
        for path in files:
            try:
                document, report = import_file(db, path, date)
            except NewsletterError as error:
                err.print(f"newsletter: {error}")
                refused += 1
                continue
            reports.append(_as_json(path, document, report))
            if not json:
                describe(path, document, report)
    if json:
        show_json(reports)
    if refused:
        raise typer.Exit(1)


def import_file(
    db: Database, path: Path, date: dt.date | None
) -> tuple[sources.Document, ImportReport]:
    """One file, in one transaction."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceError(str(path), 0, f"cannot be read: {error.strerror}") from None
    document = sources.read(path.name, data, date=date)
    with db.write() as session:
        digest = hashlib.sha256(data).hexdigest()
        return document, store.import_document(session, document, digest, now())


def describe(path: Path, document: sources.Document, report: ImportReport) -> None:
    """What an import did, in words."""
    if report.before is not None:
        name = f" as {report.before_as}" if report.before_as != path.name else ""
        at = f"{report.before.astimezone():%Y-%m-%d %H:%M}"
        out.print(f"{path.name}: unchanged, imported{name} on {at}")
        return
    parts = [
        f"{len(report.added)} new",
        f"{len(report.updated)} updated",
        f"{report.same} as before",
    ]
    brief = ", editorial updated" if report.brief_changed else ""
    out.print(f"{path.name}: {document.format}, {', '.join(parts)}{brief}")
    for key, fields in report.updated:
        out.print(f"  updated {key}: {', '.join(fields)}")
    for remark in document.remarks:
        out.print(f"  {path.name}:{remark.line}: {remark.text}")


def _as_json(path: Path, document: sources.Document, report: ImportReport) -> dict[str, object]:
    return {
        "file": str(path),
        "format": document.format,
        "unchanged": report.unchanged,
        "imported_before": report.before,
        "added": report.added,
        "updated": dict(report.updated),
        "same": report.same,
        "editorial_changed": report.brief_changed,
        "remarks": [{"line": r.line, "text": r.text} for r in document.remarks],
    }


@app.command("list")
def list_(
    since: Annotated[
        dt.date | None,
        typer.Option(metavar="DAY", parser=a_day, help="Only those of this day or a later one."),
    ] = None,
    until: Annotated[
        dt.date | None,
        typer.Option(metavar="DAY", parser=a_day, help="Only those of this day or an earlier one."),
    ] = None,
    tier: Annotated[Tier | None, typer.Option(help="Only those of this tier.")] = None,
    search: Annotated[str, typer.Option(help="Words that the title holds.")] = "",
    dropped: Annotated[bool, typer.Option(help="Show what was dropped, too.")] = False,
    json: JsonOption = False,
) -> None:
    """The stored entries, newest first."""
    first = since or dt.date.min
    last = until or dt.date.max
    if last < first:
        raise NewsletterError(f"--until {last} is before --since {first}: exchange them")
    with database() as db, db.read() as session:
        found = store.list_entries(
            session,
            window=Period(first, last),
            tier=tier,
            text=search,
            include_dropped=dropped,
        )
    if json:
        show_json([_entry_json(item) for item in found])
        return
    show_table(
        ("id", "last day", "tier", "arXiv", "title"),
        [
            (
                item.id,
                item.entry.period.last,
                item.entry.tier,
                item.entry.arxiv_id,
                item.entry.title,
            )
            for item in found
        ],
    )


@app.command()
def show(entry: EntryArgument, json: JsonOption = False) -> None:
    """All that is stored of an entry."""
    with database() as db, db.read() as session:
        found = store.get_entry(session, entry)
        changes = edits.history(session, entry_id=found.id)
    if json:
        show_json(_entry_json(found) | {"history": [plain(change) for change in changes]})
        return
    show_facts({k: v for k, v in _entry_json(found).items() if k != "texts" and v})
    for language, text in sorted(found.entry.texts.items()):
        for name in text.filled():
            value = getattr(text, name)
            lines = value if isinstance(value, tuple) else (value,)
            out.print(f"\n{language}.{name}")
            item = isinstance(value, tuple)
            for line in lines:
                for number, part in enumerate(line.split("\n")):
                    begin = "  - " if item and not number else None
                    show_prose(part, "    " if item else "  ", begin)
    if changes:
        out.print("\nchanged by")
    for change in changes:
        undone = f" (undone by {change.undone_by})" if change.undone_at else ""
        out.print(f"  {change.at.astimezone():%Y-%m-%d %H:%M}  {change.who}: {change.said}{undone}")


@app.command()
def edit(
    entry: EntryArgument,
    changes: Annotated[
        list[str],
        typer.Argument(metavar="FIELD=VALUE…", help="tier=notable, texts.zh.summary=…, topics=a,b"),
    ],
) -> None:
    """Correct an entry; later imports leave the corrected fields alone."""
    wanted = {}
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals:
            raise NewsletterError(f"{change!r} changes nothing: write FIELD=VALUE, tier=notable")
        wanted[name.strip()] = value
    with database() as db, db.write() as session:
        _refuse_unknown_topics(session, wanted.get("topics", ""))
        found = store.get_entry(session, entry)
        draft = next_draft(session, found.entry.key)
        for name, value in wanted.items():
            ref = str(found.id)
            editing.set_text(session, ref, name, value, who=who(), now=now(), issue_id=draft)
    out.print(f"{found.entry.key}: {', '.join(wanted)} set")


def _refuse_unknown_topics(session: Session, written: str) -> None:
    """A topic that no list has would take the entry from everybody who follows the right one."""
    every = [lists.get_list(session, name) for name in lists.list_names(session)]
    known = dict.fromkeys(topic.name for one in every for topic in one.topics.topics)
    for name in filter(None, map(str.strip, written.split(","))):
        if name not in known:
            raise NewsletterError(f"no list has a topic {name!r}; there are {', '.join(known)}")


def _entry_json(item: StoredEntry) -> dict[str, object]:
    entry: Entry = item.entry
    return {
        "id": item.id,
        "key": entry.key,
        "title": entry.title,
        "tier": entry.tier,
        "first_day": entry.period.first,
        "last_day": entry.period.last,
        "authors": entry.authors,
        "categories": entry.categories,
        "arxiv_id": entry.arxiv_id,
        "links": entry.links,
        "topics": entry.topics,
        "position": entry.position,
        "source": entry.source,
        "dropped": item.dropped,
        "edited": sorted(item.edited),
        "stored_at": item.stored_at,
        "changed_at": item.changed_at,
        "texts": {
            language: {name: getattr(text, name) for name in text.filled()}
            for language, text in entry.texts.items()
        },
    }
