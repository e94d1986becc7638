"""Templates as people write them: found by name, and refused with the line of what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.content.links import Links
from newsletter.content.planning import plan
from newsletter.content.preferences import Preferences
from newsletter.errors import TemplateError
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.compiling import compile_alone, compile_issue
from newsletter.rendering.templates import Template, load_template
from tests.builders import make_digest, make_values

LINKS = Links("https://news.example.org")
FRAME = """<mjml lang="en">
<mj-head><mj-style>{style}</mj-style></mj-head>
<mj-body>
{body}
</mj-body>
</mjml>"""
MACROS = """\
{% macro inner(e) %}{% fragment when.full(e) %}{% endfragment %}{% endmacro %}\
{% macro outer(e) %}{{ inner(e) }}{% endmacro %}"""
IN_LINE = "<mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section>"
IN_TEXT = "<mj-section><mj-column><mj-text>\n{}\n</mj-text></mj-column></mj-section>"


def template(body: str, style: str = "", text: str = "text\n", **files: str) -> Template:
    mjml = FRAME.replace("{body}", body).replace("{style}", style)
    own = {"issue.mjml": mjml, "issue.txt": text, "subject.txt": "subject"}
    return Template("mine", own | {name.replace("_", "."): text for name, text in files.items()})


def compiled(made: Template) -> Compiled:
    return compile_issue(made, make_digest(), ("en",), links=LINKS)


def refused(made: Template) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        compiled(made)
    assert "\n" not in str(caught.value)
    return caught.value


def test_the_shipped_templates_are_found_without_a_folder() -> None:
    assert load_template([], "weekly").name == "weekly"
    assert "zh.po" in load_template([], "listing").files


def test_a_readers_own_template_wins_over_the_packaged_one(tmp_path: Path) -> None:
    (tmp_path / "weekly").mkdir()
    for name in ("issue.mjml", "issue.txt", "subject.txt"):
        (tmp_path / "weekly" / name).write_text("mine", encoding="utf-8")
    found = load_template([tmp_path], "weekly")
    assert found.files["subject.txt"] == "mine"
    assert "footer.mjml" in found.files  # shared parts remain at hand


def test_a_fault_in_a_shared_file_is_told_of_that_file(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "shared").mkdir()
    for name, said in (("issue.mjml", "{% include 'foot.mjml' %}"), ("issue.txt", "text")):
        (tmp_path / "mine" / name).write_text(said, encoding="utf-8")
    (tmp_path / "mine" / "subject.txt").write_text("subject", encoding="utf-8")
    (tmp_path / "shared" / "foot.mjml").write_text("\n{{ issue.titel }}", encoding="utf-8")
    assert refused(load_template([tmp_path], "mine")).template == "shared/foot.mjml"
    (tmp_path / "mine" / "foot.mjml").write_text("\n\n{{ issue.titel }}", encoding="utf-8")
    own = refused(load_template([tmp_path], "mine"))
    assert (own.template, own.line) == ("mine/foot.mjml", 3)


def test_an_unknown_template_is_refused_with_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"monthly: .*listing, weekly"):
        load_template([tmp_path], "monthly")


def test_a_template_without_a_text_part_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "issue.mjml").write_text("<mjml/>", encoding="utf-8")
    with pytest.raises(TemplateError, match=r"mine/issue\.txt: is missing"):
        load_template([tmp_path], "mine")


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        ("{% fragment when.editorial %}", 4, "endfragment"),
        ("<mj-text>\n{{ nothing }}</mj-text>", 5, "'nothing' is undefined"),
        ("{% fragment when.nothing %}{% endfragment %}", 4, "when has no attribute 'nothing'"),
        ("{{ issue.titel }}", 4, "issue has no attribute 'titel'; is title meant?"),
        ("{{ issue.weather }}", 4, "issue has no attribute 'weather'; there are analyzed, "),
        ("{{ issue.title.size }}", 4, "a text has no attribute 'size'"),
        ("{% fragment 'weather' %}{% endfragment %}", 4, "no fact 'weather'"),
        ("{% fragment 7 %}{% endfragment %}", 4, "needs a fact"),
        (
            "<mj-wrapper>\n{% fragment when.more %}<mj-spacer />{% endfragment %}</mj-wrapper>",
            5,
            "directly in <mj-wrapper>",
        ),
        (
            "<mj-section>{% fragment when.more %}<mj-column />{% endfragment %}</mj-section>",
            4,
            "directly in <mj-section>",
        ),
        (IN_TEXT.format("<p>{% fragment when.more %}</p>{% endfragment %}"), 5, "begins in <p>"),
        (IN_TEXT.format("<p {% fragment when.more %}a='b'{% endfragment %}>"), 5, "inside a tag"),
        (IN_TEXT.format("<!-- {% fragment when.more %}{% endfragment %} -->"), 5, "comment"),
        (
            IN_TEXT.format("<!--[if mso]>\n{% fragment when.more %}{% endfragment %}<![endif]-->"),
            6,
            "comment",
        ),
        (
            (
                "{% for e in issue.entries %}\n{% fragment when.full(e) %}{% endfragment %}"
                "{{ loop.index }}{% endfor %}"
            ),
            5,
            "loop.*",
        ),
        (
            MACROS + "\n{% for e in issue.entries %}{{ outer(e) }}{{ loop.last }}{% endfor %}",
            5,
            "loop.*",
        ),
        (IN_TEXT.format("<p class={{ slot('view_token') }}>a</p>"), 5, "quoted"),
        (IN_TEXT.format("\n<a href={{ urls.leave }}>a</a>"), 6, "quoted"),
        (IN_TEXT.format("<p>{{ urls.view }}</p>\n<!-- {{ urls.view }} -->"), 6, "comment"),
        ("\n<mj-head><mj-title>{{ urls.view }}</mj-title></mj-head>", 5, "the head is the same"),
        (IN_TEXT.format("{{ slot('name') }}"), 5, "no slot 'name'"),
        (IN_TEXT.format("{{ count('stars', 'a', 'b') }}"), 5, "no count 'stars'"),
        (IN_TEXT.format("{{ 1 / 0 }}"), 5, "ZeroDivisionError"),
        (IN_TEXT.format("{% include 'other.mjml' %}"), 5, "no file mine/other.mjml"),
        ("<mj-section>", 0, "does not compile: <mj-section> is not closed before </mj-body>"),
        (
            "<mj-section><mj-column><mj-text>Hello</mj-column></mj-section>",
            0,
            "<mj-text> is not closed before </mj-column>",
        ),
        ("</mj-section>", 0, "<mj-body> is not closed before </mj-section>"),
        (IN_TEXT.format("x" * 1100), 0, "998"),
    ],
)
def test_a_broken_template_is_refused_with_its_line(body: str, line: int, reason: str) -> None:
    error = refused(template(body))
    assert error.template == "mine/issue.mjml"
    assert error.line == line
    assert reason in error.reason


def test_the_line_is_that_of_the_file_at_fault() -> None:
    error = refused(template("{% include 'part.mjml' %}", part_mjml="\n\n{{ nothing }}"))
    assert (error.template, error.line) == ("mine/part.mjml", 3)


def test_the_line_of_a_misplaced_slot_is_that_which_puts_it_out() -> None:
    part = "{% macro link(to) %}\n\n<a href={{ to }}>a</a>{% endmacro %}"
    body = "{% from 'part.mjml' import link %}\n" + IN_TEXT.format("{{ link(urls.leave) }}")
    error = refused(template(body, part_mjml=part))
    assert (error.template, error.line) == ("mine/part.mjml", 3)
    kept = "{% set to %}{{ urls.leave }}{% endset %}\n"
    error = refused(template(kept + IN_TEXT.format("<a href={{ to }}>a</a>")))
    assert (error.template, error.line) == ("mine/issue.mjml", 4)
    assert "quoted attribute" in error.reason


@pytest.mark.parametrize("selector", [".a + .b", "p ~ p", "li:first-child", "p:nth-child(2)"])
def test_a_selector_that_looks_at_siblings_is_refused(selector: str) -> None:
    error = refused(template("", style=f"p {{ margin: 0 }}\n{selector} {{ color: red }}"))
    assert (error.template, error.line) == ("mine/issue.mjml", 3)


def test_a_loop_without_fragments_may_count() -> None:
    body = IN_TEXT.format("{% for t in 'ab' %}{{ loop.index }}{% endfor %}")
    made = compiled(template(body))
    assert "12" in made.html(plan(make_digest(), Preferences()), make_values())


@pytest.mark.parametrize(
    "body",
    [
        IN_TEXT.format("a {% fragment when.more %} b {% endfragment %} c"),
        IN_TEXT.format("{% fragment when.whole %}<p>a</p>{% endfragment %} <p>b</p> "),
        IN_TEXT.format("a {% fragment when.more %}b{% endfragment %}"),
        IN_TEXT.format("<b>a</b> {% fragment when.more %}<i>b</i>{% endfragment %} <u>c</u>"),
        IN_LINE.format(" {% fragment when.more %}<i>b</i>{% endfragment %} <b>a</b>"),
        IN_LINE.format("{% fragment when.more %} {% endfragment %}<b>a</b> "),
        IN_TEXT.format("{% fragment when.more %}b{% endfragment %} a {{ 'b' }}"),
        IN_TEXT.format("<p>b</p> {% fragment when.more %}\n\n<p>a</p>{% endfragment %}  \n"),
        "{% fragment when.whole %}\n<mj-section></mj-section>\n{% endfragment %}\n",
        (
            "<mj-section><mj-column>{% fragment when.more %}<mj-text/>{% endfragment %}<mj-text/>"
            "</mj-column></mj-section>"
        ),
        IN_TEXT.format(
            "<table>{% for e in issue.entries %}{% fragment when.full(e) %}<tr><td>{{ e.title }}"
            "</td></tr>{% endfragment %}{% endfor %}</table>"
        ),
    ],
)
def test_white_space_and_place_of_a_fragment_never_break_the_law(body: str) -> None:
    made, digest = template(body), make_digest()
    whole = compiled(made)
    for wanted in (Preferences(), Preferences(follows=frozenset({"proofs"}), most=1)):
        chosen = plan(digest, wanted)
        alone = compile_alone(made, digest, chosen, links=LINKS)
        assert whole.html(chosen, make_values()) == alone.html(chosen, make_values())


def test_a_slot_in_a_quoted_attribute_is_filled_there() -> None:
    body = IN_TEXT.format('<a href="{{ urls.leave }}">go</a>')
    page = compiled(template(body)).html(plan(make_digest(), Preferences()), make_values())
    assert 'href="https://news.example.org/u/leave2token"' in page


def test_a_reader_of_few_is_not_told_that_they_have_all() -> None:
    digest = make_digest()
    few = plan(digest, Preferences(most=2))
    text = compiled(load_template([], "weekly")).text(few, make_values())
    assert f"2 of {len(digest.entries)} papers" in text
    assert f"All {len(digest.entries)}" not in text
