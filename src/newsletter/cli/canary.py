"""`newsletter send --canary 500 --hold 30m`: a random few get it first."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated

import typer

from newsletter.store import canary as store
from newsletter.store.canary import Canary, CanaryState
from newsletter.store.database import Database
from newsletter.store.issues import Issue

CanaryOption = Annotated[
    int | None, typer.Option(min=1, help="Send to that many at random first, and look.")
]
HoldOption = Annotated[
    str | None,
    typer.Option(
        help="How long to wait for what comes back from them: 2h, 1h30m; 30m unless it is said."
    ),
]

_UNITS = {"h": 3600, "m": 60, "s": 1}


def want_canary(db: Database, wanted: Issue, size: int | None, hold: str | None) -> None:
    """Notes that an issue goes to `size` people first; nothing without a size.

    Raises:
        ConflictError: somebody has it already.
    """
    if size is not None:
        with db.write() as session:
            store.want(session, wanted.id, size, parse_hold("30m" if hold is None else hold))


def parse_hold(text: str) -> dt.timedelta:
    """`1h30m` as a time span.

    Raises:
        BadParameter: it is none; the command line shows it and ends with 2.
    """
    if not re.fullmatch(r"(\d{1,4}h)?(\d{1,4}m)?(\d{1,4}s)?", text) or not text:
        raise typer.BadParameter(f"{text!r} is no time span: write 30m, 2h or 1h30m")
    found = re.findall(r"(\d+)([hms])", text)
    return dt.timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in found))


def describe(few: Canary) -> str:
    """How far a canary is, in words."""
    first = f"{few.size} first"
    if few.state is CanaryState.HOLDING and few.held_until is not None:
        return f"{first}; the rest waits until {few.held_until.astimezone():%Y-%m-%d %H:%M}"
    return f"{first}, {few.state}"
