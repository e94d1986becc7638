"""What an editor writes as Markdown, as the plain text says it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.links import Links
from newsletter.content.planning import plan
from newsletter.content.preferences import Preferences
from newsletter.rendering.compiling import compile_issue
from newsletter.rendering.notetext import note_text
from newsletter.rendering.plaintext import columns
from newsletter.rendering.templates import load_template
from tests.builders import make_digest, make_values

LINKS = Links("https://news.example.org")
SAYINGS = {
    "**Bold**, *soft* and `code`.": "*Bold*, *soft* and code.\n",
    "Two\nlines  \nof one paragraph.\n\nAnother.": "Two lines of one paragraph.\n\nAnother.\n",
    "# Heading\n\nText": "Heading\n\nText\n",
    "Before:\n\n- one\n- two\n\nAfter.": "Before:\n\n- one\n- two\n\nAfter.\n",
    "- one\n\n  more of it\n\n- two": "- one\n\n  more of it\n\n- two\n",
    "3. three\n4. four\n   - inner": "3. three\n4. four\n   - inner\n",
    "> said\n> so": "> said so\n",
    "```\na = 1\nb = 2\n```": "a = 1\nb = 2\n",
    "[A paper](https://a.eu/x), [again](https://a.eu/x), [more](https://b.eu).": (
        "A paper [1], again [1], more [2].\n\n[1] https://a.eu/x\n[2] https://b.eu\n"
    ),
    "<https://papers.eu/x>": "https://papers.eu/x\n",
    "Write to <us@example.org> or [us](mailto:us@example.org).": (
        "Write to us@example.org or us [1].\n\n[1] mailto:us@example.org\n"
    ),
    "[x](javascript:alert) and [y](/relative)": "[x](javascript:alert) and y\n",
    r"1 \* 2, $\alpha$ &amp; *so* on": "1 * 2, α & *so* on\n",
}


def said(markdown: str, name: str = "weekly") -> str:
    """The note in the plain text, up to the blank line after it."""
    digest = replace(make_digest([], []), notes={"en": markdown})
    made = compile_issue(load_template([], name), digest, ("en",), links=LINKS)
    text = made.text(plan(digest, Preferences()), make_values())
    between = text[text.index("All 0 papers") : text.index("\n--\n")]
    return between.partition("\n\n")[2]


@pytest.mark.parametrize("name", ["weekly", "listing"])
@pytest.mark.parametrize("markdown", SAYINGS)
def test_markdown_is_written_for_a_page_without_fonts(name: str, markdown: str) -> None:
    assert said(markdown, name) == SAYINGS[markdown]


def test_what_is_set_in_stays_so_on_every_line() -> None:
    lines = said("- " + "many words " * 20 + "\n\n> " + "many words " * 20).split("\n")
    assert all(columns(line) <= 76 for line in lines)
    item, quoted = lines[: lines.index("")], lines[lines.index("") + 1 : -1]
    assert item[0].startswith("- many")
    assert all(line.startswith("  ") for line in item[1:])
    assert all(line.startswith("> ") for line in quoted)


@given(st.text("ab *_`[](){}<>#-+.1\n>!&\\$|~\"'", max_size=60))
def test_any_markdown_is_some_text_on_whole_lines(markdown: str) -> None:
    found = note_text(markdown, "en", lambda url: url)
    for block in found.blocks:
        assert block.text
        assert "\n" not in block.first + block.text + block.rest
    assert not found.blocks or not found.blocks[-1].tight
