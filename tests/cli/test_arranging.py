"""An editor at a terminal: entries in order, a draft judged, and every change taken back."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ISSUE, Run

FIRST = "2602.09093"
THIRD = "2602.06695"
MAGNETS = "“Predicting magnets”"
MAGNETS = "“Predicting magnets”"
LISTING = """\
# cs.LG [[Back]](#toc)

### [1] [A paper that came late](https://arxiv.org/abs/2602.09999)
*Ada Example*

Main category: cs.LG

TL;DR: It came late.
"""
SECOND = "Unified Biomolecular Trajectory Generation via Pretrained Variational Bridge"


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_EDITOR", "Ada Example")


def keys(run: Run) -> list[str]:
    return [
        item["key"] for item in json.loads(run("issues", "show", ISSUE, "--json").out)["entries"]
    ]


def test_a_moved_entry_is_shown_among_its_neighbours(filled: Run) -> None:
    shown = filled("entries", "move", THIRD, "first")
    assert shown.out.splitlines()[0] == (
        f"{ISSUE}: moved “Diffeomorphism-Equivariant Neural Networks” from 3 to 1"
    )
    assert shown.out.splitlines()[1].startswith(" →   1  breakthrough  Diffeomorphism")
    assert keys(filled)[:2] == [f"arxiv:{THIRD}", f"arxiv:{FIRST}"]
    assert filled("entries", "move", THIRD, "1").out.startswith(f"{ISSUE}: nothing changed")
    filled("entries", "move", THIRD, "down", "--issue", ISSUE)
    assert keys(filled)[:2] == [f"arxiv:{FIRST}", f"arxiv:{THIRD}"]


def test_a_tier_holds_for_the_issue_and_is_given_back(filled: Run) -> None:
    assert "mention (it was breakthrough)" in filled("entries", "tier", FIRST, "mention").out
    assert json.loads(filled("entries", "show", FIRST, "--json").out)["tier"] == "breakthrough"
    assert "breakthrough (it was mention)" in filled("entries", "tier", FIRST, "own").out


def test_what_is_left_out_of_one_issue_is_taken_back(filled: Run) -> None:
    before = keys(filled)
    assert "left out “Predicting" in filled("entries", "drop", FIRST, "--issue", ISSUE).out
    assert keys(filled) == before[1:]
    assert not json.loads(filled("entries", "show", FIRST, "--json").out)["dropped"]
    assert "took “Predicting" in filled("entries", "restore", FIRST, "--issue", ISSUE).out
    assert keys(filled) == before


def test_what_was_dropped_from_all_issues_is_restored(filled: Run) -> None:
    before = keys(filled)
    assert "dropped (Predicting" in filled("entries", "drop", FIRST).out
    assert "dropped, as it was" in filled("entries", "drop", FIRST).out
    assert keys(filled) == before[1:]
    assert "no longer dropped" in filled("entries", "restore", FIRST).out
    assert not json.loads(filled("entries", "show", FIRST, "--json").out)["dropped"]
    assert keys(filled) == before


def test_a_drop_from_all_issues_stands_in_the_histories_and_is_undone(filled: Run) -> None:
    filled("entries", "drop", FIRST)
    title = "“Predicting magnetism with first-principles AI”"
    for shown in (("issues", "history", ISSUE), ("entries", "show", FIRST)):
        assert f"dropped {title} from all issues" in filled(*shown).out
    assert f"undone: dropped {title}" in filled("issues", "undo", ISSUE).out
    assert keys(filled)[0] == f"arxiv:{FIRST}"
    assert not json.loads(filled("entries", "show", FIRST, "--json").out)["dropped"]
    filled("issues", "redo", ISSUE)
    filled("entries", "restore", FIRST)
    assert f"restored {title} to all" in filled("issues", "history", ISSUE).out


def test_a_correction_of_an_entry_is_undone_with_the_issue_that_has_it(filled: Run) -> None:
    filled("entries", "edit", FIRST, "title=Magnets")
    assert "changed title of “Magnets”" in filled("issues", "history", ISSUE).out
    assert filled("issues", "undo", ISSUE).code == 0
    stored = json.loads(filled("entries", "show", FIRST, "--json").out)
    assert (stored["title"], stored["edited"]) == (
        "Predicting magnetism with first-principles AI",
        [],
    )


def test_changes_are_undone_and_done_again_and_named(filled: Run) -> None:
    before = keys(filled)
    filled("entries", "move", THIRD, "first")
    filled("entries", "drop", FIRST, "--issue", ISSUE)
    assert filled("issues", "undo", ISSUE).out.startswith(f"{ISSUE}: undone: left out")
    assert filled("issues", "undo", ISSUE).out.startswith(f"{ISSUE}: undone: moved")
    assert filled("issues", "undo", ISSUE).out == f"{ISSUE}: there is nothing to undo\n"
    assert keys(filled) == before
    assert filled("issues", "redo", ISSUE).out.startswith(f"{ISSUE}: done again: moved")
    rows = [line.split("\t") for line in filled("issues", "history", ISSUE).out.splitlines()]
    assert [row[1:] for row in rows[1:]] == [
        ["Ada Example", "moved “Diffeomorphism-Equivariant Neural Networks” from 3 to 1"],
        [
            "Ada Example",
            "left out “Predicting magnetism with first-principles AI” (undone by Ada Example)",
        ],
    ]


def test_a_draft_is_approved_and_a_change_is_shown_since_then(filled: Run) -> None:
    assert filled("issues", "approve", ISSUE).out == (
        f"{ISSUE}: approved by Ada Example, with 27 entries\n"
    )
    filled("entries", "move", THIRD, "first")
    filled("entries", "tier", "2602.07588", "mention")
    filled("entries", "edit", THIRD, "texts.en.summary=A short one.")
    shown = filled("issues", "diff", ISSUE)
    assert re.match(rf"{ISSUE}: since Ada Example approved it, \d{{4}}-", shown.out)
    assert shown.out.splitlines()[1:] == [
        "  ↕ “Diffeomorphism-Equivariant Neural Networks”: 3 → 1",
        "  ~ “Diffeomorphism-Equivariant Neural Networks” texts.en.summary",
        "      + A short one.",
        f"  ↕ “{SECOND}”: breakthrough → mention",
    ]
    assert len(json.loads(filled("issues", "diff", ISSUE, "--json").out)["differences"]) == 3
    filled("issues", "reject", ISSUE, "--note", "The second is not ours.")
    assert "changes wanted: The second is not ours." in filled("issues", "history", ISSUE).out
    assert filled("issues", "diff", ISSUE).out.endswith("nothing is different\n")


def test_what_came_after_the_assembling_is_told_before_it_is_approved(
    filled: Run, tmp_path: Path
) -> None:
    (tmp_path / "listing.md").write_text(LISTING)
    assert filled("entries", "import", "listing.md", "--date", "2026-02-06").code == 0
    assert "1 change of what is stored came after" in filled("issues", "approve", ISSUE).out


def test_two_issues_are_compared(filled: Run) -> None:
    filled("issues", "assemble", "ai-for-science", "--from", "2026-02-05", "--to", "2026-02-10")
    other = "ai-for-science/2026-02-05..2026-02-10"
    shown = filled("issues", "diff", other, ISSUE)
    assert shown.out.splitlines()[0] == f"difference: from {other} to {ISSUE}"
    assert "  +   1  breakthrough  “Predicting magnetism" in shown.out


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An editor that keeps what it is given, and gives back what `wanted.md` says."""
    script = tmp_path / "editor.py"
    script.write_text(
        "import pathlib, sys\n"
        "path = pathlib.Path(sys.argv[-1])\n"
        f"here = pathlib.Path({str(tmp_path)!r})\n"
        "(here / 'given.md').write_bytes(path.read_bytes())\n"
        "path.write_bytes((here / 'wanted.md').read_bytes())\n"
    )
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    return tmp_path / "wanted.md"


