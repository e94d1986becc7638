"""Messages in a browser that reaches nothing: what sticks out or is small, and axe-core's view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.clients.tools import MODULES

CHROMIUM = "/usr/bin/chromium"
WIDTHS = (320, 600, 1200)
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
_QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]

# Rules about the web page around a mail, which is the client's.
_NOT_OURS = {
    "region": "a client puts the mail into landmarks of its own",
    "landmark-one-main": "the main landmark is the client's",
    "skip-link": "a client has its own way past the mail",
}
_AXE = """rules => axe.run(document, {rules, resultTypes: ["violations"]}).then(found =>
  found.violations.map(({id, nodes: [first]}) =>
    `${id}: ${first.html.slice(0, 160)} ${first.failureSummary}`))"""
_TOO_WIDE = """() => [...document.body.querySelectorAll("*")]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 0.5)
  .map(e => e.outerHTML.slice(0, 160))"""
_LINKS = """selector => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility())
  .map(e => [e.textContent.trim(), e.getBoundingClientRect()])
  .map(([text, box]) => [text, box.width, box.height])"""


@contextmanager
def launched() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_QUIET, timeout=120_000)
        try:
            yield browser
        finally:
            browser.close()


class View:
    """A page at a width, in CSS pixels, and a colour scheme. Every request is refused and noted."""

    def __init__(
        self,
        browser: Browser,
        html: str,
        width: int,
        scheme: Scheme,
        *,
        height: int = 900,
        scale: float = 1.0,
    ) -> None:
        self.asked: list[str] = []
        self.page: Page = browser.new_page(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            color_scheme=scheme,
        )
        self.page.set_default_timeout(60_000)
        self.page.route("**/*", self._refuse)
        self.page.set_content(html)

    def _refuse(self, route: Route) -> None:
        self.asked.append(route.request.url)
        route.abort()

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        root = "document.documentElement"
        return int(self.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth"))

    def too_wide(self) -> list[str]:
        """Elements that end beyond the window's right edge."""
        return list(self.page.evaluate(_TOO_WIDE))

    def links(self, selector: str) -> Sequence[tuple[str, float, float]]:
        """Text, width and height of each link that is seen."""
        return [tuple(link) for link in self.page.evaluate(_LINKS, selector)]

    def violations(self) -> list[str]:
        """What axe-core finds, one line each."""
        self.page.evaluate((MODULES / "axe-core" / "axe.min.js").read_text("utf-8"))
        rules: dict[str, Any] = {rule: {"enabled": False} for rule in _NOT_OURS}
        return list(self.page.evaluate(_AXE, rules))
