"""Looking at an issue: the message, its frames, and what is known of it. Nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from newsletter import checking, forecasting
from newsletter.addresses import as_stored
from newsletter.content.preferences import GREATEST_MOST
from newsletter.content.serial import plain
from newsletter.delivery.choosing import skip_reason
from newsletter.errors import NotFoundError
from newsletter.rendering.checks import Finding
from newsletter.store import edits
from newsletter.store.browsing import issue_before, issue_lines, reader_beside, readers_like
from newsletter.store.issues import Issue, audience_preview, counts, skips
from newsletter.store.values import DeliveryState, IssueState
from newsletter.web.editing.asking import Asked, who
from newsletter.web.editing.bench import Bench
from newsletter.web.editing.clients import Client, shown
from newsletter.web.editing.describing import in_words, shown_json, tally
from newsletter.web.editing.desk import Desk, Reference, TheDesk, WhoAsks, opened
from newsletter.web.editing.gate import Editor
from newsletter.web.editing.made import Made
from newsletter.web.site import PRIVATE

router = APIRouter()

_SELECTIONS = 30
"""The most common selections that are offered."""

_CHECKED = 500
"""Distinct selections that findings look at here; `newsletter check` looks at more."""

_FOUND = 8

_SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
"""A frame runs nothing. The page around it, which is of the same origin, may measure it."""


@router.get("/api/issues")
def all_issues(desk: TheDesk, editor: WhoAsks) -> dict[str, Any]:
    """The issues of this editor's lists, and the one to begin with."""
    with desk.bench.database.read() as session:
        found = [line for line in issue_lines(session) if editor.may(line.list_name)]
    drafts = [line for line in found if line.state is IssueState.DRAFT]
    first = desk.first or next((line.ref for line in (*drafts, *found)), "")
    return {
        "editor": editor.name,
        "visits": editor.lists is not None,
        "first": first,
        "issues": [{"ref": line.ref, **plain(line)} for line in found],
    }


@router.get("/api/shown")
def what_is_shown(
    request: Request, desk: TheDesk, asked: Annotated[Asked, Query()]
) -> dict[str, Any]:
    """The issue as somebody would have it."""
    bench = desk.bench
    standing = bench.standing(*opened(request, asked.issue))
    today = bench.today(standing.issue.digest.list)
    with bench.database.read() as session:
        somebody = who(session, asked, standing.issue, today)
        last = edits.last(session, standing.issue.id)
    result = bench.show(standing, somebody)
    found = shown_json(standing, result, somebody, _nothing(bench, standing.issue, somebody))
    return found | {
        "undoable": standing.issue.edition is None and last is not None,
        "key": bench.key(standing),
    }


def _nothing(bench: Bench, issue: Issue, somebody: Any) -> str | None:
    if somebody.own and issue.edition is None:
        return forecasting.why_not(bench.database, issue, somebody.address, bench.clock())
    return skip_reason(issue.digest, somebody.preferences)


@router.get("/frame/{made_id}", response_class=HTMLResponse)
def frame(
    desk: TheDesk,
    editor: WhoAsks,
    made_id: str,
    client: Client = Client.MODERN,
    dark: bool = False,
    images: bool = True,
) -> HTMLResponse:
    """A message's HTML part, to be shown in a frame that can run nothing."""
    made = _kept(desk, editor, made_id)
    text = shown(made.html, client, dark=dark, personal=made.personal)
    pictures = "img-src https: http: data:; " if images else ""
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; {pictures}base-uri 'none'; "
        f"form-action 'none'; frame-ancestors 'self'; sandbox {_SANDBOX}"
    )
    headers = {"content-security-policy": policy, "x-frame-options": "SAMEORIGIN"}
    return HTMLResponse(text, headers=PRIVATE | headers)


@router.get("/message/{made_id}")
def message(desk: TheDesk, editor: WhoAsks, made_id: str) -> Response:
    """The message's octets: those that `newsletter render` gives."""
    return Response(
        _kept(desk, editor, made_id).message,
        media_type="text/plain; charset=utf-8",
        headers=PRIVATE | {"content-disposition": 'inline; filename="message.eml"'},
    )


