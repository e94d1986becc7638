"""`newsletter report`: what became of an issue, or of a list."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from sqlmodel import Session

from newsletter.cli.beside import share_of, show_beside
from newsletter.cli.edge import (
    JsonOption,
    database,
    now,
    out,
    show_facts,
    show_json,
    show_table,
    split_issue,
)
from newsletter.cli.leaving_rates import leaving_facts, leaving_json
from newsletter.content.serial import plain
from newsletter.errors import ConflictError
from newsletter.store import issues, lists
from newsletter.store.click_reports import ClickReport
from newsletter.store.growth import Growth
from newsletter.store.issues import Issue
from newsletter.store.leaving_rates import Leaving, leaving
from newsletter.store.reports import (
    IssueReport,
    issue_report,
    last_reports,
    list_report,
)

LAST = 5
"""Issues that stand beside the one that was asked for."""

MOST_PAPERS = 10
"""Papers that are named with how often they were opened."""

_PEOPLE = "clicks that look like people's"


def report(
    what: Annotated[str, typer.Argument(metavar="ISSUE|LIST", help="LIST/WEEK, or a list.")],
    json: JsonOption = False,
) -> None:
    """An issue in numbers, beside the last; or a list's growth.

    What the relay accepted is called that: whether it arrived, or was read, is not known. Where the
    list counts clicks, it is how often links were opened, by people as far as can be told.
    """
    with database() as db, db.read() as session:
        if "/" in what:
            _report_issue(session, issues.get_issue(session, *split_issue(what)), now(), json)
        else:
            _report_list(session, lists.get_list(session, what).name, now(), json)


def _report_list(session: Session, name: str, at: dt.datetime, json: bool) -> None:
    whole, rates = list_report(session, name, at, LAST), leaving(session, name)
    if json:
        told = {**plain(whole), "issues": [_json(one, at) for one in whole.issues]}
        show_json({**told, "leaving": leaving_json(rates)})
        return
    show_facts(
        [
            ("list", name),
            *((f"readers, {state}", number) for state, number in whole.people.items()),
            *_growth(whole.growth, "ever"),
            *leaving_facts(rates).items(),
            *_opened(whole.issues, at),
        ]
    )
    show_beside(whole.issues, at)


def _report_issue(session: Session, wanted: Issue, at: dt.datetime, json: bool) -> None:
    if wanted.frozen_at is None:
        raise ConflictError(f"{wanted.ref} is a draft: nothing of it has gone out to report")
    found = issue_report(session, wanted.id)
    rates = leaving(session, wanted.list_name, wanted.name)
    latest = last_reports(session, wanted.list_name, LAST + 1)
    beside = [other for other in latest if other.issue != found.issue][:LAST]
    if json:
        told = {**_json(found, at), "beside": [_json(other, at) for other in beside]}
        show_json({**told, "leaving": leaving_json(rates)})
        return
    _show(found, rates, at)
    show_beside([found, *beside], at)


def _show(found: IssueReport, left: Leaving, at: dt.datetime) -> None:
    # In pairs: what failed may have the same reason as what came back.
    facts: list[tuple[str, object]] = [
        ("issue", found.issue),
        ("state", found.state),
        ("accepted by the relay", found.accepted),
        ("of these came back", share_of(found, sum(found.bounced.values()))),
        *_lines(found.bounced),
        ("deferred", sum(found.deferred.values())),
        *_lines(found.deferred),
        ("failed", sum(found.failed.values())),
        *_lines(found.failed),
        ("skipped", sum(found.skipped.values())),
        *_lines(found.skipped),
        ("waiting", found.waiting),
        ("in doubt", found.in_doubt),
        ("complaints", share_of(found, found.complaints)),
        *leaving_facts(left).items(),
        *_lines(found.leaves.reasons, "because "),
        *_lines(found.leaves.since_mail, "after the mail "),
    ]
    if found.leaves.undone:
        facts.append(("  taken back", found.leaves.undone))
    if found.clicks is not None:
        facts += _clicks(found.clicks, found.clicks_known_from(at))
    if found.growth is not None:
        span = "since the issue before, until this" if found.growth.since else "until this issue"
        facts += _growth(found.growth, span)
    show_facts(facts)
    if found.clicks is not None and found.clicks.papers:
        _show_opened(found.clicks)


def _clicks(clicks: ClickReport, known_from: dt.date | None) -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = [
        (_PEOPLE, clicks.people),
        *_lines(clicks.topics, "on "),
    ]
    if clicks.notes:
        facts.append(("  in the editors' words", clicks.notes))
    facts.append(("clicks that look like scanners'", clicks.scanners))
    if clicks.undecided:
        facts.append(("clicks not yet told apart", clicks.undecided))
    return [*facts, ("clicks are kept for", f"{clicks.kept_days} days"), *_forgotten(known_from)]


def _opened(found: Sequence[IssueReport], at: dt.datetime) -> list[tuple[str, object]]:
    """The clicks of some issues by topic; nothing if none of them counts any."""
    clicks = [one.clicks for one in found if one.clicks]
    if not clicks:
        return []
    topics: Counter[str] = Counter()
    for one in clicks:
        topics.update(one.topics)
    total = sum(one.people for one in clicks)
    known_from = max(filter(None, (one.clicks_known_from(at) for one in found)), default=None)
    name = f"{_PEOPLE}, in the issues below"
    return [(name, total), *_lines(dict(topics.most_common()), "on "), *_forgotten(known_from)]


def _forgotten(known_from: dt.date | None) -> list[tuple[str, object]]:
    return [("  forgotten is what was before", known_from)] if known_from else []


def _show_opened(clicks: ClickReport) -> None:
    out.print()
    shown = clicks.papers[:MOST_PAPERS]
    show_table(
        ("people's", "scanners'", "clicks by paper"),
        [(paper.people, paper.scanners, paper.title) for paper in shown],
    )
    if rest := len(clicks.papers) - len(shown):
        out.print(f"and {rest} more: --json has all")


def _growth(growth: Growth, span: str) -> list[tuple[str, object]]:
    return [
        (f"joined {span}", growth.joined),
        (f"left {span}", sum(growth.left.values())),
        *_lines(growth.left, "by "),
    ]


def _lines(counts: Mapping[str, int], word: str = "") -> list[tuple[str, object]]:
    return [(f"  {word}{name}", number) for name, number in counts.items()]


def _json(found: IssueReport, at: dt.datetime) -> dict[str, Any]:
    known_from = found.clicks_known_from(at)
    return {
        **plain(found),
        "clicks_known_from": known_from.isoformat() if known_from else None,
        "rates": {
            "bounced": found.rate(sum(found.bounced.values())),
            "complaints": found.rate(found.complaints),
            "leaves": found.rate(found.leaves.total),
            "leaves_by_way": {w: found.rate(n) for w, n in found.leaves.ways.items()},
        },
    }
