"""`newsletter lists`: the database follows the files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from newsletter.audience.listfile import ListFile, read_list_file
from newsletter.cli.edge import (
    JsonOption,
    database,
    now,
    out,
    settings,
    show_facts,
    show_json,
    show_table,
    template_folders,
)
from newsletter.cli.ending import end, reopen
from newsletter.cli.vanished import warn_of_vanished
from newsletter.content.mailinglist import MailingList
from newsletter.content.moments import local_day
from newsletter.content.serial import plain
from newsletter.errors import ConflictError, ListFileError, TemplateError
from newsletter.rendering.templates import load_template
from newsletter.store import lists as store
from newsletter.store import subscribers
from newsletter.store.database import Database
from newsletter.store.drafting import follow_list
from newsletter.store.endings import Ending, Reopening, ended_lists, ending, reopening
from newsletter.store.lists import SyncReport
from newsletter.store.reader_counts import ReaderCounts, reader_counts
from newsletter.store.subscribers import TopicCounts
from newsletter.store.values import SubscriptionState

MOST_ZONES = 12
"""Time zones that are named with their readers; `--json` has all."""

app = typer.Typer(help="Lists, as their files say.", no_args_is_help=True, rich_markup_mode=None)
for command in (end, reopen):
    app.command()(command)


@app.command()
def sync(
    drop_topic: Annotated[
        list[str] | None,
        typer.Option(help="Give this vanished topic up, though people follow it."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make the database follow the files of the lists.

    They are subscribers/*/list.toml; prints what changed.
    """
    found = settings()
    with database(found) as db:
        reports = sync_folder(
            db,
            found.lists_folder,
            frozenset(drop_topic or ()),
            template_folders(found),
            found.public_url,
        )
        with db.read() as session:
            ended = ended_lists(session)
            warn_of_vanished(session, found.lists_folder)
    if json:
        show_json([plain(report) | {"ended": report.list in ended} for report in reports])
        return
    for report in reports:
        describe(report, stays=report.list in ended)
    if made := [report.list for report in reports if report.created]:
        out.print(
            "next: newsletter subscribers import FILE, newsletter entries import FILE…, "
            f"newsletter issues assemble {made[0]}"
        )


def sync_folder(
    db: Database,
    folder: Path,
    drop_topics: frozenset[str],
    template_folders: Sequence[Path],
    public_url: str = "",
) -> list[SyncReport]:
    """Every list of the folder, and the drafts of those that changed; all files are read before
    the first is followed. `public_url` takes the place of each list's own, as in assembling."""
    paths = sorted(folder.glob("*/list.toml"))
    if not paths:
        raise ListFileError(
            f"{folder}: no list here: write {folder}/NAME/list.toml, or run `newsletter init`"
        )
    files = [read_list_file(path) for path in paths]
    for path, file in zip(paths, files, strict=True):
        _refuse_no_template(path, file.list.template, template_folders)
    with db.write() as session:
        _refuse_not_vanished(session, [file.list for file in files], drop_topics)
        return [_follow(session, file, drop_topics, public_url) for file in files]


def _follow(
    session: Session, file: ListFile, drop_topics: frozenset[str], public_url: str
) -> SyncReport:
    report = store.sync_list(session, file.list, file.renames, drop_topics=drop_topics, now=now())
    said = replace(file.list, public_url=public_url or file.list.public_url)
    return replace(report, drafts=follow_list(session, said))


def _refuse_no_template(path: Path, name: str, folders: Sequence[Path]) -> None:
    try:
        load_template(folders, name)
    except TemplateError as error:
        raise ListFileError(f"{path}: template: {error}") from None


def _refuse_not_vanished(
    session: Session, now_there: Sequence[MailingList], drop_topics: frozenset[str]
) -> None:
    """A misspelt --drop-topic must not pass for one that was followed."""
    for name in sorted(drop_topics):
        before = [store.get_list(session, n) for n in store.list_names(session)]
        if not any(name in one.topics for one in before):
            raise ConflictError(f"--drop-topic {name}: no list has a topic of that name")
        if any(name in one.topics for one in now_there):
            raise ConflictError(f"--drop-topic {name}: take it out of the list's file first")


