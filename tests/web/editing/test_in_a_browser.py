"""The editors' page in a browser: it follows what is saved, and does what it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from newsletter.store import editing, outbox_views
from newsletter.web.editing.asking import Asked, who
from newsletter.web.editing.clients import Client, shown
from tests.cli.conftest import ISSUE
from tests.clients.tools import INSTALLED, MODULES
from tests.web.editing.project import ANN, BO, LIST, NAME, NOW, Project
from tests.web.editing.watched import delay, mail, opened, settled
from tests.web.phone import PATIENCE, chromium

pytestmark = pytest.mark.system("chromium")

_AXE = """() => axe.run(document, {resultTypes: ["violations"]}).then(found =>
  found.violations.flatMap(({id, nodes}) => nodes.map(node =>
    `${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`)))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def link(project: Project) -> Iterator[str]:
    with project.served() as url:
        yield f"{url}&to={ANN}"


@pytest.fixture
def page(browser: Browser, link: str) -> Iterator[Page]:
    found = opened(browser, link)
    yield found
    found.context.close()


def test_a_saved_template_is_seen_without_a_reload(project: Project, page: Page) -> None:
    path = project.template("weekly/issue.mjml")
    text = path.read_text("utf-8")
    row = "<mj-section><mj-column><mj-text>Saved just now</mj-text></mj-column></mj-section>"
    page.evaluate("window.stayed = true")
    delay(page, lambda: _write(path, text.replace("{{ masthead() }}", row)))
    assert "Saved just now" in mail(page)
    assert page.evaluate("window.stayed")
    delay(page, lambda: _write(path, text))
    assert "Saved just now" not in mail(page)


def test_a_saved_list_file_a_note_and_an_entry_are_seen(project: Project, page: Page) -> None:
    path = project.folder / "subscribers" / LIST / "list.toml"
    text = path.read_text("utf-8").replace('"AI for Science"', '"AI for Sceptics"')
    delay(page, lambda: _write(path, text))
    assert "AI for Sceptics" in mail(page)
    expect(page.get_by_text("newsletter lists sync")).to_be_visible()
    issue = project.issue()

    def note() -> None:
        with project.database.write() as session:
            editing.set_note(session, issue.id, "en", "note", "A note.", who="x", now=NOW)

    def entry() -> None:
        key = issue.digest.entries[0].entry.key
        with project.database.write() as session:
            editing.set_text(session, key, "title", "Another title", who="x", now=NOW)

    delay(page, note)
    assert "A note." in mail(page)
    page.goto(f"{page.url.partition('?')[0]}?scope=everything&speak=en")
    page.wait_for_selector("html[data-shown]")
    entry()
    page.wait_for_function(
        "() => document.querySelector('.screen iframe')?.contentDocument?.body?.innerText"
        ".includes('Another title')"
    )


def test_a_broken_template_is_told_over_the_last_good_view(project: Project, page: Page) -> None:
    path = project.template("weekly/issue.mjml")
    text = path.read_text("utf-8")
    before = mail(page)
    _write(path, text.replace("{{ masthead() }}", "{{ masthead( }}"))
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("weekly/issue.mjml:")
    expect(alert).to_contain_text("masthead( }}")
    assert mail(page) == before
    _write(path, text)
    expect(alert).to_be_empty()


def test_keys_change_reader_width_colours_and_part(page: Page) -> None:
    page.keyboard.press("n")
    expect(page.locator("#whom-name")).to_have_text(BO)
    page.keyboard.press("p")
    expect(page.locator("#whom-name")).to_have_text(ANN)
    page.keyboard.press("s")
    expect(page.locator(".screen iframe")).to_have_count(3)
    page.keyboard.press("s")
    page.keyboard.press("w")
    expect(page.locator(".screen iframe")).to_have_attribute(
        "title", "The message, 768 pixels wide"
    )
    expect(page.locator(".incoming")).to_have_count(0)
    light = _ground(page)
    page.keyboard.press("d")
    expect(page.locator(".device.dark")).to_have_count(1)
    expect(page.locator(".incoming")).to_have_count(0)
    page.wait_for_function(f"light => {_GROUND} !== light", arg=light)
    page.keyboard.press("t")
    expect(page.get_by_label("The plain-text part")).to_be_visible()
    page.keyboard.press("t")
    page.keyboard.press("h")
    expect(page.get_by_role("row", name="List-Unsubscribe-Post")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Next subscriber")


@pytest.mark.parametrize("dark", [False, True])
def test_light_and_dark_are_what_a_browser_makes_of_the_untouched_mail(
    project: Project, browser: Browser, dark: bool
) -> None:
    """So in chromium it is no approximation: the pixels are the same."""
    with project.database.read() as session:
        somebody = who(session, Asked(issue=ISSUE, to=ANN), project.issue(), NOW.date())
    made = project.bench.show(project.bench.standing(LIST, NAME), somebody).made
    assert made is not None
    plain = browser.new_page(
        viewport={"width": 768, "height": 900}, color_scheme="dark" if dark else "light"
    )
    plain.set_content(made.html)
    framed = browser.new_page(
        viewport={"width": 768, "height": 900}, color_scheme="light" if dark else "dark"
    )
    framed.set_content(shown(made.html, Client.MODERN, dark=dark, personal=made.personal))
    assert framed.screenshot(full_page=True) == plain.screenshot(full_page=True)
    for one in (plain, framed):
        one.close()


def test_a_personal_link_does_nothing(page: Page) -> None:
    frame = page.frame_locator(".screen iframe")
    before = page.url
    link = frame.locator('a[href="#personal-link"]').last
    link.scroll_into_view_if_needed()
    link.click()
    expect(page.locator("#said")).to_contain_text("does nothing")
    assert (page.url, len(page.context.pages)) == (before, 1)


def test_nothing_runs_in_the_frame(project: Project, page: Page) -> None:
    path = project.template("weekly/issue.mjml")
    row = "<mj-raw><script>document.title = 'ran'; top.ran = 1</script><p>after</p></mj-raw>"
    text = path.read_text("utf-8").replace("{{ masthead() }}", row + "{{ masthead() }}")
    delay(page, lambda: _write(path, text))
    assert not page.evaluate("window.ran")


def test_an_editor_reorders_words_undoes_and_judges(project: Project, page: Page) -> None:
    settled(page)
    first, second = (item.entry.title for item in project.issue().digest.entries[:2])
    page.get_by_role("tab", name="Entries").click()
    page.get_by_role("button", name=f"Move down: {first}").click()
    expect(page.locator(".entry .title").first).to_have_text(second)
    page.get_by_role("tab", name="Words").click()
    note = page.locator("#field-en-note")
    note.fill("Written **here**.")
    note.press("Control+Enter")
    page.wait_for_function(
        "() => document.querySelector('.screen iframe')?.contentDocument?.body?.innerText"
        ".includes('Written here.')"
    )
    page.get_by_role("tab", name="History").click()
    expect(page.locator(".history > li")).to_have_count(2)
    page.locator("body").press("u")
    expect(page.locator(".history .undone")).to_have_count(1)
    page.get_by_role("button", name="Approve…").click()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator("#state")).to_have_text("approved")
    found = [item.entry.title for item in project.issue().digest.entries[:2]]
    assert (found, dict(project.issue().digest.notes)) == ([second, first], {})


