"""The issues of a list beside each other, one a line, as a report shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import accumulate

from newsletter.cli.edge import out, show_table
from newsletter.store.reports import IssueReport

_BESIDE = (
    *("issue", "accepted", "came back", "complaints", "leaves", "clicks"),
    *("joined", "left", "skipped"),
)
_GAP = 2  # columns of a terminal between those of a table


def show_beside(found: Sequence[IssueReport], at: dt.datetime) -> None:
    """The issues of a list, one a line; a narrow terminal shows the first columns, whole."""
    if not found:
        return
    rows = [_line(one, at) for one in found]
    shown = _fitting(rows, out.width) if out.is_terminal else len(_BESIDE)
    out.print()
    show_table(_BESIDE[:shown], [row[:shown] for row in rows], cut=0)


def _line(found: IssueReport, at: dt.datetime) -> tuple[str, ...]:
    growth = found.growth
    return (
        found.issue.partition("/")[2] if out.is_terminal else found.issue,
        str(found.accepted),
        share_of(found, sum(found.bounced.values())),
        share_of(found, found.complaints),
        share_of(found, found.leaves.total),
        _clicked(found, at),
        str(growth.joined) if growth else "",
        str(sum(growth.left.values())) if growth else "",
        str(sum(found.skipped.values())),
    )


def _clicked(found: IssueReport, at: dt.datetime) -> str:
    """Of an issue so old that some of its clicks are forgotten, there were that many or more."""
    if found.clicks is None:
        return ""
    return f"{found.clicks.people}{'+' if found.clicks_known_from(at) else ''}"


def _fitting(rows: Sequence[Sequence[str]], width: int) -> int:
    """How many of the first columns a terminal has room for."""
    widths = (max(map(len, column)) + _GAP for column in zip(_BESIDE, *rows, strict=True))
    return sum(end - _GAP <= width for end in accumulate(widths))


def share_of(found: IssueReport, number: int) -> str:
    """A number with its part of what was accepted: `12 (4.14%)`."""
    rate = found.rate(number)
    return f"{number} ({rate:.2%})" if rate is not None and number else str(number)
