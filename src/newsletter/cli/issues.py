"""`newsletter issues` and `newsletter render`: the week put together, and looked at."""

from __future__ import annotations

import datetime as dt
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Annotated

import typer

from newsletter import forecasting, schedule, workflow
from newsletter.cli import notes, reviewing, steering
from newsletter.cli.addressing import ReaderOption
from newsletter.cli.arguments import IssueArgument, a_day
from newsletter.cli.departing import told_of_erasure
from newsletter.cli.edge import (
    JsonOption,
    database,
    err,
    keyring,
    now,
    out,
    settings,
    show_facts,
    show_json,
    show_prose,
    show_table,
    split_issue,
    template_folders,
)
from newsletter.cli.emptiness import nothing_to_assemble, tell_if_empty
from newsletter.cli.linking import led
from newsletter.cli.signing import signer
from newsletter.cli.template_files import template_files
from newsletter.content.entry import Period
from newsletter.content.window import parse_issue_name
from newsletter.delivery.showing import render_for
from newsletter.errors import NewsletterError
from newsletter.rendering.forms import compiler
from newsletter.store import editing, lists, reviews
from newsletter.store import issues as store
from newsletter.store.issues import Issue
from newsletter.store.values import IssueState

app = typer.Typer(help="Issues of a list.", no_args_is_help=True, rich_markup_mode=None)
for command in (steering.pause, steering.resume, steering.cancel, steering.amend):
    app.command()(command)
app.command("edit")(notes.edit)
app.command()(reviewing.approve)
app.command()(reviewing.reject)
app.command()(reviewing.diff)
for changing in (reviewing.undo, reviewing.redo):
    app.command()(changing)
app.command()(reviewing.history)


