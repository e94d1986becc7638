"""`newsletter editors`: who may see and change a list's drafts in a browser."""

from __future__ import annotations

from typing import Annotated

import typer
import uvloop

from newsletter.cli.addressing import AddressArgument
from newsletter.cli.arguments import ListOption, OnlyListOption
from newsletter.cli.edge import (
    JsonOption,
    database,
    err,
    keyring,
    now,
    only_list,
    out,
    settings,
    show_json,
    show_table,
    template_folders,
)
from newsletter.cli.listing import DEFAULT, ListsByDefault
from newsletter.cli.logs import configure_logs
from newsletter.cli.outbox import flushed
from newsletter.cli.signing import signer
from newsletter.content.serial import plain
from newsletter.delivery.inviting import mail_link
from newsletter.delivery.letters import Letters
from newsletter.delivery.relay import parse_relays
from newsletter.store import editors as store
from newsletter.store import lists
from newsletter.store.outbox_views import mail
from newsletter.store.values import DeliveryState

app = typer.Typer(
    cls=ListsByDefault, help="Who may edit a list in a browser.", rich_markup_mode=None
)


@app.command()
def add(
    address: AddressArgument,
    list_name: ListOption = "",
    name: Annotated[str, typer.Option(help="What the history calls them.")] = "",
) -> None:
    """Let somebody edit a list, and mail them a link.

    The link opens once; the same command again mails a new one.
    """
    found = settings()
    configure_logs(found.log_level)
    relay = parse_relays(found.relay_url, found.fallback_relay_url)
    with database(found) as db:
        chosen = only_list(db, list_name)
        with db.write() as session:
            mailing_list = lists.get_list(session, chosen)
            editor, new = store.add(session, chosen, address, now(), name=name)
        letters = Letters(keyring(found), template_folders(found), found.public_url, signer(found))
        mail_id = mail_link(db, letters, mailing_list, editor, now())
        called = "" if editor.name == editor.address else f" ({editor.name})"
        verb = "edits" if new else "edited already"
        out.print(f"{editor.address}{called} {verb} {chosen}")
        uvloop.run(flushed(db, relay))
        with db.read() as session:
            sent = mail(session, mail_id)
    if sent.state is DeliveryState.SENT:
        out.print("a link that opens once, within a day, was mailed")
        return
    said = " ".join(filter(None, (sent.reason, sent.text)))
    err.print(
        f"newsletter: the mail with the link is {sent.state}: {said or 'it waits in the outbox'}"
    )
    raise typer.Exit(1)


@app.command(DEFAULT)
def list_(list_name: OnlyListOption = "", json: JsonOption = False) -> None:
    """Who edits what, and when they last came in. `list` may be left out."""
    with database() as db:
        wanted = only_list(db, list_name) if list_name else None
        with db.read() as session:
            found = store.editors(session, wanted)
    if json:
        show_json([plain(editor) for editor in found])
        return
    show_table(
        ("address", "name", "lists", "last in"),
        [(e.address, e.name, e.lists, e.entered_at or "never") for e in found],
        cut=2,
    )


@app.command()
def remove(address: AddressArgument, list_name: ListOption = "") -> None:
    """Take a list from an editor; with the last one their visits end. Histories keep the name."""
    with database() as db:
        chosen = only_list(db, list_name)
        with db.write() as session:
            before = store.remove(session, chosen, address)
    left = [name for name in before.lists if name != chosen]
    rest = f"still edits {', '.join(left)}" if left else "is signed out everywhere"
    out.print(f"{before.address} edits {chosen} no more, and {rest}")