def describe(report: SyncReport, *, stays: bool = False) -> None:
    """What became of a list; `stays` where it had ended, and has whatever its file says."""
    for change in report.changes or ("unchanged",):
        out.print(f"{report.list}: {change}")
    if report.drafts:
        one = len(report.drafts) == 1
        so = ("says" if one else "say") + " so, too"
        behind = ("was" if one else "were") + " behind, and made anew"
        out.print(f"{', '.join(report.drafts)} {so if report.changes else behind}")
    if stays:
        out.print(
            f"{report.list}: ended, and stays so: `newsletter lists reopen {report.list}` lets it "
            "go on"
        )


@app.command()
def show(
    name: Annotated[str | None, typer.Argument(help="A list; without it, all.")] = None,
    json: JsonOption = False,
) -> None:
    """Lists with their readers by state; or one list in full.

    Of one list its readers are told by what they chose.
    """
    with database() as db, db.read() as session:
        if name is None:
            _show_all(session, json)
            return
        found = store.get_list(session, name)
        states = subscribers.state_counts(session, name)
        topics = subscribers.topic_counts(session, name)
        readers = reader_counts(session, name, local_day(found, now()))
        ended, reopened = ending(session, name), reopening(session, name)
        synced = store.synced_at(session, name)
    if json:
        show_json(
            {
                "list": plain(found),
                "synced_at": synced,
                "ended": ended.at if ended else None,
                "reopened": reopened.at if reopened else None,
                "subscriptions": states,
                "choices": {**plain(topics), **plain(readers)},
            }
        )
        return
    last = {"ended": ended} if ended else {"reopened": reopened}
    _show_facts(found, synced, last, states, topics, readers)
    out.print()
    show_table(
        ("topic", "title", "follow", "mute"),
        [
            (t.name, t.title("en"), topics.follows.get(t.name, 0), topics.mutes.get(t.name, 0))
            for t in found.topics.topics
        ],
    )


def _show_all(session: Session, json: bool) -> None:
    names = store.list_names(session)
    states = {name: subscribers.state_counts(session, name) for name in names}
    ends = {name: found.at if (found := ending(session, name)) else None for name in names}
    if json:
        show_json([{"list": name, "ended": ends[name], **states[name]} for name in names])
        return
    shown = (SubscriptionState.ACTIVE, SubscriptionState.PENDING, SubscriptionState.LEFT)
    show_table(
        ("list", *shown, "ended"),
        [
            (
                name,
                *(states[name][state] for state in shown),
                f"{at:%Y-%m-%d}" if (at := ends[name]) else "",
            )
            for name in names
        ],
    )


def _show_facts(
    found: MailingList,
    synced: dt.datetime,
    last: Mapping[str, Ending | Reopening | None],
    states: Mapping[SubscriptionState, int],
    topics: TopicCounts,
    readers: ReaderCounts,
) -> None:
    show_facts(
        {
            "list": f"{found.name} ({found.title('en')})",
            **{what: f"{one.at:%Y-%m-%d}, by {one.by}" for what, one in last.items() if one},
            "sender": f"{found.sender.name} <{found.sender.address}>",
            "pages": settings().public_url or found.public_url,
            "goes out": found.schedule.words,
            "week begins": found.week_starts,
            "template": found.template,
            "languages": found.languages,
            "file followed": synced,
            **{f"readers, {state}": number for state, number in states.items()},
            "  paused": readers.paused,
            "  suppressed": readers.suppressed,
            **{f"  in {tongue}": number for tongue, number in readers.languages.items()},
            **{f"  as {form}": number for form, number in readers.formats.items()},
            **_zones(readers.zones),
            "follow everything": topics.everything,
            "chose nothing": topics.nothing,
        }
    )


def _zones(zones: Mapping[str, int]) -> dict[str, object]:
    """The zones of most readers, and how many live in others."""
    shown = list(zones.items())[:MOST_ZONES]
    rest = sum(zones.values()) - sum(number for _, number in shown)
    facts: dict[str, object] = {
        f"  on the clock of {zone}" if zone else "  on the list's clock": number
        for zone, number in shown
    }
    return facts | ({"  on other clocks": rest} if rest else {})
