"""The pages as a reader has them on a small phone, without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from newsletter.content.preferences import Preferences
from newsletter.store.values import SubscriptionState
from tests.web.newsstand import Newsstand
from tests.web.phone import SMALL, chromium, phone, served

pytestmark = pytest.mark.system("chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def test_a_reader_leaves_says_why_and_comes_back(newsstand: Newsstand, browser: Browser) -> None:
    with served(newsstand) as url, phone(browser) as page:
        page.goto(url + newsstand.leave_path())
        page.get_by_text("Say why").click()
        page.get_by_label("Too many mails").check()
        page.get_by_role("button", name="Leave the list").click()
        expect(page.get_by_role("heading", name="You have left AI for Science")).to_be_visible()
        assert newsstand.departures()[0].reason == "too-many"
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    assert newsstand.subscription().state is SubscriptionState.ACTIVE


def test_a_reader_chooses_topics_and_finds_them_chosen(
    newsstand: Newsstand, browser: Browser
) -> None:
    with served(newsstand) as url, phone(browser) as page:
        page.goto(url + newsstand.choose_path())
        page.get_by_label("Only the topics ticked here").check()
        page.get_by_label("Neural operators", exact=True).check()
        page.get_by_label("Mute Proof automation").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_be_visible()
        page.goto(url + newsstand.choose_path())
        expect(page.get_by_label("Neural operators", exact=True)).to_be_checked()
    assert newsstand.subscription().preferences == Preferences(
        follows=frozenset({"operators"}), mutes=frozenset({"proofs"})
    )


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_no_page_is_wider_than_a_small_phone(
    newsstand: Newsstand, browser: Browser, colours: str
) -> None:
    pages = [path for path in newsstand.public_paths if "." not in path and path[-1] != "z"]
    with served(newsstand) as url, phone(browser, colours) as page:
        for path in [*pages, newsstand.leave_path(), newsstand.choose_path(), "/nowhere"]:
            page.goto(url + path)
            assert page.evaluate("document.documentElement.scrollWidth") == SMALL["width"], path


def test_a_chinese_heading_does_not_break_within_the_lists_name(
    newsstand: Newsstand, browser: Browser
) -> None:
    with served(newsstand) as url, phone(browser, scripts=True) as page:
        page.goto(f"{url}{newsstand.leave_path()}?lang=zh")
        lines = page.evaluate(
            """() => {
                const text = document.querySelector("h1").firstChild, range = new Range();
                range.setStart(text, text.data.indexOf("《"));
                range.setEnd(text, text.data.indexOf("》") + 1);
                return new Set([...range.getClientRects()].map((box) => box.top)).size;
            }"""
        )
    assert lines == 1
