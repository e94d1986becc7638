"""A draft follows its list's file and `public_url`, and an empty or a thin one says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import ISSUE, Run

ASSEMBLE = ("issues", "assemble", "ai-for-science", "--week")
SEND = ("send", ISSUE, "--unchecked", "--yes")
OLD, NEW = "https://newsletter.example.org", "https://news.sampleton.example"


def rewrite(folder: Path, old: str, new: str) -> None:
    file = folder / "subscribers" / "ai-for-science" / "list.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def letters(mail: Path) -> list[str]:
    return [path.read_bytes().decode("ascii", "replace") for path in mail.iterdir()]


def test_a_draft_says_what_its_lists_file_says_after_a_sync(
    filled: Run, mail: Path, tmp_path: Path
) -> None:
    filled("issues", "edit", ISSUE, "--lang", "en", "--text", "A word before")
    rewrite(tmp_path, f'public_url = "{OLD}"', f'public_url = "{NEW}"')
    rewrite(tmp_path, "digest@newsletter.example.org", "digest@sampleton.example")
    before = json.loads(filled("issues", "show", ISSUE, "--json").out)
    synced = filled("lists", "sync")
    assert synced.out.endswith(f"{ISSUE} says so, too\n")
    assert json.loads(filled("issues", "show", ISSUE, "--json").out) == before
    assert filled("lists", "sync").out == "ai-for-science: unchanged\n"
    assert filled(*SEND).code == 0
    assert len(letters(mail)) == 2
    for letter in letters(mail):
        assert f"<{NEW}/u/" in letter
        assert OLD not in letter
        assert "digest@sampleton.example" in letter


def test_what_was_decided_stays_though_the_week_begins_on_another_day(
    filled: Run, tmp_path: Path
) -> None:
    key = json.loads(filled("issues", "show", ISSUE, "--json").out)["entries"][-1]["key"]
    assert filled("entries", "drop", key, "--issue", ISSUE).code == 0
    before = json.loads(filled("issues", "show", ISSUE, "--json").out)
    rewrite(tmp_path, 'week_starts = "thursday"', 'week_starts = "sunday"')
    assert f"{ISSUE} says so, too" in filled("lists", "sync").out
    after = json.loads(filled("issues", "show", ISSUE, "--json").out)
    assert after == before
    assert after["left_out"] == [key]
    assert key not in {entry["key"] for entry in after["entries"]}


@pytest.mark.parametrize(
    ("old", "new", "stands"),
    [
        (f'public_url = "{OLD}"', f'public_url = "{NEW}"', False),
        ("fewest_entries = 1", "fewest_entries = 2", True),
    ],
)
def test_an_approval_holds_if_no_reader_gets_anything_else(
    filled: Run, tmp_path: Path, old: str, new: str, *, stands: bool
) -> None:
    filled("issues", "approve", ISSUE)
    rewrite(tmp_path, old, new)
    assert f"{ISSUE} says so, too" in filled("lists", "sync").out
    state = json.loads(filled("issues", "show", ISSUE, "--json").out)["review"]
    assert state == ("approved" if stands else "asked")


def test_a_sync_takes_up_the_installations_public_url(
    filled: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_PUBLIC_URL", NEW)
    said = filled("lists", "sync").out
    assert said == f"ai-for-science: unchanged\n{ISSUE} was behind, and made anew\n"
    assert filled("lists", "sync").out == "ai-for-science: unchanged\n"
    assert filled("check", ISSUE).err == ""


def test_what_is_frozen_stays_as_it_was(filled: Run, mail: Path, tmp_path: Path) -> None:
    assert filled(*SEND).code == 0
    rewrite(tmp_path, f'public_url = "{OLD}"', f'public_url = "{NEW}"')
    assert ISSUE not in filled("lists", "sync").out
    assert len(letters(mail)) == 2


def test_a_list_is_shown_with_the_pages_that_readers_reach(
    ready: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert OLD in ready("lists", "show", "ai-for-science").out
    monkeypatch.setenv("NEWSLETTER_PUBLIC_URL", NEW)
    shown = ready("lists", "show", "ai-for-science").out
    assert NEW in shown
    assert OLD not in shown


@pytest.mark.usefixtures("mail")
def test_a_check_sees_the_public_url_of_the_day_and_changes_nothing(
    filled: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled("issues", "approve", ISSUE)
    monkeypatch.setenv("NEWSLETTER_PUBLIC_URL", "http://localhost:8080")
    for words in (("check", ISSUE), ("send", ISSUE, "--dry-run")):
        said = filled(*words).err
        assert said == (
            f"{ISSUE} was put together when public_url was {OLD}; "
            "its links lead to http://localhost:8080\n"
        )
    assert "loopback-address" in filled("check", ISSUE).out
    assert json.loads(filled("issues", "show", ISSUE, "--json").out)["review"] == "approved"
    monkeypatch.delenv("NEWSLETTER_PUBLIC_URL")
    assert "loopback-address" not in filled("check", ISSUE).out


def test_a_send_mails_the_public_url_of_the_day(
    filled: Run, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_PUBLIC_URL", NEW)
    assert filled(*SEND).code == 0
    assert len(letters(mail)) == 2
    assert all(f"<{NEW}/u/" in letter and OLD not in letter for letter in letters(mail))


def test_links_that_changed_want_their_approval_anew(
    filled: Run, mail: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(tmp_path, "[schedule]", '[schedule]\nreview = "required"')
    filled("lists", "sync")
    filled("issues", "approve", ISSUE)
    monkeypatch.setenv("NEWSLETTER_PUBLIC_URL", NEW)
    refused = filled(*SEND)
    assert refused.code == 1
    assert "was changed since" in refused.err
    assert not letters(mail)
    filled("issues", "approve", ISSUE)
    assert filled(*SEND).code == 0
    assert len(letters(mail)) == 2


def test_an_approval_is_of_the_links_that_a_send_would_give(
    filled: Run, mail: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(tmp_path, "[schedule]", '[schedule]\nreview = "required"')
    filled("lists", "sync")
    monkeypatch.setenv("NEWSLETTER_PUBLIC_URL", NEW)
    assert f"its links lead to {NEW}" in filled("issues", "approve", ISSUE).err
    assert filled(*SEND).code == 0
    assert len(letters(mail)) == 2


def test_an_empty_draft_says_which_days_it_looked_at_and_what_is_near(filled: Run) -> None:
    made = filled(*ASSEMBLE, "2026-W20")
    assert made.code == 0
    assert made.err.count("\n") == 1
    assert made.err.startswith(
        "ai-for-science/2026-W20 has no entry: none is dated 2026-05-14 to 2026-05-20; "
        "the nearest stored are dated 2026-02-"
    )
    assert "ai-for-science/2026-W20" in filled("issues", "list").out


def test_a_week_that_nobody_named_and_no_entry_is_of_leaves_nothing(filled: Run) -> None:
    before = filled("issues", "list").out
    said = filled("issues", "assemble", "ai-for-science")
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert " would have no entry, so it was not made: none is dated " in said.err
    assert "the nearest stored are dated 2026-02-" in said.err
    assert filled("issues", "list").out == before


def test_one_that_is_there_or_may_be_empty_is_made_all_the_same(
    filled: Run, tmp_path: Path
) -> None:
    rewrite(tmp_path, 'too_few = "hold"', 'too_few = "send"')
    filled("lists", "sync")
    assert filled("issues", "assemble", "ai-for-science").code == 0
    rewrite(tmp_path, 'too_few = "send"', 'too_few = "hold"')
    filled("lists", "sync")
    assert filled("issues", "assemble", "ai-for-science").code == 0, "it is there already"


def test_without_any_entry_an_empty_draft_says_that(ready: Run) -> None:
    made = ready(*ASSEMBLE, "2026-W06")
    assert (made.code, made.err.count("\n")) == (0, 1)
    assert "none at all is stored: `newsletter entries import FILE`" in made.err


def test_a_draft_whose_entries_were_all_left_out_says_by_whom(filled: Run) -> None:
    shown = json.loads(filled("issues", "show", ISSUE, "--json").out)
    for entry in shown["entries"]:
        assert filled("entries", "drop", entry["key"], "--issue", ISSUE).code == 0
    assert "its editors left out all that is dated" in filled(*ASSEMBLE, "2026-W06").err


def test_entries_that_another_issue_had_do_not_count_unless_forced(filled: Run, mail: Path) -> None:
    assert filled(*SEND).code == 0
    made = filled(
        "issues", "assemble", "ai-for-science", "--from", "2026-02-04", "--to", "2026-02-11"
    )
    again = made.out.split()[1]
    refused = filled("send", again, "--unchecked", "--yes")
    assert refused.code == 1
    assert "has 0 entries, and " in refused.err
    assert refused.err.endswith(f"`newsletter send {again} --force`\n")
    assert json.loads(filled("status", again, "--json").out)["state"] == "draft"
    assert filled("send", again, "--unchecked", "--yes", "--force").code == 0
    assert len(letters(mail)) == 2  # whose readers have all of it, and get none


def test_too_few_entries_stop_a_send_before_it_asks_and_force_sends_them(
    filled: Run, mail: Path, tmp_path: Path
) -> None:
    rewrite(tmp_path, "fewest_entries = 1", "fewest_entries = 500")
    filled("lists", "sync")
    assert 'set policies.too_few = "send"' in filled("check", ISSUE).out
    refused = filled(*SEND)
    assert refused.code == 1
    assert f"`newsletter send {ISSUE} --force`" in refused.err
    assert not letters(mail)
    assert filled(*SEND, "--force").code == 0
    assert len(letters(mail)) == 2
