"""What an inbox shows: subject and preheader."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.rendering.checks import Severity
from newsletter.rendering.checks.inbox import preheader
from newsletter.rendering.templates import Template
from tests.rendering.checks.looking import (
    broken,
    clean_digest,
    clean_entries,
    compiled_for,
    found,
    look,
    shipped,
)

CALL = "{{ preheader() }}"


def with_subject(text: str) -> Template:
    return replace(shipped(), files={**shipped().files, "subject.txt": text})


def with_preheader(text: str) -> Template:
    hidden = f'<mj-raw><div class="unseen">{text}</div></mj-raw>' if text else ""
    return broken("issue.mjml", CALL, hidden)


def test_a_subject_that_inboxes_cut_is_said() -> None:
    finding = found(look(clean_digest(), with_subject("A" * 79)), "long-subject")
    assert (finding.where, finding.readers) == ("weekly/subject.txt", 42)
    assert look(clean_digest(), with_subject("A" * 78)) == ()


def test_an_empty_subject_is_an_error() -> None:
    assert found(look(clean_digest(), with_subject("  \n")), "empty-subject").severity is (
        Severity.ERROR
    )


@pytest.mark.parametrize(
    "subject", ["{{ '{{ title }}' }}", "News &amp; more", "<b>News</b>", "%(n)s papers"]
)
def test_markup_left_in_the_subject_is_an_error(subject: str) -> None:
    finding = found(look(clean_digest(), with_subject(subject)), "markup-in-subject")
    assert finding.severity is Severity.ERROR


def test_a_paper_that_is_titled_like_markup_is_no_fault() -> None:
    first, *others = clean_entries()
    titled = replace(first, title="{{ 7*7 }}, <b>bold</b> and &amp; all")
    findings = look(clean_digest([titled, *others]))
    assert not [f for f in findings if f.severity is Severity.ERROR]


def test_no_preheader_is_said() -> None:
    finding = found(look(clean_digest(), with_preheader("")), "empty-preheader")
    assert finding.readers == 42


def test_a_preheader_of_nothing_but_spaces_is_none() -> None:
    blank = with_preheader("&#847;&zwnj;&nbsp;&#847;")
    assert found(look(clean_digest(), blank), "empty-preheader").severity is Severity.WARNING


def test_a_preheader_that_says_next_to_nothing_is_said() -> None:
    assert found(look(clean_digest(), with_preheader("Hello")), "short-preheader").readers == 42


def test_a_preheader_that_goes_on_and_on_is_said() -> None:
    long = "All of the news of the week, and more. " * 5
    finding = found(look(clean_digest(), with_preheader(long * 2)), "long-preheader")
    assert (finding.where, finding.severity) == ("weekly/issue.mjml", Severity.WARNING)
    assert look(clean_digest(), with_preheader(long)) == ()


def test_markup_left_in_the_preheader_is_an_error() -> None:
    template = with_preheader("All the news of &amp;lt;week&amp;gt; and more")
    assert found(look(clean_digest(), template), "markup-in-preheader").severity is Severity.ERROR


def test_the_preheader_is_the_hidden_text_at_the_top() -> None:
    digest = clean_digest()
    form = compiled_for(digest, (), shipped())
    assert form == {}
    page = '<html><body><div style="display:none">One&nbsp;two.&#847;</div><p>Three.</p></body>'
    assert preheader(page) == "One two."
    assert preheader("<html><body><p>Three.</p></body>") == ""