def _kept(desk: Desk, editor: Editor, made_id: str) -> Made:
    made = desk.bench.shelf[made_id]
    if not editor.may(made.digest.list.name):
        raise NotFoundError("that message is not yours to look at")
    return made


@router.get("/api/findings")
def findings(request: Request, desk: TheDesk, issue: Reference) -> dict[str, Any]:
    """What `newsletter check` finds, each with the entries that it is about."""
    bench = desk.bench
    standing = bench.standing(*opened(request, issue))
    mailing_list, key = standing.issue.digest.list, bench.key(standing)
    report = checking.check(
        bench.database,
        standing.issue,
        bench.templates,
        bench.today(mailing_list),
        loopback_allowed=bench.lists_folder is not None,
        most=_CHECKED,
    )
    keys = [item.entry.key for item in standing.issue.digest.entries]
    return {
        "key": key,
        "readers": report.readers,
        "selections": report.selections,
        "findings": [{**plain(found), "places": _places(found, keys)} for found in report.findings],
    }


def _places(found: Finding, keys: Sequence[str]) -> list[int]:
    """The entries that a finding is about, by their number: those that it lists, or the one that
    it names (`arxiv:2602.04139: texts.en.impact`)."""
    return [
        at
        for at, key in enumerate(keys)
        if key in found.entries or found.where == key or found.where.startswith(f"{key}: ")
    ]


@router.get("/api/numbers")
def numbers(request: Request, desk: TheDesk, issue: Reference) -> dict[str, Any]:
    """The issue in numbers, and the one before it."""
    bench = desk.bench
    standing = bench.standing(*opened(request, issue))
    forecast = forecasting.forecast(bench.database, standing.issue, bench.clock())
    with bench.database.read() as session:
        before = issue_before(session, standing.issue)
        past = None if before is None else _past(session, before)
    return {
        "now": tally(standing.issue)
        | {
            "recipients": forecast.recipients + forecast.reached,
            "skipped": dict(forecast.skipped),
        },
        "before": past,
    }


def _past(session: Any, issue: Issue) -> dict[str, Any]:
    states = counts(session, issue.id)
    lost = states.get(DeliveryState.SKIPPED, 0)
    return tally(issue) | {
        "ref": issue.ref,
        "state": issue.state,
        "recipients": sum(states.values()) - lost,
        "skipped": dict(skips(session, issue.id)),
    }


@router.get("/api/audience")
def audience(request: Request, desk: TheDesk, issue: Reference) -> dict[str, Any]:
    """The most common selections with their readers, and what can be clicked together."""
    bench = desk.bench
    list_name, name = opened(request, issue)
    mailing_list = bench.standing(list_name, name).issue.digest.list
    with bench.database.read() as session:
        found = list(audience_preview(session, list_name, today=bench.today(mailing_list)))
    return {
        "readers": sum(readers for _, readers in found),
        "selections": len(found),
        "common": [
            {
                "id": choice.id,
                "readers": readers,
                "says": in_words(choice.preferences, mailing_list),
            }
            for choice, readers in found[:_SELECTIONS]
        ],
        "topics": [
            {"name": topic.name, "title": topic.title("en"), "parent": topic.parent}
            for topic in mailing_list.topics.topics
        ],
        "languages": mailing_list.languages,
        "greatest_most": GREATEST_MOST,
    }


@router.get("/api/readers")
def readers(
    request: Request,
    desk: TheDesk,
    issue: Reference,
    like: Annotated[str, Query(max_length=320)] = "",
    beside: Annotated[str, Query(max_length=320)] = "",
    step: Annotated[int, Query(ge=-1, le=1)] = 0,
) -> dict[str, Any]:
    """Readers whose address holds `like`, or the one that comes after or before another."""
    list_name, _ = opened(request, issue)
    with desk.bench.database.read() as session:
        if like:
            return {"addresses": readers_like(session, list_name, like, _FOUND)}
        found = reader_beside(session, list_name, as_stored(beside), step)
    if found is None:
        raise NotFoundError(f"nobody reads {list_name} under that address")
    return {"address": found.address, "number": found.number, "readers": found.readers}
