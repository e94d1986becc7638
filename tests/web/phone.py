"""The pages served for a browser on a small phone."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.web.newsstand import Newsstand

PATIENCE = 60_000
"""Milliseconds that chromium has for whatever is waited for: a busy machine is no fault."""

SMALL = {"width": 320, "height": 640}
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS, timeout=PATIENCE
        )
        expect.set_options(timeout=PATIENCE)
        yield found
        found.close()


@contextmanager
def served(newsstand: Newsstand) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(newsstand.app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:  # a test that fails must not leave a thread that keeps the whole run from ending
            server.should_exit = True
            thread.join(60)


@contextmanager
def phone(browser: Browser, colours: str = "light", *, scripts: bool = False) -> Iterator[Page]:
    context = browser.new_context(
        viewport=SMALL,  # type: ignore[arg-type]  # a TypedDict of playwright's own
        java_script_enabled=scripts,
        color_scheme="dark" if colours == "dark" else "light",
        bypass_csp=scripts,  # for axe-core, which is no part of the page
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()
