"""Moments as a person reads them: tables that fit a terminal, and two clocks side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from newsletter.cli.edge import out, show_table
from newsletter.content.entry import Period

_WIDE, _FIRST_LOOK = 104, 4  # columns of a terminal, and of a table on a narrower one


def show(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table; on a narrow terminal only the columns that a first look needs."""
    narrow = out.is_terminal and out.width < _WIDE
    kept = _FIRST_LOOK if narrow else len(headings)
    show_table(headings[:kept], [row[:kept] for row in rows], cut=0 if narrow else 1)


def here(at: dt.datetime, zone: ZoneInfo) -> str:
    """An instant by this machine's clock; empty where it says what the list's zone says."""
    own = at.astimezone()
    same = own.replace(tzinfo=None) == at.astimezone(zone).replace(tzinfo=None)
    return "" if same else f"{own:%a %H:%M %Z}"


def days(window: Period) -> str:
    """Days as `12 Nov–18 Nov`."""
    return f"{window.first:%d %b}–{window.last:%d %b}"
