"""An announcement is compiled and put together like an issue, and everybody gets its note."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from newsletter.content.announcement import announcement
from newsletter.content.digest import Digest
from newsletter.content.links import Links
from newsletter.content.planning import Plan, plan
from newsletter.content.preferences import Preferences
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.compiling import compile_alone, compile_issue
from newsletter.rendering.templates import load_template
from tests.builders import make_list, make_values

TEXT = (
    "# A correction & an apology: {{ 7*7 }}\n\n"
    "The *second* paper's author is Ada; see [it](https://example.org/x).\n\n<script>no</script>\n"
)
READERS = (
    Preferences(),
    Preferences(only_topics=True, follows=frozenset({"proofs"})),
    Preferences(follows=frozenset()),
    Preferences(html=False),
)


def made() -> Digest:
    return announcement(make_list(), TEXT, dt.date(2026, 2, 12), source="note.md")


def compiled(digest: Digest, languages: tuple[str, ...]) -> Compiled:
    template = load_template([], digest.list.template)
    return compile_issue(template, digest, languages, links=Links(digest.list.public_url))


def chosen(digest: Digest, preferences: Preferences) -> Plan:
    return plan(digest, preferences, compiled(digest, ("en",)))


@pytest.mark.parametrize("preferences", READERS)
def test_everybody_gets_the_note_whatever_they_chose(preferences: Preferences) -> None:
    digest = made()
    form, reader = compiled(digest, ("en",)), chosen(digest, preferences)
    for said in (form.html(reader, make_values()), form.text(reader, make_values())):
        assert "author is Ada" in " ".join(said.split())
        assert "leave2token" in said
    assert "<script" not in form.html(reader, make_values())
    assert form.subject(reader, make_values()) == "A correction & an apology: {{ 7*7 }}"


@pytest.mark.parametrize("languages", [("en",), ("zh",), ("en", "zh")])
@pytest.mark.parametrize("preferences", READERS)
def test_it_equals_the_template_rendered_for_one_reader(
    preferences: Preferences, languages: tuple[str, ...]
) -> None:
    digest = made()
    template = load_template([], digest.list.template)
    form = compiled(digest, languages)
    reader = plan(digest, Preferences(languages=languages, follows=preferences.follows), form)
    alone = compile_alone(template, digest, reader, links=Links(digest.list.public_url))
    body = form.html(reader, make_values()).partition("<body")[2]
    assert body == alone.html(reader, make_values()).partition("<body")[2]
    assert form.text(reader, make_values()) == alone.text(reader, make_values())


def test_its_text_is_what_a_person_would_type() -> None:
    digest = made()
    text = compiled(digest, ("en",)).text(chosen(digest, Preferences()), make_values())
    assert text.startswith("A correction & an apology: {{ 7*7 }}\n====")
    assert "\nAI for Science · Feb 12, 2026\n" in text


def test_lists_and_quotations_of_a_note_are_dressed_as_the_rest_in_light_and_in_dark() -> None:
    digest = announcement(
        make_list(), "# Swapped\n\n1. one\n\n> sorry\n", dt.date(2026, 2, 12), source="note.md"
    )
    page = compiled(digest, ("zh",)).html(chosen(digest, Preferences()), make_values())
    assert re.search(r'<ol\s+style="margin:[^"]+padding:0 0 0 24px"', page)
    assert re.search(r'<blockquote\s+style="[^"]*border-left:2px solid', page)
    dark = page[page.index("prefers-color-scheme: dark") :]
    assert "blockquote { border-color" in dark[: dark.index("</style>")]
    assert "科学智能周报 · 2026年2月12日" in page


@pytest.mark.parametrize("subject", ["关于上周论文链接的更正与致歉" * 12, "Donaudampfschiff" * 20])
def test_a_long_subject_without_spaces_is_set_like_any_other(subject: str) -> None:
    digest = announcement(
        make_list(), f"# {subject}\n\nSorry.", dt.date(2026, 2, 12), source="n.md"
    )
    form, reader = compiled(digest, ("en",)), chosen(digest, Preferences())
    page = re.sub(r"<!--\n-->", "", form.html(reader, make_values()))
    assert subject in page
    title = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    assert title is not None
    assert title[1].replace("\n", "") == subject