def test_all_that_is_said_of_an_issue_is_on_one_sheet(
    filled: Run, editor: Path, tmp_path: Path
) -> None:
    editor.write_text(
        "# en: note\n\n## Welcome\n\nto *it*\n\n# zh: takeaway\n\n稳定性。\n", "utf-8"
    )
    assert filled("issues", "edit", ISSUE).out.splitlines() == [
        f"{ISSUE}: the en note is written, 19 characters",
        f"{ISSUE}: the zh takeaway is written, 4 characters",
    ]
    filled("issues", "edit", ISSUE)
    given = (tmp_path / "given.md").read_text("utf-8")
    assert "# en: note\n\n## Welcome\n\nto *it*\n\n# en: summary\n\n" in given
    assert given.endswith("# zh: takeaway\n\n稳定性。\n")
    # What is given back as it came changes nothing; a part left empty is taken out.
    editor.write_text(given, "utf-8")
    assert filled("issues", "edit", ISSUE).out == f"{ISSUE}: all is unchanged\n"
    editor.write_text(given.replace("稳定性。", ""), "utf-8")
    assert filled("issues", "edit", ISSUE).out == f"{ISSUE}: the zh takeaway is removed\n"


@pytest.mark.parametrize(
    ("written", "named"),
    [
        (b"stray words\n# en: note\n", "2026-W06.md:1: words above the first heading"),
        (b"# en: note\nHello.\n# fr: note\n", "2026-W06.md:3: there is no part fr: note"),
        (b"# en: note\nOne.\n# en: note\nTwo.\n", "2026-W06.md:3: there are two parts en: note"),
        (b"# en: note\n\xff\xfe\n", "not UTF-8"),
        (b"# en: note\na\x1bb\n", "control character"),
    ],
)
def test_what_was_written_is_kept_where_it_cannot_be_taken(
    filled: Run, editor: Path, written: bytes, named: str
) -> None:
    editor.write_bytes(written)
    shown = filled("issues", "edit", ISSUE)
    assert shown.code == 1
    kept, mistake = shown.err.splitlines()
    assert named in mistake
    path = Path(kept.rpartition("--file ")[2])
    assert path.read_bytes() == written
    path.unlink()
    path.parent.rmdir()
    assert json.loads(filled("issues", "show", ISSUE, "--json").out)["notes"] == {}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("entries", "move", FIRST, "0"), "write a number from 1"),
        (("entries", "move", FIRST, "top"), "or first, last, up, down"),
        (("entries", "tier", FIRST, "great"), "breakthrough, notable, mention, listed, own"),
        (("entries", "move", "2601.03774", "1"), "no draft has it"),
        (("entries", "move", FIRST, "1", "--issue", "nowhere"), "write LIST/WEEK"),
        (("issues", "reject", ISSUE, "--note", " "), "say what to change"),
    ],
)
def test_a_mistake_is_one_line(filled: Run, words: tuple[str, ...], named: str) -> None:
    shown = filled(*words)
    assert (shown.code, shown.err.count("\n")) == (1, 1)
    assert named in shown.err


