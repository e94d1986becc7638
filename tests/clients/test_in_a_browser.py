"""Every kind of message at every width, light and dark, with hostile words in it too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from newsletter.content.mailinglist import Theme
from newsletter.content.planning import plan
from newsletter.content.preferences import Preferences
from newsletter.rendering.compiling import compile_issue
from newsletter.rendering.templates import load_template
from tests.builders import make_digest, make_entries, make_entry, make_values
from tests.clients.browser import SCHEMES, WIDTHS, Scheme, View, launched
from tests.clients.tools import INSTALLED
from tests.golden.kinds import KINDS, LINKS, page

pytestmark = pytest.mark.system("chromium")

PAGES = [kind.name for kind in KINDS if kind.preferences.html]
ACTIONS = ".acts a, .toc a, a.button"
FINGER = 44  # CSS pixels: WCAG 2.5.5


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as found:
        yield found


def check(view: View) -> None:
    assert view.overflow() <= 0
    assert view.too_wide() == []
    assert view.asked == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", PAGES)
def test_a_message_fits_the_window_and_asks_for_nothing(
    browser: Browser, kind: str, width: int, scheme: Scheme, tmp_path: Path
) -> None:
    view = View(browser, page(kind), width, scheme)
    check(view)
    view.page.screenshot(path=tmp_path / f"{kind}-{width}-{scheme}.png", full_page=True)
    view.page.close()


@pytest.mark.parametrize("template", ["thin", "listing"])
def test_what_a_short_message_leaves_of_the_window_is_dark_too(
    browser: Browser, template: str
) -> None:
    view = View(browser, page(template), 600, "dark")
    body = view.page.evaluate("getComputedStyle(document.body).backgroundColor")
    dark = Theme().dark_ground
    assert body == f"rgb({', '.join(str(int(dark[at : at + 2], 16)) for at in (1, 3, 5))})"
    view.page.close()


@pytest.mark.parametrize("template", ["weekly", "listing"])
def test_a_word_longer_than_the_window_is_broken(browser: Browser, template: str) -> None:
    entries = [*make_entries(), make_entry(40, title="Donaudampfschifffahrt" * 20)]
    digest, languages = make_digest(entries), ("zh", "en")
    made = compile_issue(load_template([], template), digest, languages, links=LINKS)
    wanted = plan(digest, Preferences(languages=languages))
    view = View(browser, made.html(wanted, make_values()), 320, "light")
    check(view)
    view.page.close()


def test_a_wide_logo_shrinks_to_the_window(browser: Browser) -> None:
    digest = make_digest(theme=Theme(logo="https://news.example.org/logo.png"))
    made = compile_issue(load_template([], "weekly"), digest, ("en",), links=LINKS)
    html = made.html(plan(digest, Preferences()), make_values())
    drawn = "<svg xmlns='http://www.w3.org/2000/svg' width='1200' height='80'/>"
    view = View(
        browser, html.replace(digest.list.theme.logo, f"data:image/svg+xml,{drawn}"), 320, "light"
    )
    check(view)
    width, height = view.page.evaluate("[document.images[0].width, document.images[0].height]")
    assert (width / height, height) == (pytest.approx(15, rel=0.05), pytest.approx(19, abs=1))
    view.page.close()


@pytest.mark.parametrize("kind", PAGES)
def test_actions_are_as_high_as_a_finger_is_wide(browser: Browser, kind: str) -> None:
    view = View(browser, page(kind), 320, "light")
    found = view.links(ACTIONS)
    assert len(found) > 5
    assert [(text, height) for text, _, height in found if height < FINGER] == []
    view.page.close()


def test_what_sticks_out_or_is_fetched_is_noticed(browser: Browser) -> None:
    wide = '<p style="width:700px">wide</p><img src="https://cdn.example/x.png" alt="" />'
    view = View(browser, page("thin").replace("</body>", f"{wide}</body>"), 320, "light")
    assert view.overflow() > 0
    assert len(view.too_wide()) == 1
    assert view.asked == ["https://cdn.example/x.png"]
    view.page.close()


@pytest.mark.system(INSTALLED)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", PAGES)
def test_axe_finds_no_violation(browser: Browser, kind: str, scheme: Scheme) -> None:
    view = View(browser, page(kind), 600, scheme)
    assert view.violations() == []
    view.page.close()


@pytest.mark.system(INSTALLED)
def test_axe_finds_pale_words_and_a_picture_without_words(browser: Browser) -> None:
    wrong = '<p style="color:#bbbbbb">pale</p><img src="data:," />'
    view = View(browser, page("thin").replace("</body>", f"{wrong}</body>"), 600, "light")
    found = " ".join(view.violations())
    assert "color-contrast:" in found
    assert "image-alt:" in found
    view.page.close()
