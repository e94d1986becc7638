"""README's pictures, in light and in dark: the demo's own mail as a browser shows it, and the page
on which editors see the next issue."""

from __future__ import annotations

import subprocess
import sys
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from tempfile import TemporaryDirectory

from newsletter.packaged import packaged
from tests.clients.browser import SCHEMES, View, launched
from tests.web.editing.project import Project, make_project
from tests.web.editing.watched import opened, settled
from tests.web.phone import chromium

FOLDER = Path(__file__).parents[1] / "golden"
WIDTH, HEIGHT, SCALE = 640, 1100, 1.5


def demo_page(folder: Path) -> str:
    """The HTML part of the longest message in English that the demo sends."""
    command = [sys.executable, "-c", "from newsletter.cli import main; main()", "demo"]
    subprocess.run([*command, "--no-serve", "--folder", str(folder)], check=True)
    pages = [page for path in (folder / "mail" / "new").iterdir() if (page := _english(path))]
    return max(sorted(pages), key=len)


def _english(path: Path) -> str:
    message = message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    part = message.get_body(("html",))
    english = part is not None and message["Content-Language"] == "en"
    return str(part.get_content()) if part is not None and english else ""


def editors_page(folder: Path) -> None:
    """The page of `newsletter preview`, with the sample readers."""
    project = Project(make_project(folder, *sorted(packaged("subscribers").glob("*/*.csv"))))
    reader = _selective(project)
    with project.served() as url, chromium() as browser:
        for scheme, look, tab in (("light", "width=375", "1"), ("dark", "width=all", "2")):
            asked = f"to={reader}&scheme={scheme}&{look}"
            page = opened(browser, f"{url}&{asked}", dark=scheme == "dark")
            settled(page)
            page.keyboard.press(tab)
            page.wait_for_timeout(1500)
            page.screenshot(path=FOLDER / f"preview-{scheme}.png")
    project.database.close()


def _selective(project: Project) -> str:
    """The first reader who chose topics, in English."""
    address = ""
    for _ in range(50):
        address = str(project.get("readers", beside=address, step=1)["address"])
        wishes = project.get("shown", to=address)["who"]["preferences"]
        if wishes["follows"] and wishes["languages"] == ["en"] and wishes["html"]:
            break
    return address


def main() -> None:
    with TemporaryDirectory() as folder:
        editors_page(Path(folder))
    with TemporaryDirectory() as folder, launched() as browser:
        html = demo_page(Path(folder) / "demo")
        for scheme in SCHEMES:
            view = View(browser, html, WIDTH, scheme, height=HEIGHT, scale=SCALE)
            view.page.screenshot(path=FOLDER / f"weekly-{scheme}.png")


if __name__ == "__main__":
    main()
