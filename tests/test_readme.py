"""README tells of every command, every setting, and the two commands to begin with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from newsletter.cli.app import app
from newsletter.settings import PREFIX, Settings

README = Path(__file__).parents[1] / "README.md"


def commands(command: Any, path: str) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        context = typer.Context(command)
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), f"{path} {name}")
    else:
        yield path


COMMANDS = sorted(commands(typer.main.get_command(app), "newsletter"))


def test_there_are_commands_to_look_for() -> None:
    assert "newsletter send" in COMMANDS
    assert "newsletter lists sync" in COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_readme_names_the_command(command: str) -> None:
    assert f"`{command}" in README.read_text("utf-8")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_readme_names_the_setting(name: str) -> None:
    text = README.read_text("utf-8")
    assert f"`{name}`" in text
    assert f"`{PREFIX}{name.upper()}`" in text


@pytest.mark.parametrize("target", ["make demo", "make test", "make check"])
def test_readme_names_what_to_begin_with(target: str) -> None:
    assert target in README.read_text("utf-8")
