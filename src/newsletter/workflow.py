"""Assemble, freeze, send: the steps of an issue, and the only module that knows every stage."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sqlmodel import Session

from newsletter.content.announcement import announcement, same_words
from newsletter.content.digest import Digest
from newsletter.content.entry import Period
from newsletter.content.mailinglist import MailingList, TooFew
from newsletter.content.moments import local_day
from newsletter.delivery.choosing import Choosing
from newsletter.delivery.connecting import prove_relay
from newsletter.delivery.dkim import Signer
from newsletter.delivery.engine import deliver
from newsletter.delivery.halting import ended
from newsletter.delivery.outbox import ahead_of
from newsletter.delivery.relay import RelaySettings
from newsletter.delivery.sender import Summary, Surroundings
from newsletter.delivery.sweeping import seldom_swept
from newsletter.delivery.trying import passes
from newsletter.errors import AmendedError, ConflictError, TooFewError
from newsletter.rendering.counting import frozen_targets
from newsletter.rendering.forms import compiled_forms
from newsletter.store import amending, canary, issues, lists, printed, senders
from newsletter.store.database import Database
from newsletter.store.drafting import draft_digest, name_of
from newsletter.store.endings import refuse_ended
from newsletter.store.issues import Issue
from newsletter.store.values import IssueState
from newsletter.store.waves import waves_of
from newsletter.tokens import Keyring

FAN_OUT_CHUNK = 2_000
"""Rows written in one transaction; small, so that the pages go on writing in between."""


def assemble_issue(
    db: Database, list_name: str, window: Period, now: dt.datetime, public_url: str = ""
) -> Issue:
    """The draft of the list's issue for `window`, made anew from what is stored; what its
    editors decided and wrote is kept.

    `public_url` takes the place of the list's own where an installation has one.

    Raises:
        NotFoundError: there is no such list.
        EndedError: the list has ended.
        ConflictError: the issue is no draft any more.
    """
    with db.write() as session:
        refuse_ended(session, list_name)
        return issues.save_draft(session, _assembled(session, list_name, window, public_url), now)


def assemble_if_any(
    db: Database, list_name: str, window: Period, now: dt.datetime, public_url: str = ""
) -> Issue | None:
    """`assemble_issue`, or None where an issue would be made that has no entry: nothing is stored
    then, unless the list sends such ones (`policies.too_few = "send"`).

    Raises:
        NewsletterError: see `assemble_issue`.
    """
    with db.write() as session:
        refuse_ended(session, list_name)
        digest = _assembled(session, list_name, window, public_url)
        bare = not digest.entries and digest.list.policies.too_few is not TooFew.SEND
        if bare and issues.issue_head(session, list_name, digest.name) is None:
            return None
        return issues.save_draft(session, digest, now)


def standing_digest(
    session: Session, issue: Issue, public_url: str = "", mailing_list: MailingList | None = None
) -> Digest:
    """What an issue says as things stand: a draft as it would be assembled now, which nothing
    stores, and any other as it is. `mailing_list` is tried in place of the stored list.

    Raises:
        NotFoundError: there is no such list.
    """
    if issue.state is not IssueState.DRAFT or issue.digest.subject:
        return issue.digest
    made = _assembled(session, issue.list_name, issue.period, public_url, mailing_list)
    return replace(made, name=issue.name, notes=issue.digest.notes)


def _assembled(
    session: Session,
    list_name: str,
    window: Period,
    public_url: str,
    mailing_list: MailingList | None = None,
) -> Digest:
    mailing_list = mailing_list or lists.get_list(session, list_name)
    if public_url:
        mailing_list = replace(mailing_list, public_url=public_url)
    return draft_digest(session, mailing_list, window)


def announce(
    db: Database,
    list_name: str,
    text: str,
    now: dt.datetime,
    *,
    source: str,
    corrects: Issue | None = None,
    public_url: str = "",
) -> Issue:
    """The announcement that `text` makes, to those who got the issue that it corrects or to
    everybody: a draft, or as far as it has come if it is the same as before.

    Raises:
        NotFoundError: there is no such list.
        EndedError: the list has ended.
        SourceError: the text has no subject, or says nothing.
        ConflictError: the issue that it corrects is of another list.
    """
    if corrects is not None and corrects.list_name != list_name:
        raise ConflictError(f"{corrects.ref} is no issue of {list_name}: name one of its own")
    with db.write() as session:
        mailing_list = lists.get_list(session, list_name)
        refuse_ended(session, list_name)
        if public_url:
            mailing_list = replace(mailing_list, public_url=public_url)
        day = local_day(mailing_list, now)
        about = corrects.ref if corrects else ""
        digest = announcement(mailing_list, text, day, source=source, about=about)
        for issue in issues.list_issues(session, list_name):
            begun = issue.state in (IssueState.FROZEN, IssueState.SENDING, IssueState.PAUSED)
            # One that was begun on an earlier day goes on as what it is, or midnight would send
            # the same to everybody twice.
            if issue.state is not IssueState.DRAFT and (
                issue.name == digest.name or (begun and same_words(issue.name, digest.name))
            ):
                return issue
        only = corrects.id if corrects else None
        return issues.save_draft(session, digest, now, corrects=only)


def amend_issue(
    db: Database,
    issue: Issue,
    template_folders: Sequence[Path],
    now: dt.datetime,
    public_url: str = "",
) -> Issue:
    """Assembles a frozen issue anew from what is stored, as the edition of all who have not been
    sent it; who has keeps theirs. The editor's notes are kept.

    Raises:
        ConflictError: another process is sending it; it is a draft or has ended; nothing changed.
        TemplateError: its template is missing or broken.
    """
    if issue.state is IssueState.DRAFT:
        raise ConflictError(f"{issue.ref} is a draft: `newsletter issues assemble` is enough")
    if issue.digest.subject:
        raise ConflictError(f"{issue.ref} is an announcement: cancel it and send another")
    with senders.hold_issue(db, issue.id):
        with db.read() as session:
            digest = amended_digest(session, issue, public_url)
        refuse_few(db, issue, digest)
        forms = compiled_forms(digest, template_folders)
        with db.write() as session:
            return amending.amend(session, issue.id, digest, forms, now, frozen_targets(digest))


def is_amendable(issue: Issue) -> bool:
    """Whether an issue is frozen and may still go to somebody, and is no announcement."""
    return issue.state in amending.OPEN and not issue.digest.subject


def amended_digest(session: Session, issue: Issue, public_url: str = "") -> Digest:
    """What a frozen issue would say if it were amended now."""
    made = _assembled(session, issue.list_name, issue.period, public_url)
    return replace(made, name=issue.name, notes=issue.digest.notes)


def issue_of_week(
    db: Database, list_name: str, week: Period, now: dt.datetime, public_url: str = ""
) -> Issue:
    """The list's issue for a week: as it is when it is frozen or beyond, else assembled anew."""
    with db.read() as session:
        mailing_list = lists.get_list(session, list_name)
        name = name_of(session, mailing_list, week)
        for issue in issues.list_issues(session, list_name):
            if issue.name == name and issue.state is not IssueState.DRAFT:
                return issue
    return assemble_issue(db, list_name, week, now, public_url)


