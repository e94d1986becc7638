"""`newsletter send`: says what it is about to do, asks, and does what is left to do."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import signal
from email.parser import BytesHeaderParser
from email.policy import default
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from newsletter import forecasting, workflow
from newsletter.cli.announcing import AboutOption, AnnounceOption, announcement_of
from newsletter.cli.approving import mind_approval
from newsletter.cli.arguments import IssueArgument, YesOption
from newsletter.cli.asking import make_sure
from newsletter.cli.canary import CanaryOption, HoldOption, want_canary
from newsletter.cli.checking import refuse_errors
from newsletter.cli.edge import (
    database,
    err,
    keyring,
    now,
    out,
    settings,
    show_facts,
    split_issue,
    template_folders,
)
from newsletter.cli.linking import led
from newsletter.cli.logs import configure_logs
from newsletter.cli.outbox import send_tests
from newsletter.cli.progress import SendView
from newsletter.cli.proving import prove_leaving, sample_message
from newsletter.cli.signing import signer
from newsletter.content.numbers import counted
from newsletter.delivery.mailhosts import MailHosts
from newsletter.delivery.pacing import Paces
from newsletter.delivery.relay import RelaySettings, parse_relays
from newsletter.delivery.sender import Summary, Surroundings
from newsletter.delivery.staying import stay
from newsletter.errors import NewsletterError
from newsletter.forecasting import Forecast
from newsletter.settings import Settings
from newsletter.store import issues, retries, senders
from newsletter.store.database import Database
from newsletter.store.endings import refuse_ended
from newsletter.store.issues import Issue
from newsletter.store.troubled import Trouble, troubled_domains
from newsletter.store.values import DeliveryState, IssueState


def send(
    issue: IssueArgument,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say who would get it, and end.")
    ] = False,
    test: Annotated[
        list[str] | None, typer.Option(help="Send a test there instead; again for more addresses.")
    ] = None,
    canary: CanaryOption = None,
    hold: HoldOption = None,
    yes: YesOption = False,
    announce_file: AnnounceOption = None,
    about: AboutOption = "",
    force: Annotated[
        bool, typer.Option("--force", help="Send whatever `check` says, and without approval.")
    ] = False,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Do not try the unsubscribe address first.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Stay until the deferred ones are settled, too.")
    ] = False,
) -> None:
    """Send an issue, or what is left of it.

    The same command starts, resumes and tries again. A list with --announce sends it a text.
    """
    _refuse_halves(about=about, announced=announce_file, hold=hold, canary=canary)
    found = settings()
    configure_logs(found.log_level)
    relay = parse_relays(found.relay_url, found.fallback_relay_url)
    with database(found) as db:
        if announce_file is not None:
            wanted = announcement_of(db, found, issue, announce_file, about)
        else:
            with db.read() as session:
                wanted = issues.get_issue(session, *split_issue(issue))
        wanted = led(db, found, wanted, keep=not (dry_run or test))
        if test:
            send_tests(db, found, wanted, relay, test)
            return
        _refuse_ended(db, wanted)
        forecast = forecasting.forecast(db, wanted, now())
        announce(found, wanted, relay, forecast)
        _tell_of_others(db, wanted, relay)
        frozen = wanted.state not in (IssueState.DRAFT, IssueState.FROZEN)
        if frozen and not forecast.recipients:
            if not dry_run:
                # Who sent the last one may have been killed before it could say that it was that.
                with db.write() as session:
                    issues.finish_if_done(session, wanted.id, now())
            out.print("nothing is left to send: 0 messages")
            return
        mind_approval(db, wanted, force=force, dry_run=dry_run)
        if dry_run:
            return
        if wanted.state is IssueState.DRAFT and not wanted.digest.subject:
            refuse_errors(db, found, wanted, force=force)
        if not unchecked:
            asyncio.run(prove_leaving(found, wanted))
        to = f"to send to {counted(forecast.recipients, 'reader')}"
        make_sure(str(forecast.recipients), to, yes=yes, kind="number", nothing="nothing was sent")
        want_canary(db, wanted, canary, hold)
        summary = run(db, found, wanted, relay, forecast.recipients, wait=wait, however_few=force)
        report(db, wanted, summary)
    if summary.halt or summary.stopped:
        raise typer.Exit(1)


def _refuse_halves(
    *, about: str, announced: Path | None, hold: str | None, canary: int | None
) -> None:
    """What means nothing by itself would be passed over in silence."""
    if about and announced is None:
        raise typer.BadParameter("--issue says whom --announce goes to: give both")
    if hold is not None and canary is None:
        raise typer.BadParameter("--hold is how long --canary waits: give both")


def _refuse_ended(db: Database, wanted: Issue) -> None:
    """Before anything is asked: freezing it would be refused all the same."""
    if wanted.state is IssueState.DRAFT:
        with db.read() as session:
            refuse_ended(session, wanted.list_name)


def _so_many(forecast: Forecast) -> str:
    """How many will get it: at most so many, where some have all that it has for them."""
    if not forecast.repeated:
        return str(forecast.recipients)
    were = "was" if forecast.repeated == 1 else "were"
    return (
        f"at most {forecast.recipients}: {forecast.repeated} of its entries {were} in other "
        "issues, and who has all of theirs gets no mail"
    )


def announce(found: Settings, wanted: Issue, relay: RelaySettings, forecast: Forecast) -> None:
    """What is about to happen, for a last look."""
    mailing_list = wanted.digest.list
    sample = sample_message(found, wanted)
    subject = BytesHeaderParser(policy=default).parsebytes(sample)["Subject"]
    show_facts(
        {
            "list": f"{mailing_list.title('en')} ({wanted.ref})",
            "subject": str(subject),
            "sender": f"{mailing_list.sender.name} <{mailing_list.sender.address}>",
            "relay": relay.name,
            **({"at most": f"{relay.rate:g} messages a second"} if relay.rate else {}),
            **({"has it already": forecast.reached} if forecast.reached else {}),
            "will get it": _so_many(forecast),
            "will not": sum(forecast.skipped.values()),
            **{f"  {reason}": number for reason, number in forecast.skipped.items()},
        }
    )


def _tell_of_others(db: Database, wanted: Issue, relay: RelaySettings) -> None:
    """That another process sends, too: each keeps to the relay's rate for itself alone."""
    if not relay.paced:
        return
    with db.read() as session:
        going = [
            issue
            for issue in issues.list_issues(session)
            if issue.state is IssueState.SENDING and issue.id != wanted.id
        ]
    for issue in going:
        if senders.is_held(db, issue.id):
            err.print(
                f"{issue.ref} is being sent by another process, at a rate of its own: together "
                "they are faster than one; wait for it if the relay does not bear that"
            )


