"""`newsletter preview`: the next issue on a page of one's own, while it is being made."""

from __future__ import annotations

import getpass
import sys
import webbrowser
from typing import Annotated
from urllib.parse import quote, urlsplit

import typer

from newsletter import schedule, workflow
from newsletter.cli.edge import (
    database,
    keyring,
    now,
    out,
    settings,
    split_issue,
    template_folders,
)
from newsletter.cli.logs import configure_logs
from newsletter.cli.serving import with_outbox
from newsletter.cli.signing import signer
from newsletter.delivery.relay import parse_relays
from newsletter.errors import NotFoundError
from newsletter.settings import Settings
from newsletter.store import issues, lists
from newsletter.store.browsing import issue_lines
from newsletter.store.database import Database
from newsletter.store.endings import going_lists
from newsletter.store.values import IssueState
from newsletter.web.editing.app import PLACE, create_preview_app
from newsletter.web.editing.bench import Bench
from newsletter.web.editing.desk import Desk
from newsletter.web.editing.gate import LocalGate
from newsletter.web.serve import serve

_HOST = "127.0.0.1"


def preview(
    issue: Annotated[
        str,
        typer.Argument(metavar="[ISSUE]", help="LIST/WEEK; without it, the next to go out."),
    ] = "",
    port: Annotated[int, typer.Option(help="0 takes any free one.")] = 0,
    browser: Annotated[
        bool | None, typer.Option("--open/--no-open", help="Open it in a browser; on a terminal.")
    ] = None,
) -> None:
    """Show an issue in a browser as its readers will have it.

    The page is on this machine, and follows every change that is saved.
    """
    found = settings()
    configure_logs(found.log_level)
    with database(found) as db:
        first = _reference(db, found, issue)
        desk = Desk(bench(db, found, in_project=True), first, sends=bool(found.smtp_url))
        gate = LocalGate(getpass.getuser())
        app = create_preview_app(desk, gate)
        if found.smtp_url:  # tests that are sent from the page go out at once
            relay = parse_relays(found.relay_url, found.fallback_relay_url)
            app.router.lifespan_context = with_outbox(db, relay, None)

        def started(url: str) -> None:
            gate.port = urlsplit(url).port or 0
            link = f"{url}{PLACE}?issue={quote(desk.first)}&key={gate.key}"
            out.print(f"{desk.first}: {link}\nCtrl-C ends; nobody else can open this link.")
            if browser or (browser is None and sys.stdout.isatty()):
                webbrowser.open(link)

        serve(app, host=_HOST, port=port, started=started, stopping=desk.stop.set)


def bench(db: Database, found: Settings, *, in_project: bool) -> Bench:
    """What the editors' pages work on; `in_project` reads lists as their files are."""
    return Bench(
        database=db,
        keyring=keyring(found),
        clock=now,
        templates=template_folders(found),
        public_url=found.public_url,
        signer=signer(found),
        lists_folder=found.lists_folder if in_project else None,
    )


def _reference(db: Database, found: Settings, asked: str) -> str:
    """The issue that is meant: the latest draft, or the week that goes out next, assembled."""
    if asked:
        with db.read() as session:
            return issues.get_issue(session, *split_issue(asked)).ref
    with db.read() as session:
        lines = issue_lines(session)
        going = going_lists(session)
        known = [lists.get_list(session, name) for name in going]
    drafts = [
        line.ref for line in lines if line.state is IssueState.DRAFT and line.list_name in going
    ]
    if drafts:
        return drafts[0]
    if not known:
        raise NotFoundError(
            "there is no list that goes on: `newsletter lists sync` follows the files, and "
            "`newsletter lists reopen LIST` takes the end of one back"
        )
    soonest = min(known, key=lambda one: schedule.next_moment(one, now()))
    week = schedule.week_to_send(soonest, schedule.next_moment(soonest, now()))
    return workflow.issue_of_week(db, soonest.name, week, now(), found.public_url).ref
