"""Faults of a template: MJML that there is not, markup left behind, and the law broken."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.rendering.checks import Severity
from newsletter.rendering.checks.mjml_source import judge, stamped
from newsletter.rendering.checks.mjml_values import expected
from newsletter.rendering.templates import Template, over
from tests.rendering.checks.looking import (
    broken,
    clean_digest,
    clean_entries,
    found,
    look,
    look_at_template,
    shipped,
    with_foot,
)

COLUMN = '<mj-section css-class="ground"'


def line_of(file: str, words: str) -> int:
    text = shipped().files[file]
    return text.count("\n", 0, text.index(words)) + 1


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("<mj-column>", "<mj-colum>", "MJML has no <mj-colum>; is mj-column meant?"),
        ("<mj-column>", '<mj-column widht="50%">', "no attribute widht; is width meant?"),
        ("<mj-column>", '<mj-column align="left">', "<mj-column> has no attribute align"),
        ("<mj-column>", "<mj-wrapper>", "<mj-wrapper> cannot stand in <mj-section>"),
    ],
)
def test_mjml_that_there_is_not_is_found_with_file_and_line(old: str, new: str, what: str) -> None:
    template = broken("footer.mjml", old, new)
    end = f"</{new[1:-1].split()[0]}>"
    files = dict(template.files)
    files["footer.mjml"] = files["footer.mjml"].replace("</mj-column>", end)
    template = replace(template, files=files)
    findings = [f for f in look_at_template(template) if what in f.what]
    assert len(findings) == 1
    assert findings[0].where == f"weekly/footer.mjml:{line_of('footer.mjml', old)}"
    assert (findings[0].code, findings[0].severity) == ("mjml", Severity.ERROR)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('padding="28px 0 40px"', 'padding="28pt 0"', "one to four lengths in px or %"),
        ('padding="28px 0 40px"', 'padding="1px 2px 3px 4px 5px"', "one to four lengths"),
        ('font-size="13px"', 'font-size="1em"', "'1em', and takes a length in px"),
        ('font-size="13px"', 'align="middle"', "takes left, center, right or justify"),
        ('color="{{ theme.muted }}"', 'color="greyish"', "takes a colour, such as #1c2430"),
        ('line-height="20px"', 'line-height="20pt"', "takes a length in px, % or no unit"),
    ],
)
def test_a_value_that_an_attribute_cannot_take_is_found(old: str, new: str, what: str) -> None:
    findings = [f for f in look_at_template(broken("footer.mjml", old, new)) if what in f.what]
    assert [f.where for f in findings] == [f"weekly/footer.mjml:{line_of('footer.mjml', old)}"]
    assert findings[0].severity is Severity.ERROR


@pytest.mark.parametrize(
    ("component", "attribute", "value"),
    [
        ("mj-section", "padding", "0"),
        ("mj-section", "border-radius", "4px 4px 0 0"),
        ("mj-section", "full-width", "full-width"),
        ("mj-text", "line-height", "1.5"),
        ("mj-text", "letter-spacing", "-0.5em"),
        ("mj-text", "color", "rebeccapurple"),
        ("mj-text", "color", "#FFF"),
        ("mj-text", "font-family", "Georgia, serif"),
        ("mj-image", "height", "auto"),
        ("mj-column", "width", "33.3%"),
        ("mj-hero", "mode", "fluid-height"),
    ],
)
def test_what_mjml_takes_is_no_finding(component: str, attribute: str, value: str) -> None:
    assert expected(component, attribute, value) == ""


def test_a_component_is_known_by_the_place_it_ends_in_not_by_its_file() -> None:
    template = broken("issue.mjml", "{{ more() }}", "{{ more() }}<mj-text>Words.</mj-text>")
    finding = found(look_at_template(template), "mjml")
    assert "<mj-text> cannot stand in <mj-body>, only in mj-column, mj-hero" in finding.what
    assert finding.where == f"weekly/issue.mjml:{line_of('issue.mjml', '{{ more() }}')}"


def test_defaults_in_the_head_are_judged_as_attributes_of_their_component() -> None:
    template = broken("look.mjml", '<mj-section padding="0"', '<mj-section pading="0"')
    finding = found(look_at_template(template), "mjml")
    assert "pading; is padding" in finding.what


def test_an_element_that_is_not_closed_is_found() -> None:
    document = "<mjml><mj-body><mj-section></mj-body></mjml>"
    assert "closes what is not open: <mj-section> is" in " ".join(
        what for _, what in judge(document)
    )
    assert "MJML has no <p>" in [what for _, what in judge("<mjml><p></p></mjml>")]
    assert [what for _, what in judge("<mjml><mj-body>")] == [
        "<mjml> is never closed",
        "<mj-body> is never closed",
    ]


def test_what_stands_in_a_misspelt_component_is_not_held_against_it() -> None:
    document = "<mjml><mj-body><mj-txt><p>a<b>c</b></p></mj-txt></mj-body></mjml>"
    assert list(judge(document)) == [("", "MJML has no <mj-txt>; is mj-text meant?")]
    assert [what for _, what in judge("<mjml><mj-body><p>a</p></mj-body></mjml>")] == [
        "MJML has no <p>"
    ]


def test_what_stands_in_text_is_not_mjml() -> None:
    text = '<mj-text><p align="left"><mj-nonsense></p></mj-text>'
    assert list(judge(f"<mjml><mj-body><mj-section><mj-column>{text}</mj-column></mj-section>"
                      "</mj-body></mjml>")) == []  # fmt: skip


def test_stamping_moves_no_line_and_touches_no_jinja() -> None:
    template = broken("footer.mjml", "<mj-column>", "{# <mj-x> #}{{ '<mj-y>' }}<mj-column>")
    before, after = template.files["footer.mjml"], stamped(template).files["footer.mjml"]
    assert before.count("\n") == after.count("\n")
    assert "{# <mj-x> #}{{ '<mj-y>' }}" in after
    assert stamped(template).files["issue.txt"] == template.files["issue.txt"]


def test_a_placeholder_that_a_catalogue_left_is_found() -> None:
    finding = found(look(clean_digest(), with_foot("<p>%(n)s papers</p>")), "unresolved-markup")
    assert "%(n)s" in finding.what
    assert finding.severity is Severity.ERROR


def test_what_no_reader_meets_is_no_finding() -> None:
    piece = "{% fragment when.selective %}<p>%(n)s papers</p>{% endfragment %}"
    assert look(clean_digest(), with_foot(piece)) == ()


def test_a_variable_that_was_written_as_text_is_found() -> None:
    template = with_foot("<p>{{ '{{ list.name }}' }}</p>")
    finding = found(look(clean_digest(), template), "unresolved-markup")
    assert "{{ list.name }}" in finding.what
    assert finding.readers == 42


def test_markup_left_in_the_plain_text_is_found() -> None:
    text = shipped().files["issue.txt"] + "\n%(n)s papers, &amp; more\n"
    template = replace(shipped(), files={**shipped().files, "issue.txt": text})
    findings = look(clean_digest(), template)
    assert [(f.where, f.readers) for f in findings] == [("weekly/issue.txt", 42)] * 2
    assert "%(n)s" in findings[0].what


def test_a_title_of_braces_that_was_cut_short_is_still_its_own() -> None:
    first, *others = clean_entries()
    titled = replace(first, title="Grouping with {{ and more " + "words " * 20 + "}}")
    assert "unresolved-markup" not in {f.code for f in look(clean_digest([titled, *others]))}
    assert "markup-in-subject" not in {f.code for f in look(clean_digest([titled, *others]))}


def test_a_template_that_breaks_the_law_is_found() -> None:
    # `joiner` counts what a reader does not see.
    old = "{% fragment when.section(section) %}<a href"
    template = broken("entry.mjml", old, old.replace("<a href", "{{ comma() }}<a href"))
    files = dict(template.files)
    files["entry.mjml"] = files["entry.mjml"].replace(
        "{% macro contents() %}", '{% macro contents() %}{% set comma = joiner("; ") %}', 1
    )
    template = replace(template, files=files)
    finding = found(look_at_template(template, law=True), "assembling-law")
    assert finding.where == "weekly/issue.mjml"
    assert finding.severity is Severity.ERROR
    assert look_at_template(template) == ()


def words_missing(template: Template) -> list[tuple[str, str]]:
    findings = [f for f in look_at_template(template) if f.code == "untranslated-word"]
    assert all(f.severity is Severity.WARNING for f in findings)
    return [(f.where, f.what) for f in findings]


@pytest.mark.parametrize("name", ["weekly", "listing", "announcement"])
def test_the_words_of_the_shipped_templates_are_all_in_their_catalogue(name: str) -> None:
    assert words_missing(shipped(name)) == []


def test_a_word_that_a_catalogue_lacks_is_found_with_its_file_and_line() -> None:
    foot = "{{ _('Newly said') }}{{ _('Newly said') }}\n{{ number('%(n)s day', '%(n)s days', 2) }}"
    template = with_foot(foot)
    line = line_of_foot(template, "Newly said")
    assert words_missing(template) == [
        (f"weekly/footer.mjml:{line}", "zh.po has no 'Newly said': it stands there in English"),
        (f"weekly/footer.mjml:{line + 1}", "zh.po has no '%(n)s day': it stands there in English"),
    ]
    own = """msgid "Newly said"
msgstr "新词"

msgid "%(n)s day"
msgid_plural "%(n)s days"
msgstr[0] "%(n)s 天"
"""
    files = over(template.files, {"zh.po": own})
    assert words_missing(replace(template, files=files)) == []
    empty = over(template.files, {"zh.po": own.replace("新词", "").replace("%(n)s 天", "")})
    assert len(words_missing(replace(template, files=empty))) == 2, "empty is none"


def line_of_foot(template: Template, words: str) -> int:
    text = template.files["footer.mjml"]
    return text.count("\n", 0, text.index(words)) + 1
