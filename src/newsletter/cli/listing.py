"""A group of commands that lists when it is not told otherwise: `deliveries ISSUE`, `outbox`."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

DEFAULT = "list"


class ListsByDefault(TyperGroup):
    """`GROUP …` is `GROUP list …` unless the first word is one of its commands.

    `Any` stands where typer's own copy of click has types that it does not publish.
    """

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Where `--help` tells of the options of what is run without a command."""
        formatter.write_paragraph()
        formatter.write_text(
            f"Without a command it is `{DEFAULT}`: see {ctx.command_path} {DEFAULT} --help."
        )

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, "--help"):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)
