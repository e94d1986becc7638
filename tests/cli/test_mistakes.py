"""A mistake is one line that says what, where and how to mend it; wrong usage ends with 2."""

import re
from pathlib import Path

import pytest

from tests.cli.conftest import ISSUE, Run

BACKWARDS = ("--from", "2026-02-05", "--to", "2026-02-01")
MISTAKES = (
    (("lists", "show", "nope"), "newsletter lists sync"),
    (("issues", "show", "2026-W06"), "LIST/WEEK"),
    (("issues", "show", "ai-for-science/2026-W06"), "newsletter issues list"),
    (("issues", "assemble", "ai-for-science", "--week", "2026-W99"), "2026-W99"),
    (("issues", "assemble", "nope"), "nope"),
    (("issues", "assemble", "ai-for-science", *BACKWARDS), "--to"),
    (("entries", "import", "missing.txt"), "missing.txt"),
    (("entries", "show", "nothing like it"), "nothing like it"),
    (("entries", "edit", "1", "tier"), "FIELD=VALUE"),
    (("subscribers", "add", "not an address"), "not an address"),
    (("subscribers", "add", "a@b.example", "--topics", "astrology"), "astrology"),
    (("subscribers", "add", "a@b.example", "--language", "tlh"), "tlh"),
    (("subscribers", "show", "nobody@b.example"), "nobody@b.example"),
    (("subscribers", "import", "missing.csv"), "missing.csv"),
    (("subscribers", "export", "--list", "nope"), "nope"),
    (("send", "ai-for-science/2026-W06"), "NEWSLETTER_SMTP_URL"),
    (("render", "ai-for-science/2026-W06", "--to", "a@b.example"), "newsletter issues list"),
)  # fmt: skip


@pytest.mark.parametrize(("words", "named"), MISTAKES, ids=[" ".join(w) for w, _ in MISTAKES])
def test_a_mistake_is_one_line(ready: Run, words: tuple[str, ...], named: str) -> None:
    shown = ready(*words)
    assert shown.code == 1
    assert shown.err.startswith("newsletter: ")
    assert shown.err.count("\n") == 1
    assert named in shown.err


@pytest.mark.parametrize(
    "words",
    [
        ("send",),
        ("issues", "assemble", "ai-for-science", "--week", "2026-W06", "--from", "2026-02-01"),
        ("entries", "list", "--tier", "gossip"),
        ("nonsense",),
        ("entries", "list", "--since", "yesterday"),
    ],
)
def test_wrong_usage_ends_with_2(ready: Run, words: tuple[str, ...]) -> None:
    shown = ready(*words)
    assert shown.code == 2
    assert "Usage: newsletter" in shown.err


def test_a_folder_that_is_none_of_ours_says_so_and_stays_empty(run: Run, tmp_path: Path) -> None:
    shown = run("lists", "show")
    assert shown.code == 1
    assert shown.err.count("\n") == 1
    assert "`newsletter init`" in shown.err
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_not_ready_says_what_to_run(run: Run, tmp_path: Path) -> None:
    (tmp_path / "newsletter.toml").touch(0o600)
    shown = run("lists", "show")
    assert shown.code == 1
    assert "newsletter db upgrade" in shown.err


def test_a_folder_that_cannot_be_written_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "busy").write_text("a file where a folder is wanted")
    shown = run("demo", "--no-serve", "--folder", "busy")
    assert (shown.code, shown.err.count("\n")) == (1, 1)
    assert "cannot be written: Not a directory" in shown.err


def test_a_list_whose_template_is_not_there_is_not_followed(ready: Run, tmp_path: Path) -> None:
    path = tmp_path / "subscribers" / "ai-for-science" / "list.toml"
    text = path.read_text("utf-8")
    path.write_text(re.sub("^template = .*", 'template = "weakly"', text, flags=re.M), "utf-8")
    shown = ready("lists", "sync")
    assert (shown.code, shown.err.count("\n")) == (1, 1)
    assert "list.toml: template: weakly: there is no such template; there are" in shown.err
    assert "template         weekly" not in shown.out


@pytest.mark.parametrize(
    ("name", "reason"), [("protiens", "no list has"), ("proteins", "out of the list's file first")]
)
def test_a_topic_to_drop_must_have_vanished(ready: Run, name: str, reason: str) -> None:
    shown = ready("lists", "sync", "--drop-topic", name)
    assert shown.code == 1
    assert reason in shown.err


def test_an_entry_is_given_no_topic_that_no_list_has(filled: Run) -> None:
    shown = filled("entries", "edit", "1", "topics=proteins, protiens")
    assert shown.code == 1
    assert "no list has a topic 'protiens'; there are" in shown.err
    assert filled("entries", "edit", "1", "topics=proteins, agents").code == 0
    assert filled("entries", "edit", "1", "topics=").code == 0


def test_a_broken_list_file_changes_nothing(ready: Run, tmp_path: Path) -> None:
    path = tmp_path / "subscribers" / "ai-for-science" / "list.toml"
    path.write_text(path.read_text("utf-8").replace('"thursday"', '"4"', 1), "utf-8")
    shown = ready("lists", "sync")
    assert shown.code == 1
    assert "list.toml" in shown.err
    assert "thursday" in ready("lists", "show", "ai-for-science").out


def test_a_broken_template_names_its_file_and_line(filled: Run, tmp_path: Path) -> None:
    path = tmp_path / "templates" / "weekly" / "issue.mjml"
    path.write_text(path.read_text("utf-8") + "\n{% if %}\n", "utf-8")
    shown = filled("render", ISSUE, "--to", "ann@reader.example")
    assert shown.code == 1
    assert "weekly/issue.mjml:" in shown.err
    assert shown.err.count("\n") == 1
