"""Link scanners open every link of every mail: nothing may come of it."""

from __future__ import annotations

import pytest

from tests.web.newsstand import Newsstand


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_scanner_that_opens_every_link_changes_nothing(newsstand: Newsstand, method: str) -> None:
    before = newsstand.dump()
    for path in newsstand.public_paths + newsstand.private_paths:
        assert newsstand.client.request(method, path).status_code == 200, path
    assert newsstand.dump() == before


def test_a_form_followed_by_get_changes_nothing(newsstand: Newsstand) -> None:
    before = newsstand.dump()
    for query in ("choice=leave", "List-Unsubscribe=One-Click", "choice=pause&weeks=4"):
        assert newsstand.client.get(f"{newsstand.leave_path()}?{query}").status_code == 200
    newsstand.client.get(f"{newsstand.choose_path()}?scope=chosen&html=no")
    assert newsstand.dump() == before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(newsstand: Newsstand, method: str) -> None:
    before = newsstand.dump()
    for path in newsstand.private_paths:
        response = newsstand.client.request(method, path)
        assert response.status_code == 405
        assert "GET" in response.headers["allow"]
    assert newsstand.dump() == before


def test_head_has_the_headers_of_get_and_no_body(newsstand: Newsstand) -> None:
    for path in newsstand.public_paths + newsstand.private_paths:
        got, head = newsstand.client.get(path), newsstand.client.head(path)
        assert head.content == b""
        assert head.headers["content-type"] == got.headers["content-type"]
        assert head.headers["content-length"] == got.headers["content-length"]
