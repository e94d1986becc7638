"""The editor's note: Markdown in, a few harmless tags out, for whoever gets the editorial."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from newsletter.content.digest import Digest
from newsletter.content.links import Links
from newsletter.content.mailinglist import Policies, Untranslated
from newsletter.content.planning import Plan, plan
from newsletter.content.preferences import Preferences
from newsletter.rendering.checks.page import read_html
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.compiling import compile_alone, compile_issue
from newsletter.rendering.marks import nonce_of
from newsletter.rendering.prose import rich
from newsletter.rendering.templates import load_template
from tests.builders import make_digest, make_values

LINKS = Links("https://news.example.org")
TEMPLATES = ("weekly", "listing")
MARKER = nonce_of(["a guess"])
HOSTILE = (
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert%281%29)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](https://elsewhere.eu/pixel.gif)",
    '<img src=x onerror="alert(1)">',
    '[x](https://a.eu/"onmouseover="alert(1))',
    "<style>body{display:none}</style>",
    "</td></tr></table></div>",
    "<!-- a comment -->",
    "{{ 7*7 }} {% raw %} {% broken",
    f"{MARKER}o0z {MARKER}s0z <!--{MARKER}c0z-->",
    "<mj-section><mj-text>not ours</mj-text></mj-section>",
    "```\ncode </pre><script>\n```",
    "one\r\nBcc: all@example.org\x00\x0b",
    "> quoted\n\n1. one\n2. two\n\n* * *\n\n# Heading",
)


def noted(note: str, lang: str = "en", **list_changes: object) -> Digest:
    return replace(make_digest(**list_changes), notes={lang: note})  # type: ignore[arg-type]  # any


def mail(digest: Digest, name: str, wanted: Preferences) -> tuple[Compiled, Plan]:
    compiled = compile_issue(load_template([], name), digest, wanted.languages, links=LINKS)
    return compiled, plan(digest, wanted, compiled)


@pytest.mark.parametrize("name", TEMPLATES)
def test_markdown_becomes_what_it_means(name: str) -> None:
    digest = noted("A *quiet* week, **and** [a link](https://papers.eu/x).")
    compiled, chosen = mail(digest, name, Preferences())
    page = compiled.html(chosen, make_values()).replace("\n", " ")
    assert "<em>quiet</em>" in page
    assert "<strong>and</strong>" in page
    assert 'href="https://papers.eu/x"' in page
    assert "quiet" in compiled.text(chosen, make_values())


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("note", HOSTILE)
def test_a_hostile_note_is_harmless_and_keeps_the_law(name: str, note: str) -> None:
    digest = noted(f"Before.\n\n{note}\n\nAfter.")
    compiled, chosen = mail(digest, name, Preferences())
    page = compiled.html(chosen, make_values())
    for element in read_html(body(page)).elements:
        assert element.tag not in ("script", "style", "img", "pre", "mj-text", "h4"), element
        assert not [name for name in element.attributes if name.startswith("on")], element
        assert element.attributes.get("href", "#").startswith(("https://", "http://", "#")), element
    assert "Before." in page
    assert "After." in page
    alone = compile_alone(load_template([], name), digest, chosen, links=LINKS)
    assert body(page) == body(alone.html(chosen, make_values()))
    assert compiled.text(chosen, make_values()) == alone.text(chosen, make_values())


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_looks_like_jinja_or_a_mark_comes_out_as_written(name: str) -> None:
    digest = noted(f"{{{{ 7*7 }}}} and {MARKER}s0z")
    compiled, chosen = mail(digest, name, Preferences())
    assert f"{{{{ 7*7 }}}} and {MARKER}s0z" in html.unescape(compiled.html(chosen, make_values()))


@pytest.mark.parametrize("name", TEMPLATES)
def test_who_asked_for_topics_alone_gets_no_note(name: str) -> None:
    digest = noted("Welcome, everybody.")
    only = Preferences(only_topics=True, follows=frozenset({"operators"}))
    compiled, chosen = mail(digest, name, only)
    assert "Welcome, everybody." not in compiled.html(chosen, make_values())
    assert "Welcome, everybody." not in compiled.text(chosen, make_values())


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_note_in_another_language_is_shown_or_held_as_the_list_says(name: str) -> None:
    chinese = Preferences(languages=("zh",))
    for policy, shown in ((Untranslated.SHOW, True), (Untranslated.HOLD, False)):
        digest = noted("Welcome, everybody.", policies=Policies(untranslated=policy))
        compiled, chosen = mail(digest, name, chinese)
        page = compiled.html(chosen, make_values())
        assert ("Welcome, everybody." in page) is shown
        assert ("Welcome, everybody." in compiled.text(chosen, make_values())) is shown


@pytest.mark.parametrize("name", TEMPLATES)
def test_both_languages_stand_one_above_the_other_each_marked_as_its_own(name: str) -> None:
    digest = replace(make_digest(), notes={"en": "Hello there.", "zh": "各位读者好。"})
    compiled, chosen = mail(digest, name, Preferences(languages=("zh", "en")))
    page = compiled.html(chosen, make_values())
    assert page.index("各位读者好。") < page.index("Hello there.")
    start = page.rindex("<div", 0, page.index("Hello there."))
    assert 'lang="en"' in page[start - 200 : page.index("Hello there.")]


def body(page: str) -> str:
    return page[page.index("<body") :]


@pytest.mark.parametrize(
    ("note", "written"),
    [
        ("Before.\n## A *new* time\nAfter.", "<p><strong>A <em>new</em> time</strong></p>"),
        ("Before.\n\n    if a < b:\n    go", "<p><code> if a &lt; b:<br>go</code></p>"),
        ("```sh\nmake a\nmake b\n```\nAfter.", "<p><code>make a<br>make b</code></p>"),
        ("A ![curve of *n*](https://papers.eu/c.png) here.", "<p>A curve of n here.</p>"),
    ],
)
def test_what_a_few_tags_cannot_say_keeps_its_place_and_its_words(note: str, written: str) -> None:
    shown = re.sub(r"\s+", " ", rich(note)).replace("> ", ">")
    assert written.replace("> ", ">") in shown
    assert shown.startswith("<p>")
    assert shown.endswith("</p>")
