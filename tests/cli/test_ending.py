"""`newsletter lists end|reopen`, and what other commands say of a list that has ended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import ISSUE, Run

LIST = "ai-for-science"
REFUSED = f"`newsletter lists reopen {LIST}` lets it go on\n"


@pytest.fixture
def ended(filled: Run) -> Run:
    assert filled("lists", "end", LIST, "--yes").code == 0
    return filled


def test_ending_asks_first_and_says_what_it_means(filled: Run) -> None:
    asked = filled("lists", "end", LIST)
    assert (asked.code, "say --yes" in asked.err) == (1, True)
    assert "3, who stay and can leave as before" in asked.out
    assert f"{ISSUE}; stay, and cannot be sent" in asked.out
    assert json.loads(filled("lists", "show", "--json").out)[0]["ended"] is None
    done = filled("lists", "end", LIST, "--yes")
    assert f"{LIST} has ended; `newsletter lists reopen {LIST}` takes it back" in done.out
    again = filled("lists", "end", LIST, "--yes")
    assert (again.code, again.out.startswith(f"{LIST} ended before, on ")) == (0, True)


@pytest.mark.parametrize(
    "words",
    [
        ("issues", "assemble", LIST),
        ("send", ISSUE, "--yes", "--unchecked"),
        ("send", ISSUE, "--dry-run"),
        ("send", LIST, "--announce", "note.md", "--yes", "--unchecked"),
        ("subscribers", "add", "dee@reader.example"),
        ("subscribers", "import", "people.csv"),
        ("schedule", "run", ISSUE),
        ("schedule", "skip", f"{LIST}/2027-W01"),
        ("schedule", LIST, "--simulate", "2027-01-01..2027-02-01"),
    ],
)
@pytest.mark.usefixtures("mail")
def test_nothing_new_begins(ended: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "note.md").write_text("# A note\n\nIt says something.\n")
    refused = ended(*words)
    assert refused.code == 1
    assert refused.err.startswith(f"newsletter: {LIST} ended on ")
    assert refused.err.endswith(REFUSED)
    assert refused.err.count("\n") == 1


@pytest.mark.usefixtures("mail")
def test_what_was_sent_is_not_queued_again(filled: Run) -> None:
    assert filled("send", ISSUE, "--yes", "--unchecked", "--force").code == 0
    assert filled("lists", "end", LIST, "--yes").code == 0
    assert filled("deliveries", "retry", ISSUE, "--yes").err.endswith(REFUSED)
    assert filled("issues", "assemble", LIST, "--week", "2026-W06").err.endswith(REFUSED)


def test_each_view_says_that_it_has_ended(ended: Run, tmp_path: Path) -> None:
    assert ended("lists", "show").out.splitlines()[0].endswith("\tended")
    assert "\nended " in ended("lists", "show", LIST).out
    assert json.loads(ended("lists", "show", LIST, "--json").out)["ended"]
    assert "it ended on " in ended("status").out
    assert "ended on " in ended("status", ISSUE).out
    assert json.loads(ended("status", ISSUE, "--json").out)["list_ended"]
    assert "nothing is to come" in ended("schedule").out
    assert json.loads(ended("schedule", "--json").out) == []
    found = json.loads(ended("check", ISSUE, "--json").out)["findings"]
    assert found[0]["code"] == "ended"
    (tmp_path / "subscribers" / LIST / "list.toml").unlink()
    assert "is gone" not in ended("status").err, "its file may go with it"


def test_following_the_files_says_that_it_stays_ended(ended: Run) -> None:
    said = ended("lists", "sync").out
    assert f"{LIST}: ended, and stays so: `newsletter lists reopen {LIST}`" in said
    assert json.loads(ended("lists", "sync", "--json").out)[0]["ended"] is True
    assert json.loads(ended("lists", "show", "--json").out)[0]["ended"]


def test_reopening_takes_it_back(ended: Run) -> None:
    said = ended("lists", "reopen", LIST)
    assert said.out.startswith(f"{LIST} goes on; it goes out Thu ")
    assert ended("lists", "reopen", LIST).out == f"{LIST} had not ended\n"
    assert ended("subscribers", "add", "dee@reader.example").code == 0
    assert "\nreopened " in ended("lists", "show", LIST).out
    assert "ended" not in ended("status").out


@pytest.mark.usefixtures("mail")
def test_an_issue_on_its_way_keeps_it_from_ending(filled: Run, gone: str) -> None:
    filled("send", ISSUE, "--unchecked", "--yes", smtp=gone)
    refused = filled("lists", "end", LIST, "--yes")
    assert refused.code == 1
    assert f"`newsletter issues cancel {ISSUE}`" in refused.err
    assert filled("issues", "cancel", ISSUE, "--yes").code == 0
    assert filled("lists", "end", LIST, "--yes").code == 0
