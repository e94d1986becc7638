"""The editor's note: written in an editor or taken from a file, kept, shown, removed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ISSUE, Run

EDIT = ("issues", "edit", ISSUE, "--lang", "en")
ASSEMBLE = ("issues", "assemble", "ai-for-science", "--week", "2026-W06")


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An editor that adds what a file says to what it is given, and notes what that was."""
    added = tmp_path / "added.md"
    script = tmp_path / "editor.py"
    script.write_text(
        "import pathlib, sys\n"
        "path = pathlib.Path(sys.argv[-1])\n"
        f"here = pathlib.Path({str(tmp_path)!r})\n"
        "(here / 'given.md').write_text(path.name + '|' + path.read_text())\n"
        "path.write_text(path.read_text() + (here / 'added.md').read_text())\n"
    )
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    return added


def test_a_note_written_in_the_editor_reaches_the_mail(
    filled: Run, editor: Path, tmp_path: Path
) -> None:
    editor.write_text("Welcome to the *week*.\n")
    assert filled(*EDIT).out == f"{ISSUE}: the en note is written, 22 characters\n"
    assert (tmp_path / "given.md").read_text() == "2026-W06.en.md|"
    filled("render", ISSUE, "--to", "ann@reader.example", "--out", tmp_path / "ann.eml")
    assert b"Welcome to the" in (tmp_path / "ann.eml").read_bytes()


def test_the_editor_is_given_what_there_is(filled: Run, editor: Path, tmp_path: Path) -> None:
    editor.write_text("One.\n")
    filled(*EDIT)
    editor.write_text("\nTwo.\n")
    assert filled(*EDIT).out == f"{ISSUE}: the en note is changed, 10 characters\n"
    assert (tmp_path / "given.md").read_text() == "2026-W06.en.md|One.\n"
    editor.write_text("")
    assert filled(*EDIT).out == f"{ISSUE}: the en note is unchanged\n"


def test_a_note_from_a_file_stays_when_the_issue_is_assembled_again(
    filled: Run, tmp_path: Path
) -> None:
    (tmp_path / "note.md").write_text("\ufeff你好，读者。\n", "utf-8")
    words = ("issues", "edit", ISSUE, "--lang", "zh", "--file", "note.md")
    assert filled(*words).out == f"{ISSUE}: the zh note is written, 6 characters\n"
    assert filled(*ASSEMBLE).code == 0
    assert filled(*words).out == f"{ISSUE}: the zh note is unchanged\n"


def test_an_empty_note_is_removed(filled: Run, tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("Hello.")
    filled(*EDIT, "--file", "note.md")
    (tmp_path / "note.md").write_text(" \n")
    assert filled(*EDIT, "--file", "note.md").out == f"{ISSUE}: the en note is removed\n"
    assert filled(*EDIT, "--file", "note.md").out == f"{ISSUE}: the en note is unchanged\n"


@pytest.mark.usefixtures("filled")
def test_a_note_comes_from_the_standard_input(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "from newsletter.cli import main; main()"]
    words = [*program, *EDIT, "--file", "-"]
    done = subprocess.run(words, input=b"Hello.\n", capture_output=True, cwd=tmp_path, check=True)
    assert done.stdout.decode() == f"{ISSUE}: the en note is written, 6 characters\n"


@pytest.mark.usefixtures("mail")
def test_a_frozen_issue_keeps_its_note(filled: Run, tmp_path: Path) -> None:
    assert filled("send", ISSUE, "--unchecked", "--yes").code == 0
    (tmp_path / "note.md").write_text("Too late.")
    shown = filled(*EDIT, "--file", "note.md")
    assert shown.code == 1
    assert "stays as it was frozen" in shown.err


@pytest.mark.parametrize(
    ("words", "environment", "named"),
    [
        (("issues", "edit", ISSUE, "--lang", "tlh"), {}, "it has en, zh"),
        (("issues", "edit", "ai-for-science/2026-W07", "--lang", "en"), {}, "issues list"),
        (EDIT, {}, "set EDITOR"),
        (EDIT, {"EDITOR": "no-such-editor"}, "no-such-editor"),
        (EDIT, {"EDITOR": "false"}, "nothing was changed"),
        (EDIT, {"EDITOR": "vi 'half"}, "does not start"),
        ((*EDIT, "--file", "missing.md"), {}, "missing.md"),
        ((*EDIT, "--file", "latin.md"), {}, "not UTF-8"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(
    filled: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    environment: dict[str, str],
    named: str,
) -> None:
    (tmp_path / "latin.md").write_bytes("déjà vu".encode("latin-1"))
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    before = filled("issues", "show", ISSUE, "--json").out
    shown = filled(*words)
    assert shown.code == 1
    assert shown.err.count("\n") == 1
    assert named in shown.err
    assert json.loads(filled("issues", "show", ISSUE, "--json").out) == json.loads(before)
