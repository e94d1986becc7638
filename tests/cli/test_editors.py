"""Naming editors: they are mailed a link, listed, and out when they are removed."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.cli.conftest import Run

ADA = "ada@desk.example.org"


def test_who_is_added_is_mailed_a_link_and_listed(ready: Run, mail: Path) -> None:
    shown = ready("editors", "add", ADA, "--list", "ai-for-science", "--name", "Ada Example")
    assert shown.out.splitlines() == [
        f"{ADA} (Ada Example) edits ai-for-science",
        "a link that opens once, within a day, was mailed",
    ]
    (letter,) = mail.iterdir()
    text = letter.read_text().replace("=\n", "")
    assert f"To: {ADA}" in text
    assert len(set(re.findall(r"https?://\S+/edit/enter/[\w.-]+", text))) == 1
    rows = [line.split("\t") for line in ready("editors").out.splitlines()]
    assert rows == [
        ["address", "name", "lists", "last in"],
        [ADA, "Ada Example", "ai-for-science", "never"],
    ]
    (told,) = json.loads(ready("editors", "list", "--json").out)
    assert told["lists"] == ["ai-for-science"]
    assert not {"session", "link"} & set(told)
    assert "edited already" in ready("editors", "add", ADA).out
    assert len(list(mail.iterdir())) == 2
    assert ready("editors", "remove", ADA).out == (
        f"{ADA} edits ai-for-science no more, and is signed out everywhere\n"
    )
    assert json.loads(ready("editors", "list", "--json").out) == []


def test_a_relay_that_is_away_leaves_the_link_in_the_outbox(ready: Run) -> None:
    shown = ready("editors", "add", ADA, smtp="smtp://127.0.0.1:9")
    assert shown.code == 1
    assert shown.err.splitlines()[-1].startswith("newsletter: ")
    assert ADA in ready("outbox").out


def test_mistakes_are_one_line(ready: Run, mail: Path) -> None:
    for words, named in (
        (("add", "nobody"), "not an email address"),
        (("add", ADA, "--list", "no-list"), "no list 'no-list'"),
        (("remove", ADA), "does not edit ai-for-science"),
    ):
        shown = ready("editors", *words)
        assert (shown.code, shown.err.count("\n")) == (1, 1)
        assert named in shown.err
    assert list(mail.iterdir()) == []