@app.command()
def assemble(
    list_name: Annotated[str, typer.Argument(metavar="LIST")],
    week: Annotated[str, typer.Option(help="An ISO week, 2026-W06; without it, the last.")] = "",
    first: Annotated[
        dt.date | None,
        typer.Option(
            "--from", metavar="DAY", parser=a_day, help="Instead of a week: its first day."
        ),
    ] = None,
    last: Annotated[
        dt.date | None,
        typer.Option("--to", metavar="DAY", parser=a_day, help="And its last day."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Put an issue together from the entries of its days.

    That can be done again until `send` freezes it.
    """
    if bool(first) != bool(last) or (week and first):
        raise typer.BadParameter("give --week, or both --from and --to, or none of them")
    with database() as db:
        with db.read() as session:
            found = lists.get_list(session, list_name)
        if first and last:
            if last < first:
                raise NewsletterError(f"--to {last} is before --from {first}: exchange them")
            window = Period(first, last)
        elif week:
            window = parse_issue_name(week, found.week_starts)
        else:
            window = schedule.last_window(found, now())
        # Whoever names days may want an empty draft, to write in; days that nobody named are none.
        make = workflow.assemble_issue if week or first else workflow.assemble_if_any
        issue = make(db, list_name, window, now(), settings().public_url)
        if issue is None:
            raise nothing_to_assemble(db, found, window)
        tell_if_empty(db, issue)
    if json:
        show_json(_issue_json(issue))
    else:
        _describe(issue)
        if issue.digest.entries and issue.state is IssueState.DRAFT:
            out.print(f"next: newsletter check {issue.ref}; then preview and send")


@app.command("list")
def list_(json: JsonOption = False) -> None:
    """All issues, newest first."""
    with database() as db, db.read() as session:
        found = store.list_issues(session)
    if json:
        show_json([_issue_json(issue) for issue in found])
        return
    show_table(
        ("issue", "state", "from", "to", "entries"),
        [(i.ref, i.state, i.period.first, i.period.last, len(i.digest.entries)) for i in found],
    )


@app.command()
def show(issue: IssueArgument, json: JsonOption = False) -> None:
    """What an issue says: its entries in order, with tier and topics."""
    with database() as db, db.read() as session:
        found = store.get_issue(session, *split_issue(issue))
        left_out = editing.left_out(session, found.id)
        judged = reviews.review(session, found.id, template_files)
    if json:
        said = {"editorial": editing.said(found.digest), "review": judged.state}
        show_json(_issue_json(found) | said | {"left_out": [one.entry.key for one in left_out]})
        return
    _describe(found)
    if judged.at is not None and found.state is IssueState.DRAFT:
        show_facts({"review": _judged(judged)})
    out.print()
    show_table(
        ("", "tier", "topics", "title"),
        [
            (number, item.entry.tier, item.topics, item.entry.title)
            for number, item in enumerate(found.digest.entries, 1)
        ],
    )
    for item in left_out:
        out.print(f"left out: {item.entry.title}")
    for field, texts in editing.said(found.digest).items():
        for language, text in texts.items():
            out.print(f"\n{language} {field}")
            for line in text.splitlines():
                show_prose(line, "  ")


def _judged(review: reviews.Review) -> str:
    changed = ", changed since" if review.changed else ""
    by = f" by {review.by}" if review.by else ""
    return f"{review.state}{by}{changed}{f': {review.note}' if review.note else ''}"


def render(
    issue: IssueArgument,
    to: ReaderOption,
    out_file: Annotated[Path | None, typer.Option("--out", help="A file for the message.")] = None,
    text: Annotated[bool, typer.Option("--text", help="The plain-text part, to read.")] = False,
) -> None:
    """The message of one reader, byte for byte.

    As it was sent or, before that, as it would be sent now.
    """
    found = settings()
    with database(found) as db:
        with db.read() as session:
            wanted = store.get_issue(session, *split_issue(issue))
        wanted = led(db, found, wanted)
        with told_of_erasure(db, found, to):
            message = render_for(
                db,
                wanted,
                to,
                keyring(found),
                now,
                compiler(template_folders(found)),
                signer(found),
                tell=lambda lack: err.print(f"newsletter: {lack}"),
            )
        # What is sent or skipped by now has its own row; a draft's reader is judged as of now.
        reason = forecasting.why_not(db, wanted, to, now()) if wanted.edition is None else None
    if reason:
        err.print(f"newsletter: {to} would get no mail now ({reason}); this is what it would hold")
    if text:
        message = _readable(message)
    if out_file is None:
        sys.stdout.buffer.write(message)
        sys.stdout.flush()
        return
    try:
        out_file.write_bytes(message)
    except OSError as error:
        raise NewsletterError(f"{out_file} cannot be written: {error.strerror}") from None
    out.print(f"{out_file}: {len(message)} octets")


def _readable(message: bytes) -> bytes:
    """The subject and the plain-text part of a message."""
    parsed = message_from_bytes(message, policy=default)
    body = parsed.get_body(("plain",))
    said = "" if body is None else body.get_content()
    return f"Subject: {parsed['Subject']}\n\n{said}".encode()


def _describe(issue: Issue) -> None:
    tiers: dict[str, int] = {}
    for item in issue.digest.entries:
        tiers[item.entry.tier] = tiers.get(item.entry.tier, 0) + 1
    show_facts(
        {
            "issue": issue.ref,
            "state": issue.state,
            "days": f"{issue.period.first} to {issue.period.last}",
            "entries": len(issue.digest.entries),
            **{f"  {tier}": number for tier, number in tiers.items()},
            "briefs": [brief.title for brief in issue.digest.briefs],
            "notes": list(issue.digest.notes),
        }
    )


def _issue_json(issue: Issue) -> dict[str, object]:
    return {
        "issue": issue.ref,
        "state": issue.state,
        "first_day": issue.period.first,
        "last_day": issue.period.last,
        "briefs": [brief.title for brief in issue.digest.briefs],
        "notes": dict(issue.digest.notes),
        "entries": [
            {
                "key": item.entry.key,
                "title": item.entry.title,
                "tier": item.entry.tier,
                "topics": item.topics,
            }
            for item in issue.digest.entries
        ],
    }
