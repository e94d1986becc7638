"""`newsletter deliveries` and `newsletter status`: who got what, and where an issue is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

import typer
from sqlmodel import Session

from newsletter.cli.arguments import IssueArgument
from newsletter.cli.canary import describe
from newsletter.cli.edge import (
    JsonOption,
    counted,
    database,
    now,
    out,
    show_facts,
    show_json,
    show_table,
    split_issue,
)
from newsletter.cli.listing import DEFAULT, ListsByDefault
from newsletter.cli.retrying import retry
from newsletter.cli.standing import show_standing
from newsletter.cli.unread import warn_of_unread_mail
from newsletter.content.mailinglist import InDoubt
from newsletter.content.serial import plain
from newsletter.store import canary, issues, ledger, senders
from newsletter.store import doubts as settling
from newsletter.store.database import Database
from newsletter.store.deliveries import DeliveryView
from newsletter.store.values import DeliveryState
from newsletter.store.waves import waiting_waves

app = typer.Typer(
    cls=ListsByDefault, help="What became of each reader's message.", rich_markup_mode=None
)


@app.command(DEFAULT)
def list_(
    issue: IssueArgument,
    state: Annotated[DeliveryState | None, typer.Option(help="Only those in this state.")] = None,
    domain: Annotated[str, typer.Option(help="Only addresses at this domain.")] = "",
    to: Annotated[str, typer.Option(help="Only this address, with each attempt.")] = "",
    json: JsonOption = False,
) -> None:
    """Every reader's row: state, attempts, and what the relay said last. `list` may be left out."""
    with database() as db, db.read() as session:
        found = issues.get_issue(session, *split_issue(issue))
        rows = _rows(session, found.id, state, domain, to, _alive_in(db))
        if to:
            whole = (ledger.delivery(session, row.id) for row in rows)
            rows = list(settling.as_they_are(whole, _alive_in(db)))
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
    alive: Callable[[str], bool],
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
        out.print("\nbefore that:")
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
    address: Annotated[str, typer.Argument(metavar="ADDRESS")],
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
                session, found.id, address, arrived=arrived, alive=_alive_in(db), now=now()
            )
        with db.write() as session:
            issues.finish_if_done(session, found.id, now())
    goes_on = "" if arrived else f"; `newsletter send {issue}` sends it again"
    out.print(f"{settled.address}: {settled.state}{goes_on}")


app.command()(retry)


def status(
    issue: Annotated[str | None, typer.Argument(metavar="[ISSUE]")] = None, json: JsonOption = False
) -> None:
    """Every issue with its deliveries by state; one issue with its skips by reason, too."""
    with database() as db, db.read() as session:
        alive = _alive_in(db)
        if issue is None:
            warn_of_unread_mail(session)
            rows = [
                (found, _counts(session, found, settling.left_behind(session, found.id, alive)))
                for found in issues.list_issues(session)
            ]
            if json:
                show_json([_summary(found, counts) for found, counts in rows])
            else:
                show_table(
                    ("issue", "state", *DeliveryState),
                    [(f.ref, f.state, *(c.get(s, 0) for s in DeliveryState)) for f, c in rows],
                )
                show_standing(session)
            return
        found = issues.get_issue(session, *split_issue(issue))
        left = settling.left_behind(session, found.id, alive)
        counts = _counts(session, found, left)
        skips = issues.skips(session, found.id)
        few = canary.canary(session, found.id)
        waves = waiting_waves(session, found.id)
        held = ledger.deliveries(session, found.id, state=DeliveryState.IN_DOUBT)
        doubts = [row.address for row in (*held, *left)]
    if json:
        show_json(
            {
                **_summary(found, counts),
                "note": found.note,
                "canary": plain(few) if few else None,
                "waves": [{"at": wave.at, "readers": wave.readers} for wave in waves],
                "skipped_because": skips,
                "in_doubt": doubts,
            }
        )
        return
    show_facts(
        {
            "issue": found.ref,
            "state": f"{found.state}: {found.note}" if found.note else found.state,
            **({"canary": describe(few)} if few else {}),
            "days": f"{found.period.first} to {found.period.last}",
            "entries": len(found.digest.entries),
            **{state: number for state, number in counts.items() if number},
        }
    )
    for wave in waves:
        out.print(
            f"  wave of {wave.at.astimezone():%a %H:%M %Z}: {counted(wave.readers, 'reader')}"
        )
    for reason, number in skips.items():
        out.print(f"  skipped, {reason}: {number}")
    for address in doubts:
        out.print(f"  in doubt: {address}")
    if left:
        resends = found.digest.list.policies.in_doubt is InDoubt.RESEND
        out.print(
            f"their sender ended: `newsletter send {found.ref}` "
            f"{'sends them the same again' if resends else 'holds them'}; "
            f"`newsletter deliveries resolve {found.ref} ADDRESS` settles one by hand"
        )


def _alive_in(db: Database) -> Callable[[str], bool]:
    return lambda sender: senders.alive(db, sender)


def _counts(
    session: Session, found: issues.Issue, left: Sequence[DeliveryView]
) -> dict[DeliveryState, int]:
    """Deliveries by state; what dead senders left is in doubt, whatever its row still says."""
    counts = dict(issues.counts(session, found.id))
    if left:
        sending, doubtful = DeliveryState.SENDING, DeliveryState.IN_DOUBT
        counts[sending] = counts.get(sending, 0) - len(left)
        counts[doubtful] = counts.get(doubtful, 0) + len(left)
    return counts


def _summary(found: issues.Issue, counts: Mapping[DeliveryState, int]) -> dict[str, object]:
    return {
        "issue": found.ref,
        "state": found.state,
        "first_day": found.period.first,
        "last_day": found.period.last,
        "entries": len(found.digest.entries),
        "deliveries": {state.value: counts.get(state, 0) for state in DeliveryState},
    }
