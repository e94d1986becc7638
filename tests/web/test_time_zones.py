"""A reader's time zone on the page of their choices; a page without a script cannot tell it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from newsletter.content.timing import Waves
from newsletter.content.zones import zones_by_region
from newsletter.store import histories, lists, subscribers
from tests.web.newsstand import NOW, Newsstand
from tests.web.phone import chromium, phone, served
from tests.web.test_preferences_page import ADA, as_shown

LISTS_OWN = "As the list: Europe/Berlin"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def choose(newsstand: Newsstand, **fields: str) -> str:
    data = {"scope": "everything", **fields}
    return newsstand.client.post(newsstand.choose_path(), data=data).text


def set_zone(newsstand: Newsstand, zone: str) -> None:
    with newsstand.database.write() as session:
        person = subscribers.show(session, ADA)
        subscribers.set_zone(session, newsstand.digest.list.name, person.id, zone)


def test_the_lists_own_is_chosen_until_they_say(newsstand: Newsstand) -> None:
    page = newsstand.client.get(newsstand.choose_path()).text
    assert f'<option value="list" selected>{LISTS_OWN}</option>' in page
    for names in zones_by_region().values():
        assert all(f'value="{name}"' in page for name in names)


def test_a_zone_is_stored_shown_again_and_on_record(newsstand: Newsstand) -> None:
    assert "Saved" in choose(newsstand, zone="Asia/Shanghai")
    assert newsstand.subscription().zone == "Asia/Shanghai"
    assert as_shown(newsstand)["zone"] == ["Asia/Shanghai"]
    choose(newsstand, zone="list")
    assert newsstand.subscription().zone == ""
    with newsstand.database.read() as session:
        person = subscribers.show(session, ADA)
        events = histories.history(session, person.id, ADA)
    assert [e.detail for e in events if e.what == "changed time zone"] == [
        "by page, the list's → Asia/Shanghai",
        "by page, Asia/Shanghai → the list's",
    ]


def test_a_zone_that_an_import_brought_is_kept_though_nobody_is_offered_it(
    newsstand: Newsstand,
) -> None:
    set_zone(newsstand, "CET")
    assert as_shown(newsstand)["zone"] == ["CET"]


def test_a_page_that_was_open_before_zones_leaves_the_zone_as_it_was(newsstand: Newsstand) -> None:
    set_zone(newsstand, "Asia/Tokyo")
    choose(newsstand)
    assert newsstand.subscription().zone == "Asia/Tokyo"


def test_what_is_no_zone_is_passed_over(newsstand: Newsstand) -> None:
    set_zone(newsstand, "Asia/Tokyo")
    assert "<script>x" not in choose(newsstand, zone="<script>x")
    assert newsstand.subscription().zone == "Asia/Tokyo"


def test_a_preview_shows_the_zone_and_stores_none(newsstand: Newsstand) -> None:
    page = choose(newsstand, zone="Asia/Tokyo", do="preview")
    assert '<option value="Asia/Tokyo" selected>Tokyo</option>' in page
    assert newsstand.subscription().zone == ""


def test_the_page_asks_in_the_readers_language(newsstand: Newsstand) -> None:
    page = newsstand.client.get(newsstand.choose_path("mei@mail.example.net")).text
    for words in ("时区", "与列表相同：Europe/Berlin", '<optgroup label="亚洲">'):
        assert words in page


def test_the_page_says_what_a_zone_is_good_for(newsstand: Newsstand) -> None:
    page = newsstand.client.get(newsstand.choose_path()).text
    assert "goes to everybody at once" in page
    found = newsstand.digest.list
    with newsstand.database.write() as session:
        by_readers = replace(found.schedule, waves=Waves.READER, time=dt.time(7, 30))
        lists.sync_list(session, replace(found, schedule=by_readers), {}, now=NOW)
    page = newsstand.client.get(newsstand.choose_path()).text
    assert "Your mail comes at 07:30 by this clock." in page


@pytest.mark.system("chromium")
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_reader_chooses_a_zone_on_a_small_phone_without_scripts(
    newsstand: Newsstand, browser: Browser, colours: str
) -> None:
    with served(newsstand) as url, phone(browser, colours) as page:
        page.goto(url + newsstand.choose_path())
        page.get_by_label("Your time zone").select_option(label="Shanghai")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("status")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert newsstand.subscription().zone == "Asia/Shanghai"
