"""A reader's whole stay on a small phone: join, confirm, choose, leave, undo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from newsletter.store.values import SubscriptionState
from tests.clients.tools import INSTALLED, MODULES
from tests.web.mailed import mails, paths
from tests.web.newsstand import Newsstand
from tests.web.phone import SMALL, chromium, phone, served

NEW = "zoe@mail.example.net"
_AXE = """() => axe.run(document, {resultTypes: ["violations"]}).then(found =>
  found.violations.map(v => `${v.id}: ${v.nodes[0].html.slice(0, 160)}`))"""
_POST = """([path, fields]) => {
  const form = Object.assign(document.createElement("form"), {method: "post", action: path});
  for (const [name, value] of Object.entries(fields))
    form.append(Object.assign(document.createElement("input"), {name, value}));
  document.body.append(form);
  setTimeout(() => form.submit(), 0);
}"""

pytestmark = pytest.mark.system("chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def last_links(newsstand: Newsstand) -> list[str]:
    return paths(mails(newsstand, NEW)[-1])


@pytest.mark.parametrize("scripts", [False, True])
def test_join_confirm_choose_leave_undo(
    newsstand: Newsstand, browser: Browser, *, scripts: bool
) -> None:
    with served(newsstand) as url, phone(browser, scripts=scripts) as page:
        page.goto(f"{url}/lists/ai-for-science")
        page.get_by_role("link", name="Subscribe by mail").click()
        page.get_by_label("Your address").fill(NEW)
        page.get_by_label("Neural operators").check()
        button(page, "Subscribe")
        expect(page.get_by_role("heading", name="Please look into your mail")).to_be_visible()

        page.goto(url + last_links(newsstand)[0])
        button(page, "Confirm")
        page.get_by_role("link", name="See or change your choices").click()
        expect(page.get_by_label("Neural operators", exact=True)).to_be_checked()

        page.get_by_label("Proof automation", exact=True).check()
        button(page, "Show the last issue by these choices")
        expect(page.get_by_text("Agents that finish proofs in Lean")).to_be_visible()
        # It is what the phone shows.
        expect(page.get_by_role("heading", name="Not saved yet")).to_be_in_viewport()
        button(page, "Save")
        expect(page.get_by_text("Saved.")).to_be_visible()
        chosen = newsstand.subscription(NEW).preferences
        assert chosen.follows == frozenset({"operators", "proofs"})

        _, leave, _ = last_links(newsstand)  # of the issue behind the welcome
        page.goto(url + leave)
        button(page, "Leave the list")
        expect(page.get_by_role("button", name="Undo", exact=True)).to_be_visible()
        assert newsstand.subscription(NEW).state is SubscriptionState.LEFT
        button(page, "Undo")
        expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    assert newsstand.subscription(NEW).state is SubscriptionState.ACTIVE
    assert newsstand.subscription(NEW).preferences == chosen


@pytest.mark.system(INSTALLED)
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_page_is_fit_for_all_eyes_and_hands(
    newsstand: Newsstand, browser: Browser, colours: str
) -> None:
    newsstand.client.post("/lists/ai-for-science/subscribe", data={"address": NEW})
    confirm = last_links(newsstand)[0]
    public = [path for path in newsstand.public_paths if "." not in path and path[-1] != "z"]
    own = [confirm, newsstand.leave_path(), newsstand.choose_path(), "/nowhere"]
    axe = (MODULES / "axe-core" / "axe.min.js").read_text("utf-8")
    with served(newsstand) as url, phone(browser, colours, scripts=True) as page:
        for path in [*public, *own]:
            for language in ("en", "zh"):
                page.goto(f"{url}{path}?lang={language}")
                page.evaluate(axe)
                assert page.evaluate(_AXE) == [], path
                assert page.evaluate("document.documentElement.scrollWidth") == SMALL["width"]


@pytest.mark.system(INSTALLED)
@pytest.mark.parametrize("reader", ["ada@mail.example.net", "mei@mail.example.net"])
def test_what_every_button_leads_to_is_fit_too(
    newsstand: Newsstand, browser: Browser, reader: str
) -> None:
    axe = (MODULES / "axe-core" / "axe.min.js").read_text("utf-8")
    newsstand.client.post("/lists/ai-for-science/subscribe", data={"address": NEW})
    forms = [
        ("/lists/ai-for-science/subscribe", {"address": "nobody"}),
        ("/lists/ai-for-science/subscribe", {"address": NEW}),
        (last_links(newsstand)[0], {}),
        ("/manage", {"address": "nobody"}),
        (newsstand.choose_path(reader), {"scope": "chosen", "do": "preview"}),
        (newsstand.choose_path(reader), {"scope": "everything"}),
        (f"{newsstand.choose_path(reader)}/address", {"address": "other@mail.example.net"}),
        (newsstand.leave_path(reader), {"choice": "topic", "topic": "operators"}),
        (newsstand.leave_path(reader), {"choice": "fewer"}),
        (newsstand.leave_path(reader), {"choice": "pause", "weeks": "4"}),
        (newsstand.leave_path(reader), {"choice": "leave", "reason": "too-many"}),
        (newsstand.leave_path(reader), {"choice": "undo"}),
        (newsstand.leave_path(reader), {}),
    ]
    with served(newsstand) as url, phone(browser, "dark", scripts=True) as page:
        for path, fields in forms:
            page.goto(url + "/manage")
            with page.expect_navigation():
                page.evaluate(_POST, [path, fields])
            page.evaluate(axe)
            assert page.evaluate(_AXE) == [], (path, fields)
            assert page.evaluate("document.documentElement.scrollWidth") == SMALL["width"]