def refuse_few(db: Database, issue: Issue, digest: Digest | None = None) -> None:
    """Makes sure that an issue (with `digest` in place of its own) has as many entries as its list
    wants, those alone that no other issue had; `policies.too_few = "send"` asks for none.

    Raises:
        TooFewError: it has fewer.
    """
    said = digest or issue.digest
    policies = said.list.policies
    if said.subject or policies.too_few is TooFew.SEND:
        return
    entries = [item.entry for item in said.entries]
    with db.read() as session:
        had = printed.printings(session, issue.list_name, entries, but=issue.id)
    before = sum(
        any(one.place >= 0 and not one.cancelled for one in had.get(e.key, ())) for e in entries
    )
    new = len(entries) - before
    if new < policies.fewest_entries:
        known = f", and {before} that were in others" if before else ""
        raise TooFewError(
            f"{issue.ref} has {new} entries{known}; its list wants at least "
            f"{policies.fewest_entries}: import some and assemble it again, or lower "
            'policies.fewest_entries, or set policies.too_few = "send"'
        )


def freeze(
    db: Database,
    issue: Issue,
    template_folders: Sequence[Path],
    now: dt.datetime,
    *,
    however_few: bool = False,
) -> Issue:
    """Fixes what a draft says: a short transaction after the compiling.

    Raises:
        TooFewError: it has fewer entries than its list wants, and not `however_few` are enough.
        ConflictError: it is frozen already, or says something else by now.
        TemplateError: its template is missing or broken.
    """
    if not however_few:
        refuse_few(db, issue)
    forms = compiled_forms(issue.digest, template_folders)
    with db.write() as session:
        targets = frozen_targets(issue.digest)
        issues.freeze(session, issue.id, forms, now, targets, of=issue.digest)
        return issues.issue_by_id(session, issue.id)