def run(
    db: Database,
    found: Settings,
    wanted: Issue,
    relay: RelaySettings,
    expected: int,
    *,
    wait: bool = False,
    however_few: bool = False,
) -> Summary:
    """Sends with a progress bar; with `wait`, until nothing is deferred any more. Ctrl-C and
    SIGTERM drain; the second stops at once. `however_few`: see `workflow.send`."""
    with SendView(f"sending {wanted.ref}", expected) as view:
        return uvloop.run(_send(db, found, wanted, relay, view, wait, however_few))


async def _send(
    db: Database,
    found: Settings,
    wanted: Issue,
    relay: RelaySettings,
    view: SendView,
    wait: bool,
    however_few: bool,
) -> Summary:
    stop = asyncio.Event()
    around = _surroundings(stop, view)

    async def once() -> Summary:
        with db.read() as session:
            current = issues.issue_by_id(session, wanted.id)
        return await workflow.send(
            db,
            current,
            relay,
            keyring(found),
            template_folders(found),
            around,
            signer(found),
            however_few=however_few,
        )

    def next_due() -> dt.datetime | None:
        with db.read() as session:
            return retries.next_due(session, wanted.id)

    sending = asyncio.ensure_future(stay(once, next_due, around, _waits) if wait else once())
    shown = asyncio.ensure_future(view.follow(lambda: _troubled(db, wanted)))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: sending.cancel() if stop.is_set() else stop.set())
    try:
        return await sending
    except asyncio.CancelledError:
        raise NewsletterError(
            f"stopped at once: `newsletter send {wanted.ref}` settles what is in doubt and goes on"
        ) from None
    finally:
        shown.cancel()


def _surroundings(stop: asyncio.Event, view: SendView) -> Surroundings:
    return Surroundings(
        clock=now,
        chance=random.SystemRandom().random,
        stop=stop,
        observe=view.observe,
        alone=True,
        paces=Paces(MailHosts()),
        held=_holds,
    )


def _troubled(db: Database, wanted: Issue) -> tuple[Trouble, ...]:
    with db.read() as session:
        return troubled_domains(session, wanted.id)


def _holds(until: dt.datetime) -> None:
    err.print(f"the first few have it; the rest waits until {until.astimezone():%a %H:%M:%S}")


def _waits(until: dt.datetime) -> None:
    err.print(f"the next of the deferred are tried at {until.astimezone():%a %H:%M}")


def report(db: Database, wanted: Issue, summary: Summary) -> None:
    """How the send ended, and how it goes on."""
    with db.read() as session:
        counts = issues.counts(session, wanted.id)
        state = issues.issue_by_id(session, wanted.id).state
        due = retries.next_due(session, wanted.id)
    show_facts({found.value: number for found, number in counts.items()})
    if summary.halt:
        how = f"`newsletter issues resume {wanted.ref}`"
        told = how in summary.halt or state is not IssueState.PAUSED
        out.print(f"stopped: {summary.halt}{'' if told else f'; {how} lets it go on'}")
    elif summary.stopped:
        out.print(f"stopped as asked; `newsletter send {wanted.ref}` goes on")
    elif due is not None and counts.get(DeliveryState.DEFERRED):
        out.print(
            f"deferred ones may be tried again from {due.astimezone():%H:%M}: `newsletter serve` "
            f"does, or `newsletter send {wanted.ref}`; with --wait it stays until all are settled"
        )