def test_the_text_part_is_there_to_read(filled: Run) -> None:
    shown = filled("render", ISSUE, "--to", "ann@reader.example", "--text").out
    assert shown.startswith("Subject: ")
    assert "Adaptive Protein Tokenization" in shown
    assert "Content-Type" not in shown


def test_an_issue_is_shown_with_all_that_was_decided_of_it(filled: Run, tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("Two lines\nof welcome.", "utf-8")
    filled("issues", "edit", ISSUE, "--lang", "en", "--file", "note.md")
    filled("entries", "drop", FIRST, "--issue", ISSUE)
    filled("issues", "approve", ISSUE)
    filled("entries", "move", THIRD, "first")
    shown = filled("issues", "show", ISSUE).out
    assert "review  asked by Ada Example, changed since\n" in shown
    assert "left out: Predicting magnetism with first-principles AI\n" in shown
    assert "\nen note\n  Two lines\n  of welcome.\n" in shown
    told = json.loads(filled("issues", "show", ISSUE, "--json").out)
    assert told["left_out"] == [f"arxiv:{FIRST}"]
    assert told["editorial"]["note"] == {"en": "Two lines\nof welcome."}


def test_an_entry_is_shown_with_who_changed_it(filled: Run) -> None:
    filled("entries", "edit", FIRST, "texts.en.impact=Larger.", "title=Predicting magnets")
    filled("entries", "tier", FIRST, "notable")
    filled("issues", "undo", ISSUE)
    shown = filled("entries", "show", FIRST).out
    told = [line[20:] for line in shown.partition("changed by\n")[2].splitlines()]
    assert told == [
        f"Ada Example: made {MAGNETS} notable (it was breakthrough) (undone by Ada Example)",
        f"Ada Example: changed title of {MAGNETS}",
        f"Ada Example: changed texts.en.impact of {MAGNETS}",
    ]


def test_what_somebody_else_changed_meanwhile_is_not_written_over(
    filled: Run, editor: Path, tmp_path: Path
) -> None:
    script = tmp_path / "editor.py"
    script.write_text(
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'from newsletter.cli import main; main()', 'issues',"
        f" 'edit', {ISSUE!r}, '--lang', 'en', '--file', '-'], input=b'Theirs.', check=True,"
        " stdout=subprocess.DEVNULL)\n" + script.read_text()
    )
    editor.write_text("# en: note\n\nOurs.\n\n# zh: note\n\n我们的。\n", "utf-8")
    shown = filled("issues", "edit", ISSUE)
    assert shown.code == 1
    assert "somebody changed the en note while you wrote" in shown.err
    assert "what you wrote is in" in shown.err
    notes = json.loads(filled("issues", "show", ISSUE, "--json").out)["notes"]
    assert notes == {"en": "Theirs."}
