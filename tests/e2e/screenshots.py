"""Pictures of an email as a browser shows it, and what sticks out of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
WIDTHS = (320, 600, 1200)
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
_QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


@dataclass(frozen=True)
class Shot:
    """A picture, and by how many pixels the page is wider than its window."""

    path: Path
    overflow: int
    requests: tuple[str, ...]


def shoot(
    html: str,
    folder: Path,
    name: str,
    widths: Iterable[int] = WIDTHS,
    schemes: Iterable[Scheme] = SCHEMES,
) -> list[Shot]:
    """`folder/name-WIDTH-SCHEME.png` for each width in CSS pixels and colour scheme."""
    shots = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_QUIET)
        for scheme in schemes:
            for width in widths:
                page = browser.new_page(
                    viewport={"width": width, "height": 900}, color_scheme=scheme
                )
                asked = _requests(page)
                page.set_content(html)
                path = folder / f"{name}-{width}-{scheme}.png"
                page.screenshot(path=path, full_page=True)
                overflow = page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                )
                shots.append(Shot(path, int(overflow), tuple(asked)))
                page.close()
        browser.close()
    return shots


def _requests(page: Page) -> list[str]:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return asked
