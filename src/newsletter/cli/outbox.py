"""`newsletter outbox`: mails of their own for one person, such as tests and confirmations."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Annotated

import typer
import uvloop

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
    show_table,
    template_folders,
)
from newsletter.cli.listing import DEFAULT, ListsByDefault
from newsletter.cli.logs import configure_logs
from newsletter.cli.signing import signer
from newsletter.content.preferences import Preferences
from newsletter.content.serial import plain
from newsletter.delivery.outbox import flush
from newsletter.delivery.relay import RelaySettings, parse_relays
from newsletter.delivery.sender import Summary, Surroundings
from newsletter.delivery.testing import queue_tests
from newsletter.errors import ConflictError, RelayError
from newsletter.rendering.forms import compiler
from newsletter.settings import Settings
from newsletter.store.database import Database
from newsletter.store.doubts import as_they_are
from newsletter.store.issues import Issue
from newsletter.store.outbox import MailKind
from newsletter.store.outbox_doubts import settle
from newsletter.store.outbox_views import mail as mail_by_id
from newsletter.store.outbox_views import mails
from newsletter.store.senders import alive_in
from newsletter.store.values import DeliveryState

app = typer.Typer(
    cls=ListsByDefault, help="Mails for one person, sent ahead of issues.", rich_markup_mode=None
)

_TRIES = 50
_BETWEEN = 0.2  # seconds


@app.command(DEFAULT)
def list_(
    state: Annotated[DeliveryState | None, typer.Option(help="Only those in this state.")] = None,
    kind: Annotated[MailKind | None, typer.Option(help="Only those of this kind.")] = None,
    most: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 200,
    json: JsonOption = False,
) -> None:
    """The latest mails with their states. `list` may be left out."""
    with database() as db, db.read() as session:
        views = mails(session, state=state, kind=kind, limit=most)
        shown = as_they_are(views, alive_in(db))
        found = [view for view in shown if state in (None, view.state)]
    if json:
        show_json([plain(view) for view in found])
        return
    show_table(
        ("id", "made at", "kind", "to", "state", "tries", "subject", "reply or reason"),
        [
            (v.id, v.created_at, v.kind, v.to, v.state, v.attempts, v.subject, v.reason or v.text)
            for v in found
        ],
    )


@app.command()
def send() -> None:
    """Send what is due in the outbox.

    `serve` and each `send` of an issue do so by themselves.
    """
    found = settings()
    configure_logs(found.log_level)
    relay = parse_relays(found.relay_url, found.fallback_relay_url)
    with database(found) as db:
        summary = uvloop.run(flushed(db, relay))
    if summary.attempts or summary.skipped:
        skipped = {"skipped": summary.skipped} if summary.skipped else {}
        show_facts({state.value: number for state, number in summary.attempts.items()} | skipped)
    else:
        out.print("nothing is due")
    if summary.halt:
        out.print(f"stopped: {summary.halt}")
        raise typer.Exit(1)


@app.command()
def resolve(
    mail: Annotated[int, typer.Argument(metavar="ID", help="Its number in `outbox list`.")],
    arrived: Annotated[
        bool | None,
        typer.Option("--sent/--resend", help="It arrived; or send the same mail again."),
    ] = None,
) -> None:
    """Settle a mail that is in doubt by hand."""
    if arrived is None:
        raise typer.BadParameter("say --sent if it arrived, or --resend to send it again")
    with database() as db, db.write() as session:
        settled = settle(session, mail, arrived=arrived, alive=alive_in(db), now=now())
    goes_on = "" if arrived else "; `newsletter outbox send` sends it again, and so does `serve`"
    out.print(f"{settled.to}: {settled.state}{goes_on}")


async def flushed(db: Database, relay: RelaySettings) -> Summary:
    """Sends what is due, after whoever else is at it, who takes moments."""
    around = Surroundings(clock=now, chance=random.SystemRandom().random, stop=asyncio.Event())
    for _ in range(_TRIES):
        try:
            return await flush(db, relay, around)
        except ConflictError:
            await asyncio.sleep(_BETWEEN)
    return await flush(db, relay, around)


def send_tests(
    db: Database, found: Settings, wanted: Issue, relay: RelaySettings, addresses: Sequence[str]
) -> None:
    """Sends an issue, as a reader without wishes would get it, to each of `addresses`."""
    queued = queue_tests(
        db,
        wanted,
        addresses,
        Preferences(languages=wanted.digest.list.languages[:1]),
        keyring(found),
        now,
        compiler(template_folders(found)),
        signer(found),
    )
    try:
        uvloop.run(flushed(db, relay))
    except RelayError as error:
        # Whoever tries again once it is mended would else be surprised by two.
        raise RelayError(
            f"{error}; the test waits in the outbox: `newsletter outbox send` sends it"
        ) from None
    with db.read() as session:
        ended = [mail_by_id(session, number) for number in queued]
    for view in ended:
        if view.state is DeliveryState.SENT:
            out.print(f"test sent to {view.to}")
        else:
            said = " ".join(filter(None, (view.reason, view.text)))
            err.print(f"the test for {view.to} is {view.state}: {said}")
    if any(view.state is not DeliveryState.SENT for view in ended):
        raise typer.Exit(1)
