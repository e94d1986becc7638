"""The law of rendering: for every plan, the issue put together from its pieces is the issue
compiled with only what the plan shows."""

from __future__ import annotations

import email
import email.policy
import html
from email.message import EmailMessage
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from newsletter.content.links import Links
from newsletter.content.planning import Plan, plan
from newsletter.content.preferences import Preferences
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.compiling import compile_alone, compile_issue
from newsletter.rendering.encoding import Encoding
from newsletter.rendering.mime import dot_stuff
from newsletter.rendering.templates import Template, load_template
from tests.builders import make_digest, make_values
from tests.rendering.digests import HOSTILE, digests, plans

LINKS = Links("https://news.example.org")
LANGUAGES = (("en",), ("zh",), ("en", "zh"), ("zh", "en"))
TEMPLATES = ("weekly", "listing")
# Shrinking a week takes minutes, and a failing week is readable as it is.
slowly = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.generate],
)


@lru_cache
def template(name: str) -> Template:
    return load_template([], name)


def part(message: bytes, kind: str) -> str:
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    found = parsed.get_body((kind,))
    assert found is not None
    assert isinstance(found, EmailMessage)
    return str(found.get_content()).replace("\r\n", "\n")


def body(page: str) -> str:
    return page[page.index("<body") :]


def check_message(compiled: Compiled, chosen: Plan) -> None:
    values = make_values()
    for encoding in Encoding:
        message = compiled.assemble(chosen, values, encoding)
        assert part(message, "plain") == compiled.text(chosen, values)
        assert part(message, "html") == compiled.html(chosen, values)
        lines = message.split(b"\r\n")
        longest = 76 if encoding is Encoding.QUOTED_PRINTABLE else 998
        assert [line for line in lines if len(line) > longest] == []
        assert b"\n" not in b"".join(lines)
        assert b"\r" not in b"".join(lines)
        assert b"\0" not in message
        if compiled.dotless(encoding):
            assert dot_stuff(message) == message


@slowly
@given(data=st.data())
@pytest.mark.parametrize("name", TEMPLATES)
def test_pieces_put_together_are_the_issue_compiled_with_only_them(
    name: str, data: st.DataObject
) -> None:
    digest = data.draw(digests())
    languages = data.draw(st.sampled_from(LANGUAGES))
    compiled = compile_issue(template(name), digest, languages, links=LINKS)
    chosen = data.draw(plans(digest, languages))
    alone = compile_alone(template(name), digest, chosen, links=LINKS)
    values = make_values()
    assert body(compiled.html(chosen, values)) == body(alone.html(chosen, values))
    assert compiled.text(chosen, values) == alone.text(chosen, values)
    assert compiled.subject(chosen, values) == alone.subject(chosen, values)
    check_message(compiled, chosen)


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("languages", LANGUAGES)
def test_the_law_holds_for_an_ordinary_week(name: str, languages: tuple[str, ...]) -> None:
    digest = make_digest()
    compiled = compile_issue(template(name), digest, languages, links=LINKS)
    for follows in (None, frozenset({"force-fields"}), frozenset({"operators", "proofs"})):
        for only in (False, True):
            wanted = Preferences(follows=follows, only_topics=only, languages=languages)
            chosen = plan(digest, wanted, compiled)
            alone = compile_alone(template(name), digest, chosen, links=LINKS)
            values = make_values()
            assert body(compiled.html(chosen, values)) == body(alone.html(chosen, values))
            assert compiled.text(chosen, values) == alone.text(chosen, values)
            check_message(compiled, chosen)


@pytest.mark.parametrize("name", TEMPLATES)
def test_hostile_titles_come_out_as_written_and_harmless(name: str) -> None:
    from tests.builders import make_entry

    titles = [title for title in HOSTILE if title.strip() and "$" not in title]
    digest = make_digest([make_entry(n, title=title) for n, title in enumerate(titles, 1)])
    compiled = compile_issue(template(name), digest, ("en",), links=LINKS)
    chosen = plan(digest, Preferences())
    page = compiled.html(chosen, make_values())
    check_message(compiled, chosen)
    assert "<script" not in page
    assert "{{ 7*7 }} and {% broken" in page
    assert "Bcc: all@example.org" not in compiled.assemble(
        chosen, make_values(), Encoding.EIGHT_BIT
    ).decode().split("\r\n")
    flat = html.unescape(page.replace("<!--\n-->", "")).replace("\n", " ")
    for title in titles:
        dropped = "\0\u202e\u202c"
        kept = "".join(c for c in title if not 0xD800 <= ord(c) < 0xE000 and c not in dropped)
        assert " ".join(kept.split()) in flat, title
