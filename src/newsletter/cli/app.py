"""The commands, put together; and the one place where a mistake becomes a line on stderr."""

from __future__ import annotations

import sys

import typer

from newsletter import __version__
from newsletter.cli.edge import err
from newsletter.errors import NewsletterError

app = typer.Typer(
    name="newsletter",
    help="A weekly digest of papers for each reader, delivered and accounted for.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)


@app.callback(invoke_without_command=True)
def _version(
    version: bool = typer.Option(False, "--version", help="Print the version and end."),
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def _gather() -> None:
    from newsletter.cli import (
        database,
        deliveries,
        demo,
        entries,
        issues,
        lists,
        sending,
        serving,
        subscribers,
    )

    app.add_typer(database.app, name="db")
    app.add_typer(lists.app, name="lists")
    app.add_typer(entries.app, name="entries")
    app.add_typer(subscribers.app, name="subscribers")
    app.add_typer(issues.app, name="issues")
    for module in (database, issues, sending, deliveries, serving, demo):
        module.register(app)


_gather()


def main() -> None:
    """Entry point: exit 0 when it went well, 1 for a mistake that is named, 2 for wrong usage."""
    try:
        app()
    except NewsletterError as error:
        err.print(f"newsletter: {error}")
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output (`| head`) has had enough; Python would complain at exit.
        sys.stderr.close()
        sys.exit(0)
