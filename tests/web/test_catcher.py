from __future__ import annotations

import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from newsletter.web.catcher import AT_ONCE, create_catcher_app
from tests.web.newsstand import Newsstand


def message(number: int, *, html: bool = True, says: str = "Seven papers") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = f"科学智能周报 <b>{says}</b>"
    mail["To"] = f"reader{number}@example.net"
    mail.set_content(f"{says}. https://news.example.org/u/token{number}\n")
    if html:
        mail.add_alternative(
            f"<!DOCTYPE html><html><head></head><body><p>{says}</p>"
            "<script>alert(1)</script></body></html>",
            subtype="html",
        )
    mail["Content-Language"] = "en"
    return mail


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    box = mailbox.Maildir(tmp_path / "caught")
    for number in range(AT_ONCE + 5):
        box.add(message(number))
    box.add(message(99, html=False, says="Only text"))
    return tmp_path / "caught"


@pytest.fixture
def client(maildir: Path) -> TestClient:
    return TestClient(create_catcher_app(maildir, None))


def first_id(maildir: Path, holds: bytes = b"Seven") -> str:
    return next(p.name for p in (maildir / "new").iterdir() if holds in p.read_bytes())


def test_the_list_is_paged_and_counts_what_differs(client: TestClient) -> None:
    page = client.get("/mail/").text
    assert f"{AT_ONCE + 6} messages" in page
    assert "2 different texts" in page
    assert page.count("reader") == AT_ONCE
    assert client.get("/mail/?page=2").text.count("reader") == 6


def test_one_of_each_text_can_be_asked_for(client: TestClient) -> None:
    assert client.get("/mail/?once=true").text.count("reader") == 2
    assert client.get("/mail/?find=reader99").text.count("@example.net") == 1


def test_a_message_shows_its_parts_and_headers(client: TestClient, maildir: Path) -> None:
    page = client.get(f"/mail/{first_id(maildir)}").text
    assert "科学智能周报 &lt;b&gt;Seven papers&lt;/b&gt;" in page
    assert "<iframe" in page
    assert "Content-Language" in page
    assert "https://news.example.org/u/token" in page


def test_the_html_part_is_boxed_in(client: TestClient, maildir: Path) -> None:
    response = client.get(f"/mail/{first_id(maildir)}/html")
    policy = response.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert '<base target="_blank">' in response.text


def test_the_source_is_the_octets_that_came(client: TestClient, maildir: Path) -> None:
    name = first_id(maildir)
    assert client.get(f"/mail/{name}/source").content == (maildir / "new" / name).read_bytes()


def test_a_text_only_message_has_no_frame(client: TestClient, maildir: Path) -> None:
    page = client.get(f"/mail/{first_id(maildir, b'Only text')}").text
    assert "<iframe" not in page
    assert "Only text" in page


@pytest.mark.parametrize(
    "name", ["%2e%2e", "..%2f..%2fsecret", "%2e%2e%2fsecret", "nothing", "%2e"]
)
def test_nothing_outside_the_maildir_is_shown(client: TestClient, maildir: Path, name: str) -> None:
    (maildir.parent / "secret").write_text("Subject: secret\n\nsecret")
    for path in (f"/mail/{name}", f"/mail/{name}/source", f"/mail/{name}/html"):
        response = client.get(path)
        assert response.status_code == 404, path
        assert "Subject: secret" not in response.text


def test_the_public_pages_stand_beside_it(newsstand: Newsstand, maildir: Path) -> None:
    client = TestClient(create_catcher_app(maildir, newsstand.app), follow_redirects=False)
    assert client.get("/mail").headers["location"] == "/mail/"
    assert "AI for Science" in client.get("/").text
    assert client.get(newsstand.leave_path()).status_code == 200
    assert client.head(newsstand.leave_path()).status_code == 200
    assert "messages" in client.get("/mail/").text


def test_an_empty_folder_is_an_empty_list(tmp_path: Path) -> None:
    client = TestClient(create_catcher_app(tmp_path / "not-there", None))
    assert "0 messages" in client.get("/").text
