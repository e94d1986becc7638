"""A message's HTML as other clients show it: nothing is sent so, and nothing acts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering.checks.sizes import GMAIL_CLIPS
from newsletter.web.editing.clients import CLIP, Client, links, shown

HEAD = """<!DOCTYPE html><html><head>
<meta name="color-scheme" content="light dark" /><style>:root { color-scheme: light dark; }
@media (max-width: 480px) { p { color: red } }
@media (prefers-color-scheme: dark) { p { color: white } a { color: blue } }
</style></head><body>"""


def page(body: str) -> str:
    return f"{HEAD}{body}</body></html>"


def mine(url: str) -> bool:
    return "/u/" in url


def seen(body: str, client: Client = Client.MODERN, *, dark: bool = False) -> str:
    return shown(page(body), client, dark=dark, personal=mine)


def test_a_personal_link_leads_nowhere_and_another_opens_beside() -> None:
    text = seen(
        '<a href="https://x.example/u/tok">leave</a> <a href="https://y.example/">paper</a>'
        ' <a href="#s1">contents</a>'
    )
    assert "x.example" not in text
    assert 'data-link="0" href="#personal-link"' in text
    assert 'href="https://y.example/" target="_blank" rel="noopener noreferrer"' in text
    assert '<a data-link="2" href="#s1">' in text


def test_links_are_told_in_their_order_with_words_or_what_stands_for_them() -> None:
    body = (
        '<a href="https://a.example/?b=1&amp;c=2"><b>One</b> two</a>'
        '<a href="#x"><img alt="logo" /></a>'
    )
    assert links(page(body)) == (("https://a.example/?b=1&c=2", "One two"), ("#x", "logo"))


@pytest.mark.parametrize("dark", [False, True])
def test_light_or_dark_is_decided_whatever_the_browser_prefers(dark: bool) -> None:
    text = seen("<p>words</p>", dark=dark)
    assert "prefers-color-scheme" not in text
    assert f'content="{"dark" if dark else "light"}"' in text
    assert ("@media (min-width:0) { p { color: white }" in text) is dark
    assert "@media (max-width: 480px)" in text


def test_clients_that_strip_style_sheets_keep_what_stands_in_attributes() -> None:
    text = seen('<p style="color:green">words</p>', Client.UNSTYLED)
    assert "<style" not in text
    assert 'style="color:green"' in text


def test_forced_inversion_turns_the_light_form_round_and_pictures_back() -> None:
    text = seen("<p>words</p>", Client.INVERTED, dark=True)
    assert "invert(1)" in text
    assert "@media (max-width:0) { p { color: white }" in text


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("mso", True),
        ("mso | IE", True),
        ("(mso)|(IE)", True),
        ("gte mso 9", True),
        ("lte mso 11", False),
        ("mso 16", True),
        ("mso 12", False),
        ("IE", False),
        ("!IE & mso", True),
        ("(gte mso 9)&(lt mso 17)", True),
    ],
)
def test_outlook_reads_conditional_comments_that_hold(condition: str, holds: bool) -> None:
    text = seen(
        f"<!--[if {condition}]><table><tr><td>x</td></tr></table><![endif]-->", Client.OUTLOOK
    )
    assert ("<table>" in text) is holds
    assert "endif" not in text


def test_outlook_does_not_see_what_is_for_the_others() -> None:
    text = seen("<!--[if !mso]><!--><p>others</p><!--<![endif]--><p>all</p>", Client.OUTLOOK)
    assert "others" not in text
    assert "<p>all</p>" in text


def test_outlook_knows_no_media_queries_and_little_css() -> None:
    text = seen(
        '<div style="max-width:640px;color:green;padding:8px"><p style="mso-hide:all">no</p></div>',
        Client.OUTLOOK,
    )
    assert "@media" not in text
    assert ":root" in text
    assert '<div style="color:green">' in text
    assert '<p style="display:none">' in text


def test_the_place_where_gmail_clips_is_marked() -> None:
    body = "".join(f"<p id='p{n}'>{'量' * 30}</p>" for n in range(1500))
    text = seen(body)
    at = text.index(f" {CLIP}>")
    before = page(body).encode()[:GMAIL_CLIPS].decode("utf-8", "ignore")
    last = re.findall(r"id='(p\d+)'", before)[-1]
    assert text[:at].endswith(f"id='{last}'")
    assert CLIP not in seen("<p>short</p>")


@given(
    st.lists(
        st.sampled_from(["<p>a</p>", "<!--[if mso]><b>m</b><![endif]-->", "@media (x){y}", "é"])
    )
)
def test_nothing_is_lost_that_a_modern_client_shows(parts: list[str]) -> None:
    body = "".join(parts)
    assert seen(body) == seen("").replace("</body>", f"{body}</body>")
