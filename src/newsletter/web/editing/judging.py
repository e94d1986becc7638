"""A test to any address, and the review: approved, or changes wanted."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field

from newsletter.content.serial import plain
from newsletter.delivery.testing import queue_tests
from newsletter.errors import ConflictError, NewsletterError, NotFoundError
from newsletter.store import reviews
from newsletter.store.outbox import MailKind
from newsletter.store.outbox_views import mail
from newsletter.web.editing.asking import Asked, who
from newsletter.web.editing.changing import Named, OfIssue, Text
from newsletter.web.editing.desk import Reference, TheDesk, WhoAsks, opened

router = APIRouter()

MOST_TESTS = 5
"""Addresses that one request may send a test to."""


class Test(Asked):
    """A test of what is shown, to some addresses."""

    addresses: Annotated[list[Named], Field(min_length=1, max_length=MOST_TESTS)]


class Judged(OfIssue):
    """A judgement about what was `seen`; `note` says what to change, where something is."""

    seen: Annotated[str, Field(max_length=100)]
    note: Text = ""


@router.post("/api/test")
def test(request: Request, desk: TheDesk, asked: Test) -> dict[str, Any]:
    """Puts the issue, as it is shown, into the outbox for each address."""
    bench = desk.bench
    standing = bench.standing(*opened(request, asked.issue))
    with bench.database.read() as session:
        today = bench.today(standing.issue.digest.list)
        somebody = who(session, asked, standing.issue, today)
    numbers = queue_tests(
        bench.database,
        standing.issue,
        asked.addresses,
        somebody.preferences,
        bench.keyring,
        bench.clock,
        lambda _digest, languages: bench.compiled(standing, languages),
        bench.signer,
    )
    return {"mails": numbers, "sends": desk.sends}


@router.get("/api/mail/{number}")
def sent(desk: TheDesk, editor: WhoAsks, number: int) -> dict[str, Any]:
    """What became of a test; nothing of other mail."""
    with desk.bench.database.read() as session:
        found = mail(session, number)
    if found.kind is not MailKind.TEST or not editor.may(found.list_name):
        raise NotFoundError(f"there is no test with the number {number}")
    return {"state": found.state, "to": found.to, "said": f"{found.reason} {found.text}"}


@router.get("/api/review")
def review(request: Request, desk: TheDesk, issue: Reference) -> dict[str, Any]:
    """Where the review is; `seen` names what a judgement is about, which `key` shows."""
    standing = desk.bench.standing(*opened(request, issue))
    with desk.bench.database.read() as session:
        found = reviews.review(session, standing.issue.id, desk.bench.files)
    return {
        **plain(found),
        "at": found.at,
        "key": desk.bench.key(standing),
        "seen": reviews.fingerprint(standing.issue.digest, desk.bench.files),
    }


@router.post("/api/approve")
def approve(request: Request, desk: TheDesk, editor: WhoAsks, asked: Judged) -> dict[str, Any]:
    """Lets the draft go as it is.

    Raises:
        TemplateError: nobody can have seen it: its template is broken.
    """
    issue_id = _seen(request, desk, asked)
    standing = desk.bench.standing(*opened(request, asked.issue))
    desk.bench.compiled(standing, standing.issue.digest.list.languages[:1])
    now = desk.bench.clock()
    said = {"note": asked.note, "seen": asked.seen}
    with desk.bench.database.write() as session:
        reviews.approve(session, issue_id, editor.name, now, **said, files=desk.bench.files)
    return {"said": f"{asked.issue} is approved"}


@router.post("/api/reject")
def reject(request: Request, desk: TheDesk, editor: WhoAsks, asked: Judged) -> dict[str, Any]:
    """Asks for changes."""
    if not asked.note.strip():
        raise NewsletterError("say what is to be changed")
    issue_id = _seen(request, desk, asked)
    now = desk.bench.clock()
    said = {"note": asked.note, "seen": asked.seen}
    with desk.bench.database.write() as session:
        reviews.reject(session, issue_id, editor.name, now, **said, files=desk.bench.files)
    return {"said": f"changes are wanted of {asked.issue}"}


def _seen(request: Request, desk: TheDesk, asked: Judged) -> int:
    """The issue's id, if what is stored is what the page shows."""
    standing = desk.bench.standing(*opened(request, asked.issue))
    if not standing.synced:
        raise ConflictError("list.toml was changed: run `newsletter lists sync` first")
    if not standing.stored:
        raise ConflictError("the stored draft is older than what is shown: assemble it first")
    return standing.issue.id
