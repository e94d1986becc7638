"""What is typed where something cannot be taken back."""

from __future__ import annotations

import sys

import typer

from newsletter.errors import ConflictError


def typed(question: str, *, ended: str = "nothing was typed; nothing was changed") -> str:
    """What somebody types as the answer, without white space around it.

    Raises:
        ConflictError: they press Ctrl-C or end the input; `ended` says what that means.
    """
    try:
        answer: str = typer.prompt(question, default="", show_default=False)
    except typer.Abort:
        sys.stdout.write("\n")
        raise ConflictError(ended) from None
    return answer.strip()
