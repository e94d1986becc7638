"""Sizes against the budget."""

from __future__ import annotations

from newsletter.content.mailinglist import Policies
from newsletter.content.planning import plan
from newsletter.content.preferences import Preferences
from newsletter.rendering.checks import Severity
from tests.rendering.checks.looking import clean_digest, compiled_for, found, look, shipped

ENGLISH = ((Preferences(), 30),)
TEXT_ONLY = ((Preferences(html=False), 4),)


def test_folded_mail_is_counted() -> None:
    digest = clean_digest()
    form = compiled_for(digest, ENGLISH, shipped())["en",]
    whole = form.html_octets(plan(digest, Preferences()))
    tight = clean_digest(policies=Policies(html_budget=whole - 500))
    finding = found(look(tight, readers=ENGLISH), "folded")
    assert (finding.severity, finding.readers) == (Severity.WARNING, 30)
    assert "30 some entries as titles, 0 some on the web only" in finding.what


def test_one_reader_is_told_of_as_one() -> None:
    digest, one = clean_digest(), ((Preferences(), 1),)
    whole = compiled_for(digest, one, shipped())["en",].html_octets(plan(digest, Preferences()))
    tight = clean_digest(policies=Policies(html_budget=whole - 500))
    assert found(look(tight, readers=one), "folded").what.startswith("1 reader gets shortened mail")


def test_a_frame_over_the_budget_is_an_error() -> None:
    findings = look(clean_digest(policies=Policies(html_budget=5_000)))
    finding = found(findings, "over-budget")
    assert (finding.severity, finding.readers) == (Severity.ERROR, 42)
    assert "5000" in finding.what


def test_who_reads_text_alone_has_no_budget() -> None:
    tiny = clean_digest(policies=Policies(html_budget=5_000))
    assert look(tiny, readers=TEXT_ONLY) == ()


def test_a_budget_beyond_what_gmail_shows_is_said() -> None:
    findings = look(clean_digest(policies=Policies(html_budget=110_000)))
    assert found(findings, "budget-too-high").where == "list.toml: policies.html_budget"
