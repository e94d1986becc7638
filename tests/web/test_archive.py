from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from newsletter.content.entry import EntryText
from newsletter.store.values import IssueState
from tests.builders import make_breakthrough, make_digest, make_entry
from tests.web.newsstand import Newsstand, make_newsstand

HOSTILE = "<script>alert(1)</script> {{ 7*7 }} \" onmouseover='x' 𝐱"
ISSUE = "/archive/ai-for-science/2026-W06"


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Newsstand]:
    entry = make_entry(
        41,
        title=HOSTILE,
        authors=(HOSTILE,),
        links=("javascript:alert(1)", "data:text/html,x", "https://[bad", "https://doi.org/x"),
        texts={"en": EntryText(summary=HOSTILE, innovations=(HOSTILE,))},
    )
    digest = make_digest(entries=[entry], titles={"en": HOSTILE})
    stand = make_newsstand(tmp_path, digest)
    yield stand
    stand.database.close()


def test_every_detail_of_every_entry_stands_under_its_anchor(newsstand: Newsstand) -> None:
    page = newsstand.client.get(ISSUE).text
    for index in range(len(newsstand.digest.entries)):
        assert f'id="e{index}"' in page
    assert "Forces within 2 meV/Å on five of seven systems" in page
    assert "A benchmark of 1200 atoms" in page
    assert "Ninety papers were read" in page
    # Each name has a direction of its own, whatever the script of its neighbours.
    assert "<bdi>Ada Example</bdi>, <bdi>Béla Sample</bdi></p>" in page


def test_it_is_read_in_the_browsers_language_and_the_rest_in_what_there_is(
    newsstand: Newsstand,
) -> None:
    response = newsstand.client.get(ISSUE, headers={"accept-language": "fr, zh-CN;q=0.8, en;q=0.5"})
    assert response.headers["content-language"] == "zh"
    assert "首个能在整整一微秒内保持稳定的力场" in response.text
    assert '<ul lang="en"><li>Forces within 2 meV/Å' in response.text


def test_a_draft_is_not_public(newsstand: Newsstand) -> None:
    for state in (IssueState.DRAFT, IssueState.FROZEN, IssueState.CANCELLED):
        with newsstand.database.engine.begin() as connection:
            connection.execute(sql("UPDATE issues SET state = :state"), {"state": state})
        assert newsstand.client.get(ISSUE).status_code == 404
        assert "2026-W06" not in newsstand.client.get("/archive/ai-for-science").text


def test_a_list_or_issue_that_is_not_there_is_a_plain_404(newsstand: Newsstand) -> None:
    for path in ("/lists/x", "/archive/x", "/archive/x/y", "/archive/ai-for-science/2020-W01"):
        response = newsstand.client.get(path)
        assert response.status_code == 404
        assert "newsletter lists sync" not in response.text


class _Markup(HTMLParser):
    """What a browser would take for an element or an attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(name for name, _ in attrs)}


def test_what_is_stored_is_never_markup(hostile: Newsstand) -> None:
    for path in hostile.public_paths + hostile.private_paths:
        response = hostile.client.get(path)
        if response.headers["content-type"].startswith("text/html"):
            markup = _Markup()
            markup.feed(response.text)
            assert not markup.found & {"script", "onmouseover"}, path
            assert "{{ 7*7 }}" in response.text or HOSTILE[:7] not in response.text
    assert "{{ 7*7 }}" in hostile.client.get(ISSUE).text


def test_only_web_addresses_become_links(hostile: Newsstand) -> None:
    page = hostile.client.get(ISSUE).text
    assert "javascript:" not in page
    assert "data:text" not in page
    assert 'href="https://doi.org/x"' in page
    assert 'href="https://arxiv.org/abs/2602.00041"' in page


def test_the_lists_page_shows_its_topics_and_how_to_join(newsstand: Newsstand) -> None:
    page = newsstand.client.get("/lists/ai-for-science").text
    assert "Machine-learning force fields" in page
    assert "mailto:editors@news.example.org" in page
    assert "Thursdays" in page
    assert make_breakthrough().title not in page


@pytest.mark.parametrize("name", ["%00", "%ED%A0%80", "a%00b", "x" * 500, "%2e%2e"])
def test_a_name_that_no_list_can_have_is_a_plain_404(newsstand: Newsstand, name: str) -> None:
    for path in (f"/lists/{name}", f"/archive/{name}", f"/archive/{name}/x", f"/style/{name}.css"):
        assert newsstand.client.get(path).status_code == 404, path
