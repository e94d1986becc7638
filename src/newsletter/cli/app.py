"""The commands, put together; and the one place where a mistake becomes a line on stderr."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from newsletter import __version__
from newsletter.errors import NewsletterError

GROUPS = {
    "db": "database",
    "lists": "lists",
    "entries": "entries",
    "subscribers": "subscribers",
    "issues": "issues",
    "deliveries": "deliveries",
    "outbox": "outbox",
    "editors": "editors",
    "schedule": "schedule",
    "bounces": "bounces",
}
_COMMANDS = {
    "init": "database",
    "demo": "demo",
    "serve": "serving",
    "preview": "preview",
    "render": "issues",
    "check": "checking",
    "send": "sending",
    "status": "status",
    "report": "report",
    "dkim": "signing",
}


class Commands(TyperGroup):
    """Imports a command's module when it is asked for: most need a fraction of the program.

    `Any` stands where typer's own copy of click has types that it does not publish.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        del ctx
        return [*_COMMANDS, *GROUPS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        del ctx
        if cmd_name in GROUPS:
            group: typer.Typer = _module(GROUPS[cmd_name]).app
            found = typer.main.get_group(group)
            found.name = cmd_name
            return found
        if cmd_name in _COMMANDS:
            single = typer.Typer(add_completion=False, rich_markup_mode=None)
            single.command(cmd_name)(getattr(_module(_COMMANDS[cmd_name]), cmd_name))
            return typer.main.get_command(single)
        return None


def _module(name: str) -> ModuleType:
    return import_module(f"newsletter.cli.{name}")


app = typer.Typer(
    name="newsletter",
    cls=Commands,
    help="A weekly digest of papers for each reader, delivered and accounted for.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Entry point: exit 0 when it went well, 1 for a mistake that is named, 2 for wrong usage."""
    try:
        app()
    except NewsletterError as error:
        sys.stderr.write(f"newsletter: {error}\n")
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output (`| head`) has had enough; Python would complain at exit.
        sys.stderr.close()
        sys.exit(0)
