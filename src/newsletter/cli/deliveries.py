"""`newsletter deliveries`: what became of each reader's message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from sqlmodel import Session

from newsletter.cli.addressing import AddressArgument, DomainOption, OnlyAddressOption
from newsletter.cli.arguments import IssueArgument
from newsletter.cli.edge import (
    JsonOption,
    database,
    now,
    out,
    show_json,
    show_table,
    split_issue,
)
from newsletter.cli.listing import DEFAULT, ListsByDefault
from newsletter.cli.retrying import retry
from newsletter.content.serial import plain
from newsletter.store import doubts as settling
from newsletter.store import issues, ledger
from newsletter.store.deliveries import DeliveryView
from newsletter.store.senders import alive_in
from newsletter.store.values import DeliveryState

app = typer.Typer(
    cls=ListsByDefault, help="What became of each reader's message.", rich_markup_mode=None
)


@app.command(DEFAULT)
def list_(
    issue: IssueArgument,
    state: Annotated[DeliveryState | None, typer.Option(help="Only those in this state.")] = None,
    domain: DomainOption = "",
    to: OnlyAddressOption = "",
    json: JsonOption = False,
) -> None:
    """Every reader's row; with --to, every attempt.

    State, attempts, and what the relay said last. `list` may be left out.
    """
    with database() as db, db.read() as session:
        found = issues.get_issue(session, *split_issue(issue))
        rows = _rows(session, found.id, state, domain, to, alive_in(db))
        if to:
            whole = (ledger.delivery(session, row.id) for row in rows)
            rows = list(settling.as_they_are(whole, alive_in(db)))
    if json:
        show_json([plain(row) for row in rows])
        return
    show_table(
        ("address", "state", "tries", "last at", "relay", "reply or reason"),
        [(r.address, r.state, r.attempts, r.last_at, r.relay, r.reason or reply(r)) for r in rows],
    )
    if to:
        _show_history(rows)


def _rows(
    session: Session,
    issue_id: int,
    state: DeliveryState | None,
    domain: str,
    to: str,
    alive: settling.Alive,
) -> list[DeliveryView]:
    """What a dead sender left is in doubt, and listed as such."""
    sending, doubtful = DeliveryState.SENDING, DeliveryState.IN_DOUBT
    asked = (doubtful, sending) if state is doubtful else (state,)
    found = (
        view
        for stored in asked
        for view in ledger.deliveries(
            session, issue_id, state=stored, domain=domain or None, address=to or None
        )
    )
    rows = settling.as_they_are(found, alive)
    return [row for row in rows if state in (None, row.state)]


def _show_history(rows: Sequence[DeliveryView]) -> None:
    history = [attempt for row in rows for attempt in row.history]
    if history:
        out.print("\ntries that did not succeed:")
        show_table(
            ("at", "became", "relay", "stage", "code", "reply"),
            [(a.at, a.state, a.relay, a.stage, _code(a.code, a.enhanced), a.text) for a in history],
        )


def reply(row: DeliveryView) -> str:
    """What the relay said last, with its codes."""
    return f"{_code(row.code, row.enhanced)} {row.text}".strip()


def _code(code: int, enhanced: str) -> str:
    return f"{code or ''} {enhanced}".strip()


@app.command()
def resolve(
    issue: IssueArgument,
    address: AddressArgument,
    arrived: Annotated[
        bool | None,
        typer.Option("--sent/--resend", help="It arrived; or send the same message again."),
    ] = None,
) -> None:
    """Settle a message that is in doubt by hand."""
    if arrived is None:
        raise typer.BadParameter("say --sent if it arrived, or --resend to send it again")
    with database() as db:
        with db.write() as session:
            found = issues.get_issue(session, *split_issue(issue))
            settled = settling.settle(
                session, found.id, address, arrived=arrived, alive=alive_in(db), now=now()
            )
        with db.write() as session:
            issues.finish_if_done(session, found.id, now())
    goes_on = "" if arrived else f"; `newsletter send {issue}` sends it again"
    out.print(f"{settled.address}: {settled.state}{goes_on}")


app.command()(retry)
