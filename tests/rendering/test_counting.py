"""Links that are counted: which they are, and that nothing else of a message changes."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from functools import lru_cache
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from newsletter.content.digest import Digest
from newsletter.content.entry import Brief, BriefText
from newsletter.content.links import Links
from newsletter.content.mailinglist import Clicks, Policies
from newsletter.content.planning import Plan, plan
from newsletter.content.preferences import Preferences
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.compiling import compile_alone, compile_issue
from newsletter.rendering.counting import counted_links, frozen_targets, targets, uncounted
from newsletter.rendering.encoding import Encoding
from newsletter.rendering.templates import Template, load_template
from newsletter.tokens import WIDTH, Key, Purpose
from tests.builders import WEEK, make_digest, make_entry, make_values
from tests.rendering.digests import digests, plans

LINKS = Links("https://news.example.org")
LANGUAGES = (("en",), ("zh",), ("en", "zh"))
TOKEN = "abcdefgh234567"
VALUES = {**make_values(), "click_token": TOKEN}
NOTE = (
    "See [this](https://a.example/x?a=1&b=[2]&c='q'), [ours](https://news.example.org/archive/x), "
    "[mail](mailto:a@b.example) and <https://b.example/ü?é=1>."
)
slowly = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.generate],
)


@lru_cache
def template(name: str = "weekly") -> Template:
    return load_template([], name)


def counting(digest: Digest, clicks: Clicks = Clicks.COUNTED) -> Digest:
    policies = replace(digest.list.policies, clicks=clicks)
    return replace(digest, list=replace(digest.list, policies=policies))


def a_week() -> Digest:
    return counting(replace(make_digest(), notes={"en": NOTE}))


def form_of(digest: Digest, languages: tuple[str, ...] = ("en",), name: str = "weekly") -> Compiled:
    return compile_issue(template(name), digest, languages, links=LINKS)


def body(page: str) -> str:
    return page[page.index("<body") :]


def hrefs(page: str) -> list[str]:
    return [html.unescape(found) for found in re.findall(r'href="([^"]*)"', page)]


def everything(digest: Digest, form: Compiled) -> Plan:
    return plan(digest, Preferences(languages=form.languages), form)


@slowly
@given(data=st.data())
@pytest.mark.parametrize("name", ["weekly", "listing"])
def test_the_law_of_assembling_holds_where_links_are_counted(
    name: str, data: st.DataObject
) -> None:
    digest = counting(data.draw(digests()))
    languages = data.draw(st.sampled_from(LANGUAGES))
    chosen = data.draw(plans(digest, languages))
    form = form_of(digest, languages, name)
    alone = compile_alone(template(name), digest, chosen, links=LINKS)
    assert body(form.html(chosen, VALUES)) == body(alone.html(chosen, VALUES))
    assert form.text(chosen, VALUES) == alone.text(chosen, VALUES)
    for encoding in Encoding:
        lines = form.assemble(chosen, VALUES, encoding).split(b"\r\n")
        longest = 76 if encoding is Encoding.QUOTED_PRINTABLE else 998
        assert [line for line in lines if len(line) > longest] == []


@slowly
@given(data=st.data())
def test_led_straight_again_a_page_is_that_of_a_list_that_counts_nothing(
    data: st.DataObject,
) -> None:
    digest = counting(data.draw(digests()))
    chosen = data.draw(plans(digest, ("en",)))
    form = form_of(digest)
    plain = form_of(counting(digest, Clicks.OFF))
    straight = uncounted(form, targets(digest, LINKS))
    assert straight.html(chosen, make_values()) == plain.html(chosen, make_values())
    assert straight.text(chosen, make_values()) == plain.text(chosen, make_values())


def test_each_counted_link_leads_by_its_number_to_what_stood_there() -> None:
    digest = a_week()
    form, plain = form_of(digest), form_of(counting(digest, Clicks.OFF))
    chosen, known = everything(digest, form), targets(digest, LINKS)
    through = hrefs(form.html(chosen, VALUES))
    straight = hrefs(plain.html(chosen, VALUES))
    assert len(through) == len(straight)
    for way, wanted in zip(through, straight, strict=True):
        match = re.fullmatch(rf"https://news\.example\.org/c/{TOKEN}/(\d+)", way)
        if match is None:
            assert way == wanted
        else:
            assert unquote(wanted) == unquote(known[int(match[1])].url)
    assert counted_links(form, chosen) == frozenset(range(len(known)))


def test_what_is_the_readers_own_or_the_lists_is_never_counted() -> None:
    digest = a_week()
    form = form_of(digest)
    ways = hrefs(form.html(everything(digest, form), VALUES))
    for own in ("/u/leave2token", "/p/manage2token", "/v/view2token", "/lists/"):
        assert any(own in way for way in ways)
    assert "mailto:a@b.example" in ways
    assert not any("arxiv.org" in way or "a.example" in way for way in ways)


def test_text_and_header_keep_the_addresses_themselves() -> None:
    digest = a_week()
    form, plain = form_of(digest), form_of(counting(digest, Clicks.OFF))
    chosen = everything(digest, form)
    assert form.text(chosen, VALUES) == plain.text(chosen, make_values())
    assert "/c/" not in form.text(chosen, VALUES)
    header = form.assemble(chosen, VALUES, Encoding.EIGHT_BIT).split(b"\r\n\r\n")[0]
    assert b"/c/" not in header
    assert TOKEN.encode() not in header


def test_a_list_that_counts_nothing_stores_no_link_and_asks_for_no_token() -> None:
    digest = make_digest()
    form = form_of(digest)
    assert not form.counted
    assert frozen_targets(digest) == ()
    assert "/c/" not in form.html(everything(digest, form), make_values())
    assert uncounted(form, ()) is form


def test_numbers_are_of_the_digest_and_the_same_in_every_language() -> None:
    digest = a_week()
    known = targets(digest, LINKS)
    for languages in LANGUAGES:
        form = form_of(digest, languages)
        page = form.html(everything(digest, form), VALUES)
        first = next(way for way in hrefs(page) if f"/{TOKEN}/0" in way)
        assert first.endswith("/0")
    assert known[0].url == "https://arxiv.org/abs/2602.00001"
    assert known[0].entries == (0,)


def test_an_address_that_two_papers_share_is_one_link_of_both() -> None:
    digest = counting(
        make_digest(
            [
                make_entry(number, arxiv_id=None, links=("https://code.example/both",))
                for number in (1, 2)
            ]
        )
    )
    (shared,) = [t for t in targets(digest, LINKS) if t.url == "https://code.example/both"]
    assert shared.entries == (0, 1)


def test_the_notes_of_briefs_are_counted_as_the_editors_own() -> None:
    note = BriefText(notes=("Read [more](https://c.example/more).",))
    brief = Brief(key="b", title="Brief", period=WEEK, texts={"en": note})
    digest = counting(make_digest(briefs=[brief]))
    (found,) = [t for t in targets(digest, LINKS) if "c.example" in t.url]
    assert found.entries == ()
    form = form_of(digest)
    assert "c.example" not in form.html(everything(digest, form), VALUES)


@pytest.mark.parametrize(
    "hostile",
    [
        "javascript:alert(1)",
        "//evil.example/x",
        "https://ok.example/\r\nSet-Cookie: a=b",
        "https://user:secret@evil.example/",
        "data:text/html,hello",
        "ftp://files.example/x",
        "https:///nowhere",
    ],
)
def test_only_ordinary_web_addresses_become_links(hostile: str) -> None:
    digest = counting(make_digest([make_entry(1, links=(hostile,))], briefs=[]))
    digest = replace(digest, notes={"en": f"[x]({hostile})"})
    for target in targets(digest, LINKS):
        assert re.fullmatch(r"https?://[^\s/@]+/[!-~]*", target.url), target
        assert "evil" not in target.url


def test_a_message_is_no_larger_than_it_was_measured_with_the_longest_token() -> None:
    digest = a_week()
    form = form_of(digest)
    chosen = everything(digest, form)
    longest = Key("a made-up key of more than 32 characters").sign(Purpose.CLICK, 2**64 - 1)
    assert len(longest) == WIDTH
    values = {**dict.fromkeys(VALUES, "x" * 128), "click_token": longest}
    page = form.html(chosen, {**VALUES, **{k: v for k, v in values.items() if "token" in k}})
    assert len(page.replace("\n", "\r\n").encode()) <= form.html_octets(chosen)


def test_folding_makes_room_for_the_longer_links() -> None:
    entries = [make_entry(number) for number in range(1, 60)]
    budget = Policies(html_budget=40_000, clicks=Clicks.COUNTED)
    digest = make_digest(entries, policies=budget)
    form = form_of(digest)
    chosen = everything(digest, form)
    page = form.html(chosen, VALUES)
    assert len(page.replace("\n", "\r\n").encode()) <= 40_000


def test_a_stored_form_knows_that_its_links_are_counted() -> None:
    digest = a_week()
    form = form_of(digest)
    again = Compiled.loads(form.dumps())
    chosen = everything(digest, form)
    assert again.counted
    assert again.html(chosen, VALUES) == form.html(chosen, VALUES)
    straight = uncounted(again, targets(digest, LINKS))
    assert "/c/" not in straight.html(chosen, make_values())
