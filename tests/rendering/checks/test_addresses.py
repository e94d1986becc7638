"""The list's own addresses, and every link, image and file of a page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.content.mailinglist import Sender, Theme
from newsletter.content.preferences import Preferences
from newsletter.rendering.checks import Severity
from newsletter.rendering.checks.addresses import is_host, is_loopback, is_reserved
from newsletter.rendering.templates import Template
from tests.rendering.checks.looking import (
    broken,
    clean_digest,
    clean_entries,
    found,
    look,
    with_foot,
)

LOOPBACK = ("http://localhost:8080", "http://127.0.0.1:8025", "https://[::1]", "http://box.local")


def with_link(href: str) -> Template:
    """The weekly template with one more link in its foot."""
    return with_foot(f'<p><a href="{href}">More</a></p>')


@pytest.mark.parametrize("url", LOOPBACK)
def test_a_public_url_on_this_machine_is_an_error(url: str) -> None:
    finding = found(look(clean_digest(public_url=url)), "loopback-address")
    assert (finding.severity, finding.readers) == (Severity.ERROR, 42)
    assert finding.where == "list.toml: public_url"


def test_mail_that_stays_on_this_machine_may_lead_to_it() -> None:
    assert look(clean_digest(public_url="http://127.0.0.1:8025"), loopback_allowed=True) == ()


def test_one_click_needs_https_whatever_is_allowed() -> None:
    digest = clean_digest(public_url="http://digest.sampleton-papers.eu")
    finding = found(look(digest, loopback_allowed=True), "insecure-link")
    assert finding.severity is Severity.ERROR


def test_a_public_url_that_is_none_is_an_error() -> None:
    finding = found(look(clean_digest(public_url="https://digest")), "malformed-link")
    assert (finding.severity, finding.where) == (Severity.ERROR, "list.toml: public_url")


def test_names_kept_for_examples_are_said() -> None:
    sender = Sender(name="Digest", address="digest@news.example.org")
    assert found(look(clean_digest(sender=sender)), "example-address").where.endswith(
        "sender.address"
    )


@pytest.mark.parametrize(
    ("href", "code", "severity"),
    [
        ("/archive", "relative-link", Severity.ERROR),
        ("archive/2026.html", "relative-link", Severity.ERROR),
        ("www.sampleton-papers.eu", "relative-link", Severity.ERROR),
        ("https://", "malformed-link", Severity.ERROR),
        ("", "malformed-link", Severity.ERROR),
        ("https://papers", "malformed-link", Severity.ERROR),
        ("https://papers.eu:port/", "malformed-link", Severity.ERROR),
        ("javascript:alert(1)", "malformed-link", Severity.ERROR),
        ("mailto:", "malformed-link", Severity.ERROR),
        ("http://localhost:8000/x", "loopback-address", Severity.ERROR),
        ("https://192.168.1.7/x", "loopback-address", Severity.ERROR),
        ("http://papers.eu/x", "insecure-link", Severity.WARNING),
        ("#nowhere", "dead-anchor", Severity.WARNING),
    ],
)
def test_a_link_that_leads_nowhere_is_found(href: str, code: str, severity: Severity) -> None:
    finding = found(look(clean_digest(), with_link(href)), code)
    assert (finding.severity, finding.readers) == (severity, 42)


@pytest.mark.parametrize("href", ["https://papers.eu/x?a=1#b", "mailto:a@papers.eu", "#s0"])
def test_a_good_link_is_none_to_find(href: str) -> None:
    assert look(clean_digest(), with_link(href)) == ()


def test_a_link_of_an_entry_has_the_readers_of_that_entry() -> None:
    first, *others = clean_entries()
    linked = replace(first, links=("http://papers.eu/1",), topics=("proofs",))
    readers = ((Preferences(), 30), (Preferences(follows=frozenset({"operators"})), 12))
    finding = found(look(clean_digest([linked, *others]), readers=readers), "insecure-link")
    assert (finding.where, finding.readers) == ("http://papers.eu/1", 30)


def test_a_link_that_no_mail_will_carry_is_said() -> None:
    first, *others = clean_entries()
    digest = clean_digest([replace(first, links=("htp:/papers",)), *others])
    assert found(look(digest), "dead-link").entries == (first.key,)


def test_an_image_without_alt_is_found() -> None:
    picture = '<img src="https://digest.sampleton-papers.eu/a.png" />'
    template = with_foot(picture)
    finding = found(look(clean_digest(), template), "missing-alt")
    assert finding.severity is Severity.WARNING
    decorated = with_foot(picture.replace(" />", ' alt="" />'))
    assert look(clean_digest(), decorated) == ()


def test_a_link_that_is_only_an_image_needs_words() -> None:
    picture = '<a href="https://papers.eu/"><img alt="" src="https://papers.eu/a.png" /></a>'
    template = with_foot(picture)
    assert found(look(clean_digest(), template), "missing-alt").severity is Severity.ERROR


def test_a_logo_of_our_own_is_no_request_elsewhere() -> None:
    own = Theme(logo="https://digest.sampleton-papers.eu/logo.png", logo_alt="Digest")
    assert look(clean_digest(theme=own)) == ()
    other = Theme(logo="https://cdn.papers.eu/logo.png", logo_alt="Digest")
    finding = found(look(clean_digest(theme=other)), "remote-resource")
    assert finding.where == "https://cdn.papers.eu/logo.png"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  h1 {", "  .t { background-image: url(https://cdn.papers.eu/x.png); }\n  h1 {"),
        ("  :root {", "  @import 'https://cdn.papers.eu/x.png';\n  :root {"),
        ("<mj-raw>", '<mj-raw><link rel="stylesheet" href="https://cdn.papers.eu/x.png" />'),
    ],
)
def test_fonts_and_styles_from_elsewhere_are_found(old: str, new: str) -> None:
    findings = look(clean_digest(), broken("look.mjml", old, new))
    assert {f.where for f in findings if f.code == "remote-resource"} == {
        "https://cdn.papers.eu/x.png"
    }


def test_the_font_that_mjml_fetches_by_itself_is_found() -> None:
    template = broken("look.mjml", "{{ theme.sans }}", "Ubuntu, Helvetica, Arial, sans-serif")
    findings = look(clean_digest(), template)
    assert any("fonts.googleapis.com" in f.where for f in findings if f.code == "remote-resource")


def test_hosts_are_told_apart() -> None:
    assert all(map(is_host, ("papers.eu", "例子.中国", "192.0.2.1", "a-b.c_d.org")))
    assert not any(map(is_host, ("papers", "", "-a.eu", "a..eu", "papers.7")))
    assert all(map(is_loopback, ("localhost", "x.localhost", "10.0.0.1", "::1", "0.0.0.0")))  # noqa: S104 (not bound)
    assert all(map(is_reserved, ("example.org", "a.example.com", "x.test", "y.invalid")))
    assert not is_reserved("myexample.org")
