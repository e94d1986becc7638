"""Corrections and announcements, from a file to inboxes."""

import json
import sqlite3
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from tests.cli.conftest import ISSUE, Run

LIST = "ai-for-science"
NOTE = "# A correction\n\nThe *second* paper's author was <wrong>; see [here](https://example.org/x).\n"


@pytest.fixture
def note(tmp_path: Path) -> Path:
    path = tmp_path / "note.md"
    path.write_text(NOTE, "utf-8")
    return path


def caught(mail: Path, subject: str = "A correction") -> dict[str, EmailMessage]:
    found = [message_from_bytes(path.read_bytes(), policy=default) for path in mail.iterdir()]
    return {str(m["To"]): m for m in found if m["Subject"] == subject}


def test_an_announcement_goes_to_everybody_once(filled: Run, mail: Path, note: Path) -> None:
    for _ in range(2):
        shown = filled("send", LIST, "--announce", note, "--unchecked", "--yes")
        assert shown.code == 0, shown.err
    messages = caught(mail)
    assert set(messages) == {f"{name}@reader.example" for name in ("ann", "bo", "cy")}
    assert len(list(mail.iterdir())) == 3, "who has it does not get it again"


def test_one_that_was_begun_yesterday_goes_on_and_is_no_second_one(
    filled: Run, gone: str, mail: Path, note: Path, tmp_path: Path
) -> None:
    words = ("send", LIST, "--announce", note, "--unchecked", "--yes")
    assert filled(*words, smtp=gone).code == 1, "nobody listens there"
    with sqlite3.connect(tmp_path / "newsletter.db") as connection:
        connection.execute(
            "UPDATE issues SET name = 'note-2026-02-12-' || substr(name, -8) "
            "WHERE name LIKE 'note%'"
        )
    connection.close()
    shown = filled(*words)
    assert "note-2026-02-12" in shown.out
    assert len(list(mail.iterdir())) == 3
    notes = [i for i in json.loads(filled("issues", "list", "--json").out) if i["issue"] != ISSUE]
    assert [i["state"] for i in notes] == ["sent"]


def test_it_is_a_message_like_any_other(filled: Run, mail: Path, note: Path) -> None:
    filled("send", LIST, "--announce", note, "--unchecked", "--yes")
    message = caught(mail)["ann@reader.example"]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html, text = (message.get_body((kind,)) for kind in ("html", "plain"))
    assert html is not None
    assert text is not None
    assert "<em" in html.get_content()
    assert 'href="https://example.org/x"' in html.get_content()
    assert "<wrong>" not in html.get_content()
    for body in (html.get_content(), text.get_content()):
        assert "A correction" in body
        assert "author was" in " ".join(body.split())
        assert "nsubscribe" in body
    (issue,) = (
        i["issue"]
        for i in json.loads(filled("issues", "list", "--json").out)
        if i["issue"] != ISSUE
    )
    rows = json.loads(filled("deliveries", issue, "--json").out)
    assert {row["state"] for row in rows} == {"sent"}
    rendered = filled("render", issue, "--to", "ann@reader.example", "--out", note.parent / "a.eml")
    assert rendered.code == 0
    octets = (note.parent / "a.eml").read_bytes()
    assert octets in [path.read_bytes() for path in mail.iterdir()]


def test_a_correction_goes_to_those_who_got_the_issue(filled: Run, mail: Path, note: Path) -> None:
    filled("send", ISSUE, "--unchecked", "--yes")
    assert filled("subscribers", "add", "dee@reader.example").code == 0
    shown = filled("send", LIST, "--announce", note, "--issue", ISSUE, "--unchecked", "--yes")
    assert shown.code == 0, shown.err
    assert "will get it  2" in " ".join(shown.out.split()).replace(
        "will get it 2", "will get it  2"
    )
    assert set(caught(mail)) == {"ann@reader.example", "bo@reader.example"}


def test_who_has_left_is_not_told(filled: Run, mail: Path, note: Path, tmp_path: Path) -> None:
    (tmp_path / "gone.csv").write_text("email;topics;status\nbo@reader.example;;left\n")
    assert filled("subscribers", "import", "gone.csv").code == 0
    filled("send", LIST, "--announce", note, "--unchecked", "--yes")
    assert set(caught(mail)) == {"ann@reader.example", "cy@reader.example"}


def test_a_test_of_it_goes_to_one_address(filled: Run, mail: Path, note: Path) -> None:
    shown = filled("send", LIST, "--announce", note, "--test", "me@elsewhere.example")
    assert shown.code == 0, shown.err
    assert set(caught(mail)) == {"me@elsewhere.example"}


@pytest.mark.usefixtures("mail")
def test_mistakes_are_one_line(filled: Run, tmp_path: Path, note: Path) -> None:
    (tmp_path / "empty.md").write_text("no subject here")
    shown = filled("send", LIST, "--announce", "empty.md", "--unchecked", "--yes")
    assert (shown.code, shown.err.count("\n")) == (1, 1)
    assert "empty.md:1: has no subject" in shown.err
    assert (
        "cannot be read"
        in filled("send", LIST, "--announce", "none.md", "--unchecked", "--yes").err
    )
    assert filled("send", ISSUE, "--issue", ISSUE).code == 2
    issue = filled("send", ISSUE, "--announce", note, "--unchecked", "--yes")
    assert issue.code == 1
    assert f"`newsletter send {LIST} --announce {note} --issue {ISSUE}`" in issue.err
    assert filled("send", "other", "--announce", note, "--unchecked", "--yes").code == 1
