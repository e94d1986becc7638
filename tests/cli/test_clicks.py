"""A list that counts clicks, from its file to the report."""

from __future__ import annotations

import datetime as dt
import json
import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from newsletter import settings
from newsletter.store.database import Database
from newsletter.tokens import Keyring
from newsletter.tracking.clicks import settle
from newsletter.web.app import create_app
from tests.cli.conftest import ISSUE, Run
from tests.cli.test_amending import BO, become, caught

ANN = "ann@reader.example"
COUNTED = re.compile(r"https://newsletter\.example\.org/c/[a-z2-7]+/\d+")
LATER = dt.datetime(2036, 1, 1, tzinfo=dt.UTC)
BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


@pytest.fixture
def counting(filled: Run, tmp_path: Path) -> Run:
    """The list's file says that clicks are counted, and the issue is assembled anew."""
    file = tmp_path / "subscribers/ai-for-science/list.toml"
    text = file.read_text("utf-8")
    file.write_text(re.sub(r'(?m)^clicks = "off"', 'clicks = "counted"', text), "utf-8")
    assert filled("lists", "sync").code == 0
    assert filled("issues", "assemble", "ai-for-science", "--week", "2026-W06").code == 0
    return filled


def parts(message: bytes) -> tuple[str, str]:
    """HTML and text."""
    parsed = message_from_bytes(message, policy=default)
    found = [parsed.get_body((kind,)) for kind in ("html", "plain")]
    html, text = ("" if part is None else str(part.get_content()) for part in found)
    return html, text


def pages(folder: Path, database: Database) -> TestClient:
    """The pages of a working folder, asked by a browser ten years later."""
    secrets = settings.load(folder, {}).secret_keys
    app = create_app(
        database,
        Keyring.of([key.get_secret_value() for key in secrets]),
        clock=lambda: LATER,
        public_url="",
        templates=(),
    )
    return TestClient(app, follow_redirects=False, headers=BROWSER)


def test_from_the_lists_file_to_the_report(counting: Run, mail: Path, tmp_path: Path) -> None:
    assert counting("send", ISSUE, "--unchecked", "--yes").code == 0
    html, text = parts(caught(mail, ANN))
    links = list(dict.fromkeys(COUNTED.findall(html)))
    assert len(links) > 5
    assert "arxiv.org" not in html
    assert "/c/" not in text
    assert "https://arxiv.org/abs/" in text
    counting("render", ISSUE, "--to", ANN, "--out", tmp_path / "one.eml")
    assert (tmp_path / "one.eml").read_bytes() == caught(mail, ANN)

    database = Database.open(f"sqlite:///{tmp_path / 'newsletter.db'}")
    client = pages(tmp_path, database)
    for link in links[:2]:
        assert client.get(urlsplit(link).path).status_code == 302
    client.head(urlsplit(links[2]).path)
    waiting = json.loads(counting("report", ISSUE, "--json").out)["clicks"]
    assert (waiting["people"], waiting["undecided"]) == (0, 3)
    settle(database, LATER, after=dt.timedelta())
    database.close()


def test_the_report_tells_clicks_by_paper_and_topic(
    counting: Run, mail: Path, tmp_path: Path
) -> None:
    assert counting("send", ISSUE, "--unchecked", "--yes").code == 0
    assert list(mail.iterdir())
    database = Database.open(f"sqlite:///{tmp_path / 'newsletter.db'}")
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO clicks SELECT edition_id, number, '2036-01-01', 3, 1 FROM links "
            "WHERE entries = '0' ORDER BY number LIMIT 1"
        )
    database.close()
    entry = json.loads(counting("issues", "show", ISSUE, "--json").out)["entries"][0]
    told = json.loads(counting("report", ISSUE, "--json").out)["clicks"]
    assert (told["people"], told["scanners"]) == (3, 1)
    assert told["papers"] == [
        {"key": entry["key"], "title": entry["title"], "people": 3, "scanners": 1}
    ]
    assert set(told["topics"]) == set(entry["topics"])
    shown = counting("report", ISSUE).out
    assert re.search(r"clicks that look like people's +3", shown)
    assert entry["title"] in shown
    assert "180 days" in shown
    whole = counting("report", "ai-for-science").out
    assert re.search(r"clicks that look like people's, in the issues below +3", whole)


def test_where_a_list_counts_nothing_the_report_does_not_pretend(filled: Run, mail: Path) -> None:
    assert filled("send", ISSUE, "--unchecked", "--yes").code == 0
    assert "/c/" not in parts(caught(mail, ANN))[0]
    assert json.loads(filled("report", ISSUE, "--json").out)["clicks"] is None
    assert "opened" not in filled("report", ISSUE).out


def test_a_test_message_has_links_that_work_and_count_nothing(counting: Run, mail: Path) -> None:
    assert counting("send", ISSUE, "--test", "me@editors.example").code == 0
    html, _ = parts(caught(mail, "me@editors.example"))
    assert "/c/" not in html
    assert "https://arxiv.org/abs/" in html


def test_a_dead_link_is_found_behind_the_way_that_counts_it(counting: Run) -> None:
    entry = json.loads(counting("issues", "show", ISSUE, "--json").out)["entries"][0]["key"]
    counting("entries", "edit", entry.removeprefix("arxiv:"), "links=https://localhost/paper")
    counting("issues", "assemble", "ai-for-science", "--week", "2026-W06")
    told = counting("check", ISSUE)
    assert "https://localhost/paper" in told.out + told.err


def test_each_edition_has_links_of_its_own(
    counting: Run, gone: str, mail: Path, tmp_path: Path
) -> None:
    counting("send", ISSUE, "--unchecked", "--yes", smtp=gone)
    become(tmp_path, BO, "in doubt")
    assert counting("send", ISSUE, "--unchecked", "--yes").code == 0
    become(tmp_path, BO, "queued")
    first = json.loads(counting("issues", "show", ISSUE, "--json").out)["entries"][0]["key"]
    counting("entries", "drop", first.removeprefix("arxiv:"))
    assert counting("issues", "amend", ISSUE).code == 0
    assert counting("send", ISSUE, "--unchecked", "--yes").code == 0
    database = Database.open(f"sqlite:///{tmp_path / 'newsletter.db'}")
    client, led = pages(tmp_path, database), {}
    for address in (ANN, BO):
        token = COUNTED.findall(parts(caught(mail, address))[0])[0].split("/")[-2]
        led[address] = client.get(f"/c/{token}/0").headers["location"]
    database.close()
    assert led[ANN] != led[BO]
    assert all(url.startswith("https://arxiv.org/abs/") for url in led.values())
    assert first.removeprefix("arxiv:") in led[ANN]
