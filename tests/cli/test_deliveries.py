"""Looking at deliveries, one by one, and settling one by hand."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import ISSUE, Run

ANN = "ann@reader.example"


@pytest.fixture
def doubtful(filled: Run, gone: str, tmp_path: Path) -> Run:
    """A sender died over Ann's message, and nobody has looked since."""
    filled("send", ISSUE, "--unchecked", "--yes", smtp=gone)
    with sqlite3.connect(tmp_path / "newsletter.db") as connection:
        connection.execute(
            "UPDATE deliveries SET state = 'in doubt' WHERE subscriber_id = "
            "(SELECT id FROM subscribers WHERE address = ?)",
            (ANN,),
        )
    connection.close()
    return filled


@pytest.mark.parametrize("spelt", ["zoe@bücher.example", "ZOE@XN--bcher-kva.example"])
def test_an_address_is_understood_however_it_is_spelt(filled: Run, gone: str, spelt: str) -> None:
    zoe = "zoe@bücher.example"
    assert filled("subscribers", "add", zoe).code == 0
    assert filled("render", ISSUE, "--to", spelt, "--text").code == 0
    filled("send", ISSUE, "--unchecked", "--yes", smtp=gone)
    domain = spelt.partition("@")[2]
    for one in (("--to", spelt), ("--domain", domain)):
        rows = json.loads(filled("deliveries", ISSUE, *one, "--json").out)
        assert [row["address"] for row in rows] == [zoe]
    refused = filled("deliveries", "resolve", ISSUE, spelt, "--sent")
    assert (refused.code, zoe in refused.err) == (1, True)
    filled("editors", "add", zoe, smtp=gone)
    assert zoe in filled("editors", "remove", spelt).out


@pytest.mark.parametrize(
    "option", [("--to", "ZOE@XN--bcher-kva.example"), ("--domain", "XN--bcher-kva.example")]
)
def test_those_that_failed_are_found_however_they_are_spelt(
    filled: Run, gone: str, tmp_path: Path, option: tuple[str, str]
) -> None:
    filled("subscribers", "add", "zoe@bücher.example")
    filled("send", ISSUE, "--unchecked", "--yes", smtp=gone)
    with closing(sqlite3.connect(tmp_path / "newsletter.db")) as connection, connection:
        connection.execute("UPDATE deliveries SET state = 'failed'")
    assert "1 reader queued again" in filled("deliveries", "retry", ISSUE, *option, "--yes").out


@pytest.mark.usefixtures("mail")
def test_listing_is_what_deliveries_does_unless_told_otherwise(filled: Run) -> None:
    filled("send", ISSUE, "--unchecked", "--yes")
    assert filled("deliveries", ISSUE).out == filled("deliveries", "list", ISSUE).out
    shown = filled("deliveries")
    assert (shown.code, shown.out) == (2, "")


def test_one_in_doubt_that_arrived_is_settled_and_told(doubtful: Run) -> None:
    shown = doubtful("deliveries", "resolve", ISSUE, ANN, "--sent")
    assert (shown.code, shown.out) == (0, f"{ANN}: sent\n")
    rows = json.loads(doubtful("deliveries", ISSUE, "--to", ANN, "--json").out)
    assert [row["state"] for row in rows] == ["sent"]
    assert [attempt["text"] for attempt in rows[0]["history"]] == ["settled by hand: it arrived"]
    assert "settled by hand: it arrived" in doubtful("deliveries", ISSUE, "--to", ANN).out


def test_one_in_doubt_can_be_sent_again(doubtful: Run, mail: Path) -> None:
    doubtful("send", ISSUE, "--unchecked", "--yes")
    assert len(list(mail.iterdir())) == 1, "what is in doubt is not sent by itself"
    shown = doubtful("deliveries", "resolve", ISSUE, ANN, "--resend")
    assert f"`newsletter send {ISSUE}`" in shown.out
    doubtful("send", ISSUE, "--unchecked", "--yes")
    assert len(list(mail.iterdir())) == 2


