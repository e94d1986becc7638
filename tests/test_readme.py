"""README tells of every command, every setting, and the two commands to begin with; its samples are
read as it says, and its links lead somewhere. `tests/e2e` runs its first ten minutes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from newsletter.audience.listfile import parse_list
from newsletter.cli.app import app
from newsletter.content.entry import Tier
from newsletter.content.sources import read
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


def block(section: str) -> str:
    """The one block of code that stands in a section."""
    text = README.read_text("utf-8").split(f"\n## {section}\n")[1].split("\n## ")[0]
    (found,) = re.findall(r"(?ms)^```[a-z]*\n(.*?)^```$", text)
    return str(found)


def test_its_list_is_enough_for_one() -> None:
    found = parse_list(block("The list"), "coasts", "README.md").list
    assert [topic.name for topic in found.topics.topics] == ["ice", "oceans", "general"]


def test_its_brief_is_read_without_a_remark() -> None:
    found = read("brief.txt", block("The documents").encode())
    assert found.remarks == ()
    assert found.brief is not None
    assert len(found.brief.texts["en"].trends) == 1
    assert [entry.tier for entry in found.entries] == [
        Tier.BREAKTHROUGH,
        Tier.NOTABLE,
        Tier.MENTION,
    ]


def test_its_links_within_the_page_lead_to_a_heading() -> None:
    text = README.read_text("utf-8")
    headings = re.findall(r"(?m)^#+ (.*)$", text)
    anchors = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}
    links = re.findall(r"\]\(#([^)]*)\)", text)
    assert links
    assert set(links) <= anchors
