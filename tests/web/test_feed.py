from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

from sqlalchemy import text as sql

from newsletter.content.entry import EntryText
from tests.builders import make_digest, make_entry
from tests.web.newsstand import Newsstand, make_newsstand

FEED = "/archive/ai-for-science/feed.xml"
ATOM = {"a": "http://www.w3.org/2005/Atom", "h": "http://www.w3.org/1999/xhtml"}
HOSTILE = "<script>alert(1)</script> & ]]> \x00\x1b\ufffe {{ 7*7 }}"


def read(newsstand: Newsstand, **headers: str) -> ET.Element:
    response = newsstand.client.get(FEED, headers=headers)
    assert response.headers["content-type"] == "application/atom+xml"
    return ET.fromstring(response.content)  # noqa: S314 - we wrote it ourselves


def test_it_has_what_atom_asks_for_and_leads_to_the_archive(newsstand: Newsstand) -> None:
    feed = read(newsstand)
    for needed in ("a:id", "a:title", "a:updated", "a:author/a:name", "a:link[@rel='self']"):
        assert feed.find(needed, ATOM) is not None, needed
    (entry,) = feed.findall("a:entry", ATOM)
    assert entry.findtext("a:title", "", ATOM) == "AI for Science · 2026-W06"
    assert entry.findtext("a:updated", "", ATOM) == "2026-02-12T09:00:00Z"
    link = entry.find("a:link", ATOM)
    assert link is not None
    assert link.get("href") == "https://news.example.org/archive/ai-for-science/2026-W06"
    titles = [li.text for li in entry.iterfind(".//h:li", ATOM)]
    assert len(titles) == len(newsstand.digest.entries)


def test_it_speaks_the_language_that_is_asked_for(newsstand: Newsstand) -> None:
    feed = read(newsstand, **{"accept-language": "zh"})
    assert feed.findtext("a:title", "", ATOM) == "科学智能周报"
    assert "面向大分子的长程力场" in [li.text for li in feed.iterfind(".//h:li", ATOM)]


def test_what_is_not_public_is_not_in_it(newsstand: Newsstand) -> None:
    with newsstand.database.engine.begin() as connection:
        connection.execute(sql("UPDATE issues SET state = 'frozen'"))
    assert read(newsstand).findall("a:entry", ATOM) == []


def test_stored_text_stays_text_and_the_feed_well_formed(tmp_path: Path) -> None:
    entry = make_entry(41, title=HOSTILE, texts={"en": EntryText(title=HOSTILE)})
    stand = make_newsstand(tmp_path, make_digest(entries=[entry], titles={"en": HOSTILE}))
    feed = read(stand)
    (title,) = [li.text for li in feed.iterfind(".//h:li", ATOM)]
    assert title == "<script>alert(1)</script> & ]]> {{ 7*7 }}"
    assert not [e for e in feed.iter() if e.tag.endswith("script")]
    stand.database.close()


def test_no_title_turns_what_stands_after_it(tmp_path: Path) -> None:
    turned = "A \u202etitle\u2067 \u05dc\u05de\u05d9\u05d3\u05d4"
    entry = make_entry(41, title=turned, authors=("Ada \u202eExample",), texts={})
    stand = make_newsstand(tmp_path, make_digest(entries=[entry]))
    for page in (FEED, "/archive/ai-for-science/2026-W06"):
        text = stand.client.get(page).text
        assert "A title \u05dc\u05de\u05d9\u05d3\u05d4" in text
        assert not set(text) & set("\u202e\u2067")
    stand.database.close()


def test_the_archive_shows_the_editors_note_cleaned(tmp_path: Path) -> None:
    notes = {"en": "Corrected: *two* titles. <script>x</script> [go](javascript:x)"}
    stand = make_newsstand(tmp_path, replace(make_digest(), notes=notes))
    page = stand.client.get("/archive/ai-for-science/2026-W06").text
    assert "Corrected: <em>two</em> titles." in page
    assert "<script" not in page
    assert 'href="javascript' not in page
    assert 'lang="en"' in stand.client.get("/archive/ai-for-science/2026-W06?lang=zh").text
    stand.database.close()