def fan_out(db: Database, issue: Issue, now: dt.datetime) -> Iterator[bool]:
    """Gives every reader of a frozen issue their row, a transaction of rows at each step; True
    while others follow. Goes on where an earlier run stopped, and with the next edition where the
    issue is amended meanwhile."""
    while True:
        with suppress(AmendedError):
            yield from _chunks_of_edition(db, issue, now)
            return
        with db.read() as session:
            issue = issues.issue_by_id(session, issue.id)


def _chunks_of_edition(db: Database, issue: Issue, now: dt.datetime) -> Iterator[bool]:
    choosing = Choosing(db, issue)
    today = local_day(issue.digest.list, now)
    with db.read() as session:
        wave = waves_of(session, issue.digest.list, issue.name, now)
    more = True
    while more:
        choosing.foresee(FAN_OUT_CHUNK)
        with db.write() as session:
            more = issues.fan_out(
                session,
                issue.id,
                choosing.skip,
                today=today,
                chunk=FAN_OUT_CHUNK,
                wave=wave,
                choose=choosing.choose,
            )
        yield more


async def _rows_made(db: Database, issue: Issue, around: Surroundings) -> bool:
    """`fan_out` in a thread, so that pages answer meanwhile; False if told to stop before its end.
    What there is by then stays."""
    steps = fan_out(db, issue, around.clock())
    while await asyncio.to_thread(next, steps, False):
        if around.stop.is_set():
            return False
    return True


async def send(
    db: Database,
    issue: Issue,
    relay: RelaySettings,
    keyring: Keyring,
    template_folders: Sequence[Path],
    around: Surroundings,
    signer: Signer | None = None,
    *,
    however_few: bool = False,
) -> Summary:
    """Does what is left to do of an issue: freezes a draft, completes its rows, sends what is due.
    `however_few` lets a draft go with fewer entries than its list wants.

    Raises:
        ConflictError: it is paused or cancelled, or another process is sending it.
        RelayError: no relay can be used; a draft stays a draft then.
        NewsletterError: see `freeze` and `deliver`; nothing is lost.
    """
    now = around.clock()
    if issue.state is IssueState.DRAFT:
        # What is frozen cannot be edited any more; not for the sake of a relay that is not there.
        await prove_relay(relay)
        issue = freeze(db, issue, template_folders, now, however_few=however_few)
    if issue.state is IssueState.FROZEN and not await _rows_made(db, issue, around):
        return Summary(attempts={}, skipped=0, next_due=None, stopped=True)
    with db.write() as session:
        issue = issues.begin_sending(session, issue.id)
        if canary.is_open(session, issue.id):
            canary.draw(session, issue.id, around.chance, now)
    with seldom_swept():
        async with ahead_of(db, relay, around):
            summary = await deliver(db, issue, relay, keyring, around, signer=signer)
            while not (summary.halt or summary.stopped) and await passes(db, issue, around):
                summary = await deliver(db, issue, relay, keyring, around, signer=signer)
    if not (summary.halt or summary.stopped):
        # It may have ended in the hold of a canary, where no sender was there to see it.
        stopped = around.stop.is_set()
        summary = replace(summary, halt=ended(db, issue.id), stopped=stopped)
    with db.write() as session:
        issues.finish_if_done(session, issue.id, around.clock())
    return summary
