"""`newsletter send` of a draft that its list wants approved: an editor's word, or --force."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import ISSUE, Run

SEND = ("send", ISSUE, "--unchecked", "--yes")


@pytest.fixture
def reviewed(filled: Run, tmp_path: Path) -> Run:
    """A list that asks for approval, with a draft."""
    file = tmp_path / "subscribers" / "ai-for-science" / "list.toml"
    file.write_text(file.read_text().replace("[schedule]", '[schedule]\nreview = "required"'))
    assert "review" in filled("lists", "sync").out
    return filled


def test_yes_is_no_approval(reviewed: Run, mail: Path) -> None:
    said = reviewed(*SEND)
    assert (said.code, list(mail.iterdir())) == (1, [])
    assert said.err.endswith(
        f"{ISSUE}: nobody has approved it, and its list asks for that; nothing was sent: "
        f"`newsletter issues approve {ISSUE}`, or `newsletter send {ISSUE} --force`\n"
    )


def test_what_is_approved_goes(reviewed: Run, mail: Path) -> None:
    reviewed("issues", "approve", ISSUE)
    sent = reviewed(*SEND)
    assert (sent.code, len(list(mail.iterdir()))) == (0, 2)
    assert "word of" not in sent.err


def test_an_admins_word_is_enough_and_is_said(reviewed: Run, mail: Path) -> None:
    sent = reviewed(*SEND, "--force")
    assert "its list asks for that; it goes by the word of " in sent.err
    assert (sent.code, len(list(mail.iterdir()))) == (0, 2)
    assert reviewed(*SEND).code == 0  # what is frozen goes on without being asked about


def test_a_template_that_was_changed_after_the_approval_wants_another(
    reviewed: Run, mail: Path, tmp_path: Path
) -> None:
    reviewed("issues", "approve", ISSUE)
    file = tmp_path / "templates" / "weekly" / "issue.txt"
    text = file.read_text("utf-8")
    file.write_text(f"{text}A word that nobody has approved.\n", "utf-8")
    refused = reviewed(*SEND)
    assert (refused.code, list(mail.iterdir())) == (1, [])
    assert f"{ISSUE} or its template was changed since" in refused.err
    assert "~ files of its template" in reviewed("issues", "diff", ISSUE).out
    assert json.loads(reviewed("issues", "show", ISSUE, "--json").out)["review"] == "asked"
    file.write_text(text, "utf-8")
    assert reviewed("issues", "diff", ISSUE).out.endswith("nothing is different\n")
    assert reviewed(*SEND).code == 0


def test_what_was_changed_after_its_approval_is_refused(reviewed: Run, mail: Path) -> None:
    reviewed("issues", "approve", ISSUE, "--note", "fine")
    key = json.loads(reviewed("issues", "show", ISSUE, "--json").out)["entries"][-1]["key"]
    assert reviewed("entries", "drop", key, "--issue", ISSUE).code == 0
    said = reviewed(*SEND)
    assert "was changed since" in said.err
    assert not list(mail.iterdir())


def test_what_editors_want_changed_is_refused_on_any_list(filled: Run, mail: Path) -> None:
    filled("issues", "reject", ISSUE, "--note", "the second summary")
    assert "wants changes: the second summary" in filled("send", ISSUE, "--dry-run").err
    assert "wants changes: the second summary; nothing was sent" in filled(*SEND).err
    assert not list(mail.iterdir())
