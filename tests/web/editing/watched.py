"""A page whose changes are timed: by the clock of the machine, which browser and test share."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Browser, Error, Page

from tests.web.phone import PATIENCE

_NOTE = """() => {
  window.shownAt = [];
  const root = document.documentElement;
  new MutationObserver(() => window.shownAt.push([root.dataset.shown, Date.now()])).observe(
    root, {attributeFilter: ["data-shown"]});
}"""


def opened(
    browser: Browser, url: str, *, width: int = 1280, height: int = 800, dark: bool = False
) -> Page:
    """The page, once it has shown the issue. An error of its scripts fails the test."""
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
    )
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", _raise)
    page.goto(url)
    page.wait_for_selector("html[data-shown]")
    page.evaluate(_NOTE)
    return page


def _raise(error: Error) -> None:
    raise AssertionError(str(error))


def delay(page: Page, save: Callable[[], None]) -> float:
    """Seconds from saving until the page has the other message in its frames."""
    before = page.evaluate("document.documentElement.dataset.shown")
    page.evaluate("window.shownAt = []")
    save()
    saved = time.time()
    page.wait_for_function(
        "before => document.documentElement.dataset.shown !== before", arg=before
    )
    found = page.evaluate("window.shownAt")
    return float(next(at for shown, at in found if shown != before) / 1000 - saved)


def mail(page: Page) -> str:
    """The words of the mail in the first frame."""
    return str(
        page.evaluate(
            "document.querySelector('iframe:not(.incoming)').contentDocument.body.innerText"
        )
    )


def settled(page: Page) -> None:
    """Waits for what comes after a change: the findings and the numbers."""
    root = "document.documentElement.dataset"
    page.wait_for_function(f"() => {root}.checked === {root}.key")