def test_a_finding_stands_beside_its_place_and_leads_to_it(
    project: Project, browser: Browser, link: str
) -> None:
    entry = project.issue().digest.entries[1].entry
    with project.database.write() as session:
        wrong = "Summary generation failed"
        editing.set_text(session, entry.key, "texts.en.impact", wrong, who="x", now=NOW)
    page = opened(browser, link.replace(f"to={ANN}", "scope=everything&speak=en&width=768"))
    settled(page)
    mail_frame = page.frame_locator(".screen iframe")
    dot = mail_frame.get_by_role("button", name=wrong)
    title = mail_frame.get_by_role("link", name=entry.title)
    expect(dot).to_be_visible()
    beside, place = dot.bounding_box(), title.bounding_box()
    assert beside is not None
    assert place is not None
    assert abs(beside["y"] - place["y"]) < 12
    assert 0 < place["x"] - beside["x"] < 30
    page.locator(".finding.error").get_by_role("button", name=entry.title).first.click()
    expect(title).to_be_in_viewport()
    dot.click()
    expect(page.locator(".finding.pointed")).to_contain_text(wrong)
    page.context.close()


def test_a_page_that_was_refused_its_changes_asks_again(page: Page) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=503, body="")

    page.route("**/api/changes*", refuse, times=1)
    page.reload()
    expect(page.locator("#live")).to_have_attribute("data-state", "off")
    expect(page.locator("#live")).to_have_attribute("data-state", "on")


def test_a_test_is_sent_from_the_page(project: Project, page: Page) -> None:
    page.get_by_role("button", name="Send a test").click()
    page.get_by_role("textbox", name="To").fill("somebody@reader.example")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("waits in the outbox")
    with project.database.read() as session:
        assert [found.to for found in outbox_views.mails(session)] == ["somebody@reader.example"]


def test_preferences_are_clicked_together_on_the_spot(page: Page) -> None:
    page.locator("#whom").click()
    page.get_by_label("Neural operators", exact=True).check()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#whom-says")).to_contain_text("Neural operators")


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_the_page_is_no_wider_than_its_window_and_does_all_at_any_width(
    browser: Browser, link: str, width: int
) -> None:
    page = opened(browser, link, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for name in ("Previous subscriber", "Next subscriber", "Undo", "Send a test", "Approve…"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)
    page.context.close()


@pytest.mark.system(INSTALLED)
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_no_violation_on_any_tab_or_dialog(
    browser: Browser, link: str, dark: bool
) -> None:
    context = browser.new_context(
        viewport={"width": 1280, "height": 800},
        color_scheme="dark" if dark else "light",
        bypass_csp=True,  # for axe-core, which is no part of the page
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{link}&scheme={'dark' if dark else 'light'}")
    page.wait_for_selector("html[data-checked]")
    page.evaluate((MODULES / "axe-core" / "axe.min.js").read_text("utf-8"))
    for number in range(1, 7):
        page.keyboard.press(str(number))
        page.wait_for_timeout(400)
        page.wait_for_function(_STILL)
        assert page.evaluate(_AXE) == [], number
    for key in ("?", "r"):
        page.keyboard.press(key)
        page.wait_for_timeout(600)
        page.wait_for_function(_STILL)
        assert page.evaluate(_AXE) == [], key
        page.keyboard.press("Escape")
    context.close()


_STILL = "() => document.getAnimations().every(one => one.playState === 'finished')"
_GROUND = """getComputedStyle(document.querySelector(
  '.screen iframe:not(.incoming)').contentDocument.body).backgroundColor"""


def _ground(page: Page) -> str:
    return str(page.evaluate(_GROUND))


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
