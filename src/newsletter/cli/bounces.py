"""`newsletter bounces`: what came back by mail, and the breaker's questions."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.edge import (
    JsonOption,
    database,
    err,
    keyring,
    now,
    out,
    settings,
    show_json,
    show_table,
    split_issue,
)
from newsletter.cli.unread import forget_unread, warn_of_unread_mail
from newsletter.content.serial import plain
from newsletter.errors import NewsletterError, NotFoundError
from newsletter.settings import Settings
from newsletter.store import breaker, issues, unproven
from newsletter.store import feedback as store
from newsletter.store.database import Database
from newsletter.store.feedback import Feedback, FeedbackKind
from newsletter.tracking.imap import unread_on
from newsletter.tracking.inbound import Taken, take_in, take_in_unread
from newsletter.tracking.mailbox import messages_at, messages_in
from newsletter.tracking.mailbox_url import asked_for, is_imap
from newsletter.tracking.returned_mail import read_mailbox

app = typer.Typer(help="What came back by mail.", no_args_is_help=True, rich_markup_mode=None)

_TRY_AGAIN = 75  # EX_TEMPFAIL: the mail server that pipes to us keeps the message


@app.command()
def read(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH…]",
            help="A message, an mbox, a Maildir, imaps://HOST/FOLDER; - is the input. Without any: "
            "the settings' mailbox_url.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Read bounces, complaints and mails that ask to leave.

    A report that was read before counts once.
    """
    found = settings()
    piped = "-" in (paths or ())
    try:
        with database(found) as db:
            taken = _take_in(db, found, paths or ())
    except NewsletterError as error:
        if not piped:
            raise
        err.print(f"newsletter: {error}")
        raise typer.Exit(_TRY_AGAIN) from None
    if json:
        show_json(plain(taken))
    else:
        _describe(taken, quiet=piped)


def _take_in(db: Database, found: Settings, paths: Sequence[str]) -> Taken:
    ring = keyring(found)
    forget_unread(db, found, now())
    if not paths:
        if not found.mailbox:
            raise NewsletterError(
                "which mailbox? name a PATH, or set mailbox_url in newsletter.toml "
                "(NEWSLETTER_MAILBOX_URL in the environment)"
            )
        return read_mailbox(db, ring, found.mailbox, now)
    taken = Taken()
    for path in paths:
        if is_imap(path):
            unread = unread_on(asked_for(path, found.mailbox))
            taken += take_in_unread(db, ring, unread, now)
        else:
            taken += take_in(db, ring, _messages(path), now)
    return taken


def _messages(path: str) -> Iterator[bytes]:
    return messages_in(sys.stdin.buffer) if path == "-" else messages_at(Path(path))


def _describe(taken: Taken, *, quiet: bool) -> None:
    # A mail server sends what a pipe prints back to whoever wrote: say nothing of it there.
    if quiet:
        return
    for kind, number in sorted(taken.messages.items()):
        out.print(f"{kind}: {number}")
    for judgement, number in sorted(taken.bounces.items()):
        out.print(f"  bounced, {judgement}: {number}")
    out.print(f"suppressed: {taken.suppressed}")
    if taken.held:
        out.print(
            f"held: {taken.held}: nobody is suppressed for it before `newsletter bounces review` "
            "has your word"
        )


@app.command("list")
def list_(
    unread: Annotated[
        bool, typer.Option("--unread", help="Only reports that could not be read.")
    ] = False,
    show: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Print this unread report as it came.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """What came back, the latest first."""
    options = settings()
    with database(options) as db, db.read() as session:
        if show is not None:
            _print_message(store.unread_message(session, show), show)
            return
        found = store.feedback(session, FeedbackKind.UNREAD if unread else None)
        warn_of_unread_mail(session)
    if json:
        show_json([plain(item) for item in found])
        return
    if unread:
        _show_unread(found, dt.timedelta(days=options.unread_days))
        return
    show_table(
        ("number", "at", "what", "address", "judgement", "code", "text"),
        [
            (i.id, i.at, i.kind, i.address, i.judgement, i.enhanced or i.code or "", i.text)
            for i in found
        ],
    )


def _show_unread(found: Sequence[Feedback], kept_for: dt.timedelta) -> None:
    show_table(
        ("number", "at", "octets", "of them kept", "until", "why it is unread"),
        [
            (i.id, i.at, i.size, i.kept, f"{i.at + kept_for:%Y-%m-%d}", i.text)
            if i.kept
            else (i.id, i.at, i.size, 0, "", "what was kept of it is dropped")
            for i in found
        ],
    )


def _print_message(message: bytes | None, number: int) -> None:
    if message is None:
        raise NotFoundError(
            f"no unread report is kept under the number {number}: `bounces list --unread` shows "
            "those that are, and until when"
        )
    sys.stdout.buffer.write(message)


@app.command()
def review(
    issue: Annotated[str | None, typer.Argument(metavar="[ISSUE]")] = None,
    domain: Annotated[str, typer.Option(help="Only addresses at this domain.")] = "",
    suppress: Annotated[
        bool | None,
        typer.Option("--suppress/--dismiss", help="Believe the reports, or pass them over."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """What waits for your word, or your word on it.

    Addresses of which too many turned bad at once, and reports that anybody could have written.
    """
    if issue is not None and suppress is None:
        raise NewsletterError(f"what of {issue}? say --suppress or --dismiss")
    if issue is None and suppress is not None:
        raise NewsletterError("which issue? `newsletter bounces review` shows what is held")
    with database() as db:
        if issue is None:
            with db.read() as session:
                _show_held(unproven.waiting(session), json)
            return
        with db.write() as session:
            wanted = issues.get_issue(session, *split_issue(issue))
            people = unproven.decide(
                session, wanted.id, suppress_them=bool(suppress), now=now(), domain=domain
            )
    done = "suppressed" if suppress else "dismissed"
    if json:
        show_json({"issue": issue, "domain": domain, done: people})
    else:
        out.print(f"{issue}: {people} {done}")


def _show_held(found: Sequence[breaker.Held], json: bool) -> None:
    if json:
        show_json([plain(item) for item in found])
        return
    show_table(
        ("issue", "domain", "bad", "of", "since", "why it waits", "what one got"),
        [(h.issue, h.domain, h.people, h.attempted, h.since, h.why, h.sample) for h in found],
    )
