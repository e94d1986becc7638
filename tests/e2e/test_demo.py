"""`make demo`, as a newcomer runs it: real commands, real SMTP, and the mail that came of it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from newsletter import settings
from newsletter.content.planning import Depth
from newsletter.delivery.showing import explain, render_for
from newsletter.packaged import packaged
from newsletter.rendering.forms import compiler
from newsletter.store import issues, subscribers
from newsletter.store.database import Database
from newsletter.tokens import Keyring
from tests.e2e.newcomer import Demo

LIST, WEEK = "ai-for-science", "2026-W06"
NOW = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def database(demo: Demo) -> Iterator[Database]:
    opened = Database.open(f"sqlite:///{demo.folder / 'newsletter.db'}")
    yield opened
    opened.close()


def test_both_runs_end_well(demo: Demo) -> None:
    for run in (demo.first, demo.second):
        assert run.returncode == 0, run.stderr
    assert "290" in demo.first.stdout
    assert "newsletter report ai-for-science/2026-W06" in demo.first.stdout


def test_the_second_run_sends_nobody_the_same_issue_and_says_so(demo: Demo) -> None:
    assert "0 messages sent" in demo.second.stdout
    assert demo.after_first == 290
    assert len(list((demo.folder / "mail" / "new").iterdir())) == demo.after_first


def test_render_gives_back_every_octet_that_the_catcher_received(
    demo: Demo, database: Database
) -> None:
    keyring = Keyring.of(settings.load(demo.folder, {}).secrets)
    compile_for = compiler((packaged("templates"),))
    with database.read() as session:
        issue = issues.get_issue(session, LIST, WEEK)
    for address, octets in demo.octets.items():
        if address != "undisclosed-recipients:;":
            rendered = render_for(database, issue, address, keyring, lambda: NOW, compile_for)
            assert rendered == octets, address


def test_each_reader_has_exactly_what_they_chose(demo: Demo, database: Database) -> None:
    with database.read() as session:
        issue = issues.get_issue(session, LIST, WEEK)
    tree = issue.digest.list.topics
    for address in demo.octets:
        if address == "undisclosed-recipients:;":
            continue
        with database.read() as session:
            choice = subscribers.show(session, address).subscriptions[LIST].preferences
        found = explain(database, issue, address)
        body = re.sub(r"\s+", " ", _text(demo.message(address)))
        for entry in found.entries:
            lines = {name for topic in entry.topics for name in tree.lineage(topic)}
            wanted = choice.follows is None or bool(lines & choice.follows)
            general = entry.topics == ("general",) and not choice.only_topics
            if entry.depth is not Depth.ABSENT:
                assert wanted or general
                assert entry.title in body
            elif entry.title in body:
                pytest.fail(f"{address} did not choose {entry.title!r}")


def test_nobody_with_nothing_chosen_is_mailed_and_their_row_says_why(
    demo: Demo, database: Database
) -> None:
    from newsletter.store import ledger
    from newsletter.store.values import DeliveryState, Skip

    with database.read() as session:
        issue = issues.get_issue(session, LIST, WEEK)
        skipped = list(ledger.deliveries(session, issue.id, state=DeliveryState.SKIPPED))
    reasons = {row.address: row.reason for row in skipped}
    assert set(reasons.values()) == {Skip.NOTHING_CHOSEN, Skip.PAUSED}
    assert not set(reasons) & set(demo.octets)


def test_every_message_is_well_formed(demo: Demo) -> None:
    ids = set()
    for octets in demo.octets.values():
        message = message_from_bytes(octets, policy=default)
        assert not message.defects
        assert max(map(len, octets.split(b"\r\n"))) <= 998
        assert b"\n" not in octets.replace(b"\r\n", b"")
        for name in ("From", "To", "Subject", "Date", "Message-ID", "List-Id", "Feedback-ID"):
            assert len(message.get_all(name, [])) == 1, name
        assert re.fullmatch(
            r"<https?://[^>]+/u/[a-z2-7]+>", message["List-Unsubscribe"].split(",")[0]
        )
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        ids.add(message["Message-ID"])
    assert len(ids) == len(demo.octets)


def test_chinese_is_readable(demo: Demo, database: Database) -> None:
    with database.read() as session:
        readers = {
            address: subscribers.show(session, address).subscriptions[LIST].preferences
            for address in demo.octets
            if address != "undisclosed-recipients:;"
        }
    chinese = [a for a, p in readers.items() if p.languages == ("zh",) and p.html]
    assert chinese
    for address in chinese:
        message = demo.message(address)
        html = message.get_body(("html",))
        assert html is not None
        assert 'lang="zh"' in html.get_content()
        assert re.search("[\u4e00-\u9fff]{4}", str(message["Subject"]) + _text(message))
        assert "�" not in html.get_content()


def _text(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    content: str = part.get_content()
    return content
