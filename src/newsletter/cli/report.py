"""`newsletter report`: what became of an issue, or of a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

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
from newsletter.store.leaving_rates import Leaving, leaving
from newsletter.store.reports import (
    Growth,
    IssueReport,
    issue_report,
    last_reports,
    list_report,
)

LAST = 5
"""Issues that stand beside the one that was asked for."""

MOST_PAPERS = 10
"""Papers that are named with how often they were opened."""

_BESIDE = (
    *("issue", "accepted", "came back", "complaints", "leaves", "clicks"),
    *("joined", "left", "skipped"),
)


def report(
    what: Annotated[str, typer.Argument(metavar="ISSUE|LIST", help="LIST/WEEK, or a list.")],
    json: JsonOption = False,
) -> None:
    """An issue in numbers, beside the last ones; or a list with its growth.

    What the relay accepted is called that: whether it arrived, or was read, is not known. Where the
    list counts clicks, it is how often links were opened, by people as far as can be told.
    """
    with database() as db, db.read() as session:
        if "/" not in what:
            name = lists.get_list(session, what).name
            whole = list_report(session, name, now(), LAST)
            if json:
                told = {**plain(whole), "issues": [_json(one) for one in whole.issues]}
                show_json({**told, "leaving": leaving_json(leaving(session, name))})
                return
            show_facts(
                [
                    ("list", name),
                    *((f"readers, {state}", number) for state, number in whole.people.items()),
                    *_growth(whole.growth, "ever"),
                    *leaving_facts(leaving(session, name)).items(),
                    *_opened([one.clicks for one in whole.issues if one.clicks]),
                ]
            )
            _show_beside(whole.issues)
            return
        wanted = issues.get_issue(session, *split_issue(what))
        if wanted.frozen_at is None:
            raise ConflictError(f"{wanted.ref} is a draft: nothing of it has gone out to report")
        found = issue_report(session, wanted.id)
        rates = leaving(session, wanted.list_name, wanted.name)
        beside = [
            other
            for other in last_reports(session, wanted.list_name, LAST + 1)
            if other.issue != found.issue
        ][:LAST]
    if json:
        told = {**_json(found), "beside": [_json(other) for other in beside]}
        show_json({**told, "leaving": leaving_json(rates)})
        return
    _show(found, rates)
    _show_beside([found, *beside])


def _show(found: IssueReport, left: Leaving) -> None:
    # In pairs: what failed may have the same reason as what came back.
    facts: list[tuple[str, object]] = [
        ("issue", found.issue),
        ("state", found.state),
        ("accepted by the relay", found.accepted),
        ("of these came back", _share(found, sum(found.bounced.values()))),
        *_lines(found.bounced),
        ("deferred", sum(found.deferred.values())),
        *_lines(found.deferred),
        ("failed", sum(found.failed.values())),
        *_lines(found.failed),
        ("skipped", sum(found.skipped.values())),
        *_lines(found.skipped),
        ("waiting", found.waiting),
        ("in doubt", found.in_doubt),
        ("complaints", _share(found, found.complaints)),
        *leaving_facts(left).items(),
        *_lines(found.leaves.reasons, "because "),
        *_lines(found.leaves.since_mail, "after the mail "),
    ]
    if found.leaves.undone:
        facts.append(("  taken back", found.leaves.undone))
    if found.clicks is not None:
        facts += _clicks(found.clicks)
    if found.growth is not None:
        facts += _growth(found.growth, "since the issue before" if found.growth.since else "ever")
    show_facts(facts)
    if found.clicks is not None and found.clicks.papers:
        _show_opened(found.clicks)


def _clicks(clicks: ClickReport) -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = [
        ("links opened by people", clicks.people),
        *_lines(clicks.topics, "on "),
    ]
    if clicks.notes:
        facts.append(("  in the editors' words", clicks.notes))
    facts.append(("by what looks like scanners", clicks.scanners))
    if clicks.undecided:
        facts.append(("not yet told apart", clicks.undecided))
    return [*facts, ("clicks are kept for", f"{clicks.kept_days} days")]


def _opened(clicks: Sequence[ClickReport]) -> list[tuple[str, object]]:
    """The clicks of some issues by topic; nothing if none of them counts any."""
    if not clicks:
        return []
    topics: Counter[str] = Counter()
    for one in clicks:
        topics.update(one.topics)
    total = sum(one.people for one in clicks)
    name = "links opened by people, in the issues below"
    return [(name, total), *_lines(dict(topics.most_common()), "on ")]


def _show_opened(clicks: ClickReport) -> None:
    out.print()
    shown = clicks.papers[:MOST_PAPERS]
    show_table(
        ("links opened, by paper", "people", "scanners"),
        [(paper.title, paper.people, paper.scanners) for paper in shown],
    )
    if rest := len(clicks.papers) - len(shown):
        out.print(f"and {rest} more: --json has all")


def _show_beside(found: Sequence[IssueReport]) -> None:
    if not found:
        return
    out.print()
    show_table(
        _BESIDE,
        [
            (
                one.issue,
                one.accepted,
                _share(one, sum(one.bounced.values())),
                _share(one, one.complaints),
                _share(one, one.leaves.total),
                one.clicks.people if one.clicks else "",
                one.growth.joined if one.growth else "",
                sum(one.growth.left.values()) if one.growth else "",
                sum(one.skipped.values()),
            )
            for one in found
        ],
    )


def _growth(growth: Growth, span: str) -> list[tuple[str, object]]:
    return [
        (f"joined {span}", growth.joined),
        (f"left {span}", sum(growth.left.values())),
        *_lines(growth.left, "by "),
    ]


def _share(found: IssueReport, number: int) -> str:
    rate = found.rate(number)
    return f"{number} ({rate:.2%})" if rate is not None and number else str(number)


def _lines(counts: Mapping[str, int], word: str = "") -> list[tuple[str, object]]:
    return [(f"  {word}{name}", number) for name, number in counts.items()]


def _json(found: IssueReport) -> dict[str, Any]:
    return {
        **plain(found),
        "rates": {
            "bounced": found.rate(sum(found.bounced.values())),
            "complaints": found.rate(found.complaints),
            "leaves": found.rate(found.leaves.total),
            "leaves_by_way": {w: found.rate(n) for w, n in found.leaves.ways.items()},
            "leaves_by_scope": {s: found.rate(n) for s, n in found.leaves.scopes.items()},
        },
    }
