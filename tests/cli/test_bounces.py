from __future__ import annotations

import io
import json
import sqlite3
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from newsletter.settings import load
from newsletter.tokens import Keyring
from tests.cli.conftest import ISSUE, Run
from tests.tracking.returned_mail import arf, dsn, envelope, our_headers


@pytest.fixture
def sent(filled: Run, mail: Path) -> Run:
    assert filled("send", ISSUE, "--unchecked", "--yes").code == 0
    assert list(mail.iterdir())
    return filled


def ring(folder: Path) -> Keyring:
    return Keyring.of(load(folder, {}).secrets)


def delivery_id(folder: Path, address: str) -> int:
    query = (
        "SELECT d.id FROM deliveries d JOIN subscribers p ON p.id = d.subscriber_id "
        "WHERE p.address = ?"
    )
    connection = sqlite3.connect(folder / "newsletter.db")
    (found,) = connection.execute(query, (address,)).fetchone()
    connection.close()
    return int(found)


def test_returned_mail_is_read_from_a_maildir_and_counts_once(sent: Run, tmp_path: Path) -> None:
    maildir = tmp_path / "Maildir"
    (maildir / "new").mkdir(parents=True)
    keys = ring(tmp_path)
    bounce = dsn(to=envelope(delivery_id(tmp_path, "ann@reader.example"), keys))
    headers = our_headers(delivery_id(tmp_path, "bo@reader.example"), ring=keys)
    (maildir / "new" / "1").write_bytes(bounce)
    (maildir / "new" / "2").write_bytes(arf(returned=headers))
    first = json.loads(sent("bounces", "read", "Maildir", "--json").out)
    assert first["messages"] == {"bounce": 1, "complaint": 1}
    assert first["suppressed"] == 2
    assert "known before: 2" in sent("bounces", "read", "Maildir").out
    shown = json.loads(sent("bounces", "list", "--json").out)
    assert {(item["kind"], item["address"]) for item in shown} == {
        ("bounce", "ann@reader.example"),
        ("complaint", "bo@reader.example"),
    }
    assert "must not be mailed: complaint" in sent("subscribers", "show", "bo@reader.example").out
    assert "bounced" in sent("deliveries", ISSUE, "--to", "ann@reader.example").out


def test_the_history_tells_each_thing_as_it_was_at_its_time_and_whose_lists_are_given_back(
    sent: Run, tmp_path: Path
) -> None:
    ann = "ann@reader.example"
    (tmp_path / "back.eml").write_bytes(
        dsn(to=envelope(delivery_id(tmp_path, ann), ring(tmp_path)))
    )
    assert "suppressed: 1" in sent("bounces", "read", "back.eml").out
    told = sent("subscribers", "unsuppress", ann, "--reason", "their server is mended").out
    assert told == (
        f"{ann}: may be mailed again, and is on ai-for-science again, which bounces took them off\n"
    )
    events = json.loads(sent("subscribers", "history", ann, "--json").out)
    details = {event["what"]: event["detail"] for event in events}
    assert sorted(event["what"] for event in events) == [
        "accepted by the relay",
        "bounce came back",
        "came back to the list",
        "joined",
        "left the list",
        "may be mailed again",
    ]
    assert [event["what"] for event in events[:2]] == ["joined", "accepted by the relay"]
    assert (details["joined"], details["accepted by the relay"]) == ("import of people.csv", "")
    assert details["bounce came back"].startswith("bad address")


def test_a_mail_server_may_pipe_a_message_in(
    sent: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = dsn(to=envelope(delivery_id(tmp_path, "ann@reader.example"), ring(tmp_path)))
    pipe = SimpleNamespace(buffer=io.BytesIO(report))
    monkeypatch.setattr(
        "newsletter.cli.bounces.sys", SimpleNamespace(stdin=pipe, stdout=sys.stdout)
    )
    shown = sent("bounces", "read", "-")
    assert (shown.code, shown.out, shown.err) == (0, "", "")
    assert "must not be mailed" in sent("subscribers", "show", "ann@reader.example").out


def test_a_pipe_is_told_to_come_again_when_the_database_is_away(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_DATABASE_URL", "sqlite:///no/such/folder/newsletter.db")
    monkeypatch.setenv("NEWSLETTER_SECRET_KEYS", '["a key for tests, and for nothing else at all"]')
    shown = run("bounces", "read", "-")
    assert (shown.code, shown.err.count("\n")) == (75, 1)


def test_what_is_not_understood_can_be_looked_at(ready: Run, tmp_path: Path) -> None:
    strange = b"From: MAILER-DAEMON@mx.example\nSubject: Undeliverable\n\nwho knows\n"
    (tmp_path / "strange.eml").write_bytes(strange)
    assert "unread: 1" in ready("bounces", "read", "strange.eml").out
    (kept,) = json.loads(ready("bounces", "list", "--unread", "--json").out)
    assert kept["text"] == "Undeliverable"
    assert ready("bounces", "list", "--show", str(kept["id"])).out.encode() == strange


def test_a_report_that_anybody_could_have_written_waits_for_the_admin(
    sent: Run, tmp_path: Path
) -> None:
    (tmp_path / "forged.eml").write_bytes(dsn(recipient="ann@reader.example"))
    shown = sent("bounces", "read", "forged.eml").out
    assert "unproven: 1" in shown
    assert "suppressed: 0" in shown
    assert "`newsletter bounces review` has your word" in " ".join(shown.split())
    (held,) = json.loads(sent("bounces", "review", "--json").out)
    assert (held["issue"], held["domain"], held["people"]) == (ISSUE, "reader.example", 1)
    assert "1 dismissed" in sent("bounces", "review", ISSUE, "--dismiss").out
    assert json.loads(sent("bounces", "review", "--json").out) == []
    assert "suppressed" not in sent("subscribers", "history", "ann@reader.example").out
    assert "passed over" in sent("subscribers", "history", "ann@reader.example").out


def test_nothing_waits_for_review_at_first(ready: Run) -> None:
    assert json.loads(ready("bounces", "review", "--json").out) == []


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("read", "nothing.mbox"), "nothing.mbox"),
        (("list", "--show", "7"), "bounces list --unread"),
        (("review", ISSUE), "--suppress or --dismiss"),
        (("review", "--suppress"), "bounces review"),
    ],
)
def test_a_mistake_is_one_line(ready: Run, words: tuple[str, ...], named: str) -> None:
    shown = ready("bounces", *words)
    assert (shown.code, shown.err.count("\n")) == (1, 1)
    assert named in shown.err
