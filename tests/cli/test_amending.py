"""A mistake found half way: the rest gets a second edition."""

import json
import sqlite3
from contextlib import closing
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from newsletter.store.database import Database
from newsletter.store.senders import hold_issue
from tests.cli.conftest import ISSUE, Run

ANN, BO = "ann@reader.example", "bo@reader.example"
MENDED = "A title as it should have been"


def become(folder: Path, address: str, state: str) -> None:
    with closing(sqlite3.connect(folder / "newsletter.db")) as connection, connection:
        connection.execute(
            "UPDATE deliveries SET state = ? WHERE subscriber_id = "
            "(SELECT id FROM subscribers WHERE address = ?)",
            (state, address),
        )


def caught(mail: Path, to: str) -> bytes:
    found = [path.read_bytes() for path in mail.iterdir()]
    (one,) = (m for m in found if message_from_bytes(m, policy=default)["To"] == to)
    return one


def text_of(message: bytes) -> str:
    body = message_from_bytes(message, policy=default).get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


@pytest.fixture
def half_way(filled: Run, gone: str, mail: Path, tmp_path: Path) -> Run:
    """Ann has the issue, Bo has not; the title of a paper that both get has been corrected."""
    filled("send", ISSUE, "--unchecked", "--yes", smtp=gone)
    become(tmp_path, BO, "in doubt")
    assert filled("send", ISSUE, "--unchecked", "--yes").code == 0
    assert len(list(mail.iterdir())) == 1
    become(tmp_path, BO, "queued")
    got = json.loads(filled("subscribers", "why", ANN, ISSUE, "--json").out)["entries"]
    title = next(entry["title"] for entry in got if entry["depth"])
    entries = json.loads(filled("issues", "show", ISSUE, "--json").out)["entries"]
    key = next(entry["key"] for entry in entries if entry["title"] == title)
    assert filled("entries", "edit", key.removeprefix("arxiv:"), f"title={MENDED}").code == 0
    return filled


def test_a_diff_foretells_what_an_amendment_takes_in(half_way: Run) -> None:
    shown = half_way("issues", "diff", ISSUE)
    assert f"`newsletter issues amend {ISSUE}` takes in, for who has not been sent it:" in shown.out
    assert f"+ {MENDED}" in shown.out
    before = json.loads(half_way("issues", "diff", ISSUE, "--json").out)
    assert MENDED in [one["after"] for one in before["amend"]]
    assert before["differences"] == []
    half_way("issues", "amend", ISSUE)
    after = json.loads(half_way("issues", "diff", ISSUE, "--json").out)
    assert (after["amend"], after["differences"]) == ([], before["amend"])


def test_each_has_their_edition_and_render_and_why_show_it(
    half_way: Run, mail: Path, tmp_path: Path
) -> None:
    shown = half_way("issues", "amend", ISSUE)
    assert (shown.code, shown.out) == (
        0,
        f"{ISSUE}: edition 2, for all who have not been sent it\n",
    )
    assert half_way("send", ISSUE, "--unchecked", "--yes").code == 0
    for reader, mended in ((ANN, False), (BO, True)):
        half_way("render", ISSUE, "--to", reader, "--out", tmp_path / "one.eml")
        assert (tmp_path / "one.eml").read_bytes() == caught(mail, reader)
        assert (MENDED in text_of(caught(mail, reader))) == mended
        why = json.loads(half_way("subscribers", "why", reader, ISSUE, "--json").out)
        assert (MENDED in [entry["title"] for entry in why["entries"]]) == mended


def test_an_issue_that_is_being_sent_is_left_alone(half_way: Run, tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'newsletter.db'}")
    with hold_issue(database, 1):
        shown = half_way("issues", "amend", ISSUE)
    database.close()
    assert shown.code == 1
    assert "is being sent by another process" in shown.err


def test_a_draft_is_assembled_and_not_amended(filled: Run) -> None:
    shown = filled("issues", "amend", ISSUE)
    assert shown.code == 1
    assert "`newsletter issues assemble` is enough" in shown.err