def test_which_way_must_be_said(doubtful: Run) -> None:
    assert doubtful("deliveries", "resolve", ISSUE, ANN).code == 2
    shown = doubtful("deliveries", "resolve", ISSUE, "bo@reader.example", "--sent")
    assert shown.code == 1
    assert "is not in doubt: their message is queued" in shown.err


def test_what_a_dead_sender_left_is_listed_as_in_doubt_and_can_be_settled(
    doubtful: Run, tmp_path: Path
) -> None:
    with sqlite3.connect(tmp_path / "newsletter.db") as connection:
        connection.execute(
            "UPDATE deliveries SET state = 'sending', sender = '1-000000aa' "
            "WHERE state = 'in doubt'"
        )
    connection.close()
    shown = doubtful("status", ISSUE)
    assert f"in doubt: {ANN}" in shown.out
    assert "sends them the same again" in shown.out
    report = json.loads(doubtful("status", ISSUE, "--json").out)
    assert report["in_doubt"] == [ANN]
    assert (report["deliveries"]["sending"], report["deliveries"]["in doubt"]) == (0, 1)
    assert ANN not in doubtful("deliveries", ISSUE, "--state", "sending").out
    for words in (("--state", "in doubt"), ("--to", ANN)):
        (row,) = json.loads(doubtful("deliveries", ISSUE, *words, "--json").out)
        assert (row["address"], row["state"]) == (ANN, "in doubt")
        assert row["reason"] == "its sender ended before the relay answered"
    with sqlite3.connect(tmp_path / "newsletter.db") as connection:
        looked = connection.execute("SELECT count(*) FROM deliveries WHERE state = 'sending'")
        assert looked.fetchone() == (1,), "looking changes nothing"
    connection.close()
    assert doubtful("deliveries", "resolve", ISSUE, ANN, "--sent").out == f"{ANN}: sent\n"
    assert "in doubt" not in doubtful("status", ISSUE).out


def refused(tmp_path: Path, address: str) -> None:
    """Ends that reader's message as one that was refused by policy."""
    with sqlite3.connect(tmp_path / "newsletter.db") as connection:
        connection.execute(
            "UPDATE deliveries SET state = 'failed', code = 550, enhanced = '5.7.1', "
            "text = 'not from you', reason = 'refused: by policy' WHERE subscriber_id = "
            "(SELECT id FROM subscribers WHERE address = ?)",
            (address,),
        )
    connection.close()


def test_those_that_failed_are_sent_again_once_it_is_mended_why(
    filled: Run, mail: Path, tmp_path: Path
) -> None:
    filled("send", ISSUE, "--unchecked", "--yes")
    refused(tmp_path, ANN)
    assert "nothing is left to send" in filled("send", ISSUE, "--unchecked", "--yes").out
    assert "nothing is left to try" in filled("deliveries", "retry", ISSUE, "--code", "554").out
    asked = filled("deliveries", "retry", ISSUE, "--code", "5.7.1")
    assert (asked.code, asked.err.count("\n")) == (1, 1)
    assert "--yes" in asked.err, "it asks first"
    shown = filled("deliveries", "retry", ISSUE, "--reason", "policy", "--yes")
    assert (shown.code, shown.err) == (0, "")
    assert f"1 reader queued again; `newsletter send {ISSUE}` sends it" in shown.out
    assert filled("send", ISSUE, "--unchecked", "--yes").code == 0
    first, second = sorted(
        path.read_bytes() for path in mail.iterdir() if ANN.encode() in path.read_bytes()
    )
    assert first.partition(b"\nSubject")[2] == second.partition(b"\nSubject")[2]
    assert json.loads(filled("status", ISSUE, "--json").out)["state"] == "sent"


def test_a_draft_has_nothing_to_try_again(filled: Run) -> None:
    shown = filled("deliveries", "retry", ISSUE, "--yes")
    assert "nothing is left to try again" in shown.out
