from __future__ import annotations

import asyncio
import logging
import re

import pytest
import structlog
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from newsletter.errors import DatabaseError
from newsletter.store.database import Database
from newsletter.tokens import Purpose
from newsletter.web.protection import MOST_OCTETS, Protection
from tests.web.newsstand import Newsstand

STRICT = "default-src 'none'; style-src 'self'"


def test_every_response_is_guarded(newsstand: Newsstand) -> None:
    paths = [*newsstand.public_paths, *newsstand.private_paths, "/nowhere", "/u/forged"]
    for path in paths:
        headers = newsstand.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert "script-src" not in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"] or path.startswith("/v/")
        assert "set-cookie" not in headers


def test_pages_behind_a_token_are_neither_indexed_nor_kept(newsstand: Newsstand) -> None:
    for path in newsstand.private_paths:
        headers = newsstand.client.get(path).headers
        assert "noindex" in headers["x-robots-tag"]
        assert headers["cache-control"] == "no-store"
    public = newsstand.client.get("/archive/ai-for-science").headers
    assert "x-robots-tag" not in public


def test_no_page_holds_a_script_or_an_inline_style(newsstand: Newsstand) -> None:
    for path in newsstand.public_paths + newsstand.private_paths:
        response = newsstand.client.get(path)
        if response.headers["content-type"].startswith("text/html") and not path.startswith("/v/"):
            assert not re.search(r"<script|<style|\sstyle=|\son\w+=", response.text), path


def test_a_body_that_is_too_long_is_refused_unread(newsstand: Newsstand) -> None:
    before = newsstand.dump()
    data = {"choice": "leave", "words": "x" * MOST_OCTETS}
    response = newsstand.client.post(newsstand.leave_path(), data=data)
    assert response.status_code == 413
    assert response.headers["x-content-type-options"] == "nosniff"
    assert newsstand.dump() == before


def test_a_long_body_of_unknown_length_is_refused_as_well(newsstand: Newsstand) -> None:
    response = newsstand.client.post(
        newsstand.leave_path(),
        content=(b"List-Unsubscribe=One-Click&x=" + b"y" * 9_000 for _ in range(20)),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert response.status_code == 413
    assert not newsstand.departures()


def test_a_body_that_is_no_form_changes_nothing(newsstand: Newsstand) -> None:
    before = newsstand.dump()
    for kind in ("multipart/form-data; boundary=x", "multipart/form-data", "application/json"):
        response = newsstand.client.post(
            newsstand.leave_path(), content=b"\xff--x\r\n\0{", headers={"content-type": kind}
        )
        assert response.status_code == 400, kind
    assert newsstand.dump() == before


def test_a_body_that_never_ends_is_given_up() -> None:
    async def wait(_scope: Scope, receive: Receive, _send: Send) -> None:
        while (await receive()).get("more_body"):
            pass

    async def drip() -> Message:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def nothing(_message: Message) -> None:
        pytest.fail("it is not for this to answer")

    scope = {"type": "http", "method": "POST", "path": "/u/x", "headers": []}
    with pytest.raises(HTTPException) as refused:
        asyncio.run(Protection(wait, body_seconds=0.1)(scope, drip, nothing))
    assert refused.value.status_code == 408


def test_a_slash_too_many_is_no_redirect_to_a_host_that_the_request_makes_up(
    newsstand: Newsstand,
) -> None:
    for path in ("/manage/", "/archive/ai-for-science/", f"{newsstand.leave_path()}/"):
        for method in ("GET", "POST"):
            response = newsstand.client.request(method, path, headers={"host": "evil.example"})
            assert response.status_code == 404
            assert "evil" not in str(response.headers) + response.text


def test_logs_hold_the_pattern_and_no_token_or_address(
    newsstand: Newsstand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as events:
        for path in newsstand.private_paths:
            newsstand.client.get(path)
        newsstand.client.post(newsstand.leave_path(), data={"List-Unsubscribe": "One-Click"})
        newsstand.client.get("/u/forged")
    ours = [record.getMessage() for record in caplog.records if record.name != "httpx2"]
    said = f"{events}{ours}"
    assert "/u/{token}" in said
    assert newsstand.token(Purpose.LEAVE) not in said
    assert "forged" not in said
    assert "@" not in said


def test_ready_means_that_the_database_answers_at_the_right_version(newsstand: Newsstand) -> None:
    assert newsstand.client.get("/readyz").status_code == 200
    with newsstand.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'older'")
    assert newsstand.client.get("/readyz").status_code == 503
    assert newsstand.client.get("/healthz").status_code == 200


def test_a_database_in_trouble_is_answered_with_a_page(
    newsstand: Newsstand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Database) -> None:
        raise DatabaseError("the database at secret-host does not answer")

    monkeypatch.setattr(Database, "read", refuse)
    with structlog.testing.capture_logs() as events:
        response = newsstand.client.get(newsstand.leave_path())
    assert response.status_code == 503
    assert "secret-host" in str(events)
    assert "secret-host" not in response.text


def test_a_fault_of_ours_is_a_page_that_tells_nothing(
    newsstand: Newsstand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: Database) -> None:
        raise ValueError("ada@mail.example.net")

    monkeypatch.setattr(Database, "read", fail)
    client = TestClient(newsstand.app, raise_server_exceptions=False)
    response = client.get(newsstand.leave_path())
    assert response.status_code == 500
    assert "ada" not in response.text
    assert response.headers["referrer-policy"] == "no-referrer"
