"""What several commands are told: which issue, entry or list is meant, and not to ask."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

IssueArgument = Annotated[
    str, typer.Argument(metavar="ISSUE", help="LIST/WEEK, ai-for-science/2026-W06")
]
ListArgument = Annotated[str, typer.Argument(metavar="LIST", help="Its name.")]
EntryArgument = Annotated[
    str, typer.Argument(metavar="ENTRY", help="Number, arXiv id, or how its title begins.")
]
ListOption = Annotated[
    str, typer.Option("--list", help="The list; needed where there are several.")
]
OnlyListOption = Annotated[str, typer.Option("--list", help="Only this list; else all.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def a_day(text: str | dt.date) -> dt.date:
    """A day as ISO 8601 writes it.

    Raises:
        BadParameter: it is none; the command line shows it and ends with 2.
    """
    if isinstance(text, dt.date):
        return text
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day: write it like 2026-12-31") from None
