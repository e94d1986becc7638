"""`newsletter demo`: the main job with sample data, from documents to caught mail."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from newsletter import forecasting, workflow
from newsletter import settings as settings_module
from newsletter.cli import entries, lists, sending, subscribers
from newsletter.cli.catcher import HOST, catcher
from newsletter.cli.checking import refuse_errors
from newsletter.cli.edge import keyring, now, out, template_folders
from newsletter.cli.forgetting import with_forgetting
from newsletter.cli.logs import configure_logs
from newsletter.cli.serving import with_outbox
from newsletter.content.window import parse_issue_name
from newsletter.delivery.relay import parse_relay
from newsletter.packaged import copy_out
from newsletter.settings import Settings
from newsletter.store import issues
from newsletter.store.database import Database
from newsletter.store.issues import Issue
from newsletter.store.lists import get_list
from newsletter.store.values import DeliveryState, IssueState
from newsletter.web.app import create_app
from newsletter.web.catcher import create_catcher_app
from newsletter.web.serve import serve

LIST = "ai-for-science"
WEEK = "2026-W06"


def demo(
    folder: Annotated[Path, typer.Option(help="Where to work; it is made.")] = Path("demo"),
    port: Annotated[int, typer.Option(help="Where the pages and the mail are shown.")] = 8025,
    serve_after: Annotated[
        bool | None,
        typer.Option("--serve/--no-serve", help="Show the mail afterwards; on a terminal it does."),
    ] = None,
) -> None:
    """Run the main job with sample data, in a folder of its own.

    Documents in, 300 readers, mail out to a catcher.
    """
    configure_logs("warning")
    found = _prepare(folder.resolve(), port)
    mail = folder / "mail"
    db = Database.open(found.database_url.get_secret_value())
    try:
        db.upgrade()
        issue, whole = _fill(db, found), True
        if issue.state is IssueState.SENT:
            out.print(f"\n{issue.ref} went out on {issue.finished_at:%Y-%m-%d at %H:%M} UTC.")
            out.print("Nobody is sent the same issue twice: 0 messages sent.")
        else:
            whole = _send(db, found, issue, mail)
        _table(db, issue, mail)
        if not whole:
            out.print(
                "\nNot everybody has it yet: the same command goes on where this one stopped."
            )
            raise typer.Exit(1)
        if serve_after or (serve_after is None and sys.stdout.isatty()):
            _show(db, found, mail, port)
        else:
            out.print(f"\nThe mail is in {mail}/; on a terminal, or with --serve, it is shown.")
            out.print(f"To ask more of it, in {folder}/: newsletter report {issue.ref}")
    finally:
        db.close()


def _prepare(folder: Path, port: int) -> Settings:
    path = folder / settings_module.FILE_NAME
    if not path.exists():
        copy_out("subscribers", folder / "subscribers")
        copy_out("samples", folder / "documents")
        settings_module.write_first(folder, settings_module.new_secret())
    stored = settings_module.load(folder, {})
    return stored.model_copy(
        update={
            "database_url": SecretStr(f"sqlite:///{folder / 'newsletter.db'}"),
            "lists_folder": folder / "subscribers",
            "templates_folder": folder / "templates",
            "public_url": f"http://{HOST}:{port}",
        }
    )


def _fill(db: Database, found: Settings) -> Issue:
    """Lists, entries, readers and the issue, as the commands of those names do it."""
    for report in lists.sync_folder(db, found.lists_folder, frozenset(), template_folders(found)):
        lists.describe(report)
    for path in sorted((found.lists_folder.parent / "documents").iterdir()):
        entries.describe(path, *entries.import_file(db, path, None))
    for path in sorted((found.lists_folder / LIST).glob("*.csv")):
        added, _ = subscribers.import_file(db, LIST, path)
        out.print(f"{path.name}: {added.added} readers added, {added.known} known")
    with db.read() as session:
        week = parse_issue_name(WEEK, get_list(session, LIST).week_starts)
    issue = workflow.issue_of_week(db, LIST, week, now(), found.public_url)
    out.print(f"{issue.ref}: {len(issue.digest.entries)} entries, {issue.state}")
    return issue


def _send(db: Database, found: Settings, issue: Issue, mail: Path) -> bool:
    """Sends what is left; whether it came to its end."""
    forecast = forecasting.forecast(db, issue, now())
    with catcher(mail) as url:
        relay = parse_relay(url)
        out.print()
        sending.announce(found, issue, relay, forecast)
        # The mail stays on this machine, and so may the pages that its links lead to.
        refuse_errors(db, found, issue, force=False, loopback_allowed=True)
        begun = time.perf_counter()
        summary = sending.run(db, found, issue, relay, forecast.recipients)
    whole = not (summary.halt or summary.stopped)
    verb = "sent over SMTP in" if whole else f"stopped ({summary.halt or 'as asked'}) after"
    out.print(f"\n{verb} {time.perf_counter() - begun:.1f} s, freezing included")
    return whole


def _table(db: Database, issue: Issue, mail: Path) -> None:
    """What became of everybody, how many distinct messages there were, and how large."""
    with db.read() as session:
        counts = issues.counts(session, issue.id)
        skips = issues.skips(session, issue.id)
        versions = issues.distinct_plans(session, issue.id)
    sizes = sorted(path.stat().st_size for path in (mail / "new").glob("*"))
    out.print("\ndeliveries")
    for state in DeliveryState:
        if state in counts:
            out.print(f"  {state.value:<10} {counts[state]:>5}")
    for reason, number in skips.items():
        out.print(f"             {number:>5}  {reason}")
    out.print(f"distinct versions {versions}")
    out.print(f"messages caught   {len(sizes)}, {_spread(sizes)}")


def _spread(sizes: Sequence[int]) -> str:
    if not sizes:
        return "none"
    least, middle, most = (sizes[at] / 1000 for at in (0, len(sizes) // 2, -1))
    return f"{least:.0f} to {most:.0f} kB, half of them up to {middle:.0f} kB"


def _show(db: Database, found: Settings, mail: Path, port: int) -> None:
    folders = template_folders(found)
    pages = create_app(
        db, keyring(found), clock=now, public_url=found.public_url, templates=folders
    )
    app = create_catcher_app(mail, pages, templates=folders)
    # Whoever subscribes at the pages finds the confirmation among the caught mail.
    with catcher(mail) as relay:
        app.router.lifespan_context = with_forgetting(
            db, found, with_outbox(db, parse_relay(relay), None)
        )
        serve(
            app,
            host=HOST,
            port=port,
            started=lambda url: out.print(
                f"\nThe caught mail: {url}/mail; the readers' pages: {url} (Ctrl-C ends)"
            ),
        )
