"""README's pictures: the demo's own mail as a browser shows it, in light and in dark."""

from __future__ import annotations

import subprocess
import sys
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.clients.browser import SCHEMES, View, launched

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


def main() -> None:
    with TemporaryDirectory() as folder, launched() as browser:
        html = demo_page(Path(folder) / "demo")
        for scheme in SCHEMES:
            view = View(browser, html, WIDTH, scheme, height=HEIGHT, scale=SCALE)
            view.page.screenshot(path=FOLDER / f"weekly-{scheme}.png")


if __name__ == "__main__":
    main()
