"""What is typed where something cannot be taken back."""

from __future__ import annotations

import sys

import typer

from newsletter.errors import ConflictError, NewsletterError


def make_sure(
    wanted: str, so_that: str, *, yes: bool, kind: str, nothing: str = "nothing was changed"
) -> None:
    """Goes on if `yes` was said before, or if somebody types `wanted`, which is a `kind` of thing:
    so they have read it.

    Raises:
        NewsletterError: nobody is at the terminal.
        ConflictError: they type something else, press Ctrl-C, or end the input; `nothing` says what
            that means.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise NewsletterError(f"nobody is there to ask: say --yes {so_that} without")
    try:
        answer: str = typer.prompt(f"Type {wanted} {so_that}", default="", show_default=False)
    except typer.Abort:
        sys.stdout.write("\n")
        raise ConflictError(f"no {kind} was typed; {nothing}") from None
    if answer.strip() != wanted:
        raise ConflictError(f"that was another {kind}; {nothing}")
