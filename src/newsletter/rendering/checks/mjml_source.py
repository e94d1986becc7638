"""MJML problems with the template's file and line.

The nesting of components is only known once Jinja has made the document of a template's files, and
by then their lines are gone. So each tag of the files is stamped with its place before it is
rendered, and the document is judged tag by tag, each with the place that it came from.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial

from newsletter.content.digest import Digest
from newsletter.content.links import Links
from newsletter.rendering.checks.finding import Finding, Severity
from newsletter.rendering.checks.mjml_values import expected
from newsletter.rendering.checks.mjml_vocabulary import ATTRIBUTES, CHILDREN, ENDING, EVERYWHERE
from newsletter.rendering.environment import render
from newsletter.rendering.facts import Outline
from newsletter.rendering.marks import Marks, Place, nonce_of
from newsletter.rendering.templates import Template
from newsletter.rendering.vocabulary import vocabulary
from newsletter.rendering.words import Words

_STAMP = "data-place"
_JINJA_OR_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<!--.*?-->|<mj[\w-]*", re.DOTALL)
_TAG = re.compile(
    r"""<!--.*?-->|<(?P<close>/)?(?P<name>[A-Za-z][\w:-]*)"""
    r"""(?P<rest>(?:[^"'<>]|"[^"]*"|'[^']*')*?)(?P<alone>/)?>""",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def check_mjml(
    template: Template, digest: Digest, languages: tuple[str, ...], links: Links, readers: int
) -> Iterator[Finding]:
    """Findings in the MJML that a template makes of a digest, once for each place and fault.

    Raises:
        TemplateError: it does not render.
    """
    document = _document(stamped(template), digest, languages, links)
    for place, what in dict.fromkeys(judge(document)):
        yield Finding(
            severity=Severity.ERROR,
            code="mjml",
            where=place or f"{template.name}/issue.mjml",
            what=what,
            mend="correct the template; documentation.mjml.io lists what there is",
            readers=readers,
        )


def stamped(template: Template) -> Template:
    """`template` with the place of every MJML tag in an attribute of it."""
    files = dict(template.files)
    for name, text in template.files.items():
        if name.endswith(".mjml"):
            stamp = partial(_stamp, file=template.place(name))
            files[name] = _JINJA_OR_TAG.sub(stamp, text)
    return replace(template, files=files)


def _stamp(match: re.Match[str], file: str) -> str:
    if not match[0].startswith("<mj"):
        return match[0]
    line = match.string.count("\n", 0, match.start()) + 1
    return f'{match[0]} {_STAMP}="{file}:{line}"'


class _Everything:
    """Renders every fragment and marks none."""

    def begins(self, when: object, place: Place) -> bool:  # noqa: ARG002 (a cutter's signature)
        return True

    def opening(self) -> str:
        return ""

    def closing(self) -> str:
        return ""


def _document(template: Template, digest: Digest, languages: tuple[str, ...], links: Links) -> str:
    outline, marks = Outline.of(digest), Marks(nonce_of([repr(digest), *languages]))
    spoken = {*languages, *digest.list.languages}
    words = {language: Words(template, language) for language in spoken}
    names = vocabulary(digest, languages, links, marks, outline, words)
    return render(template, "issue.mjml", names, _Everything())


@dataclass(frozen=True, slots=True)
class _Tag:
    name: str
    place: str


def judge(document: str) -> Iterator[tuple[str, str]]:
    """What is wrong in a stamped document: place (empty if unknown) and fault."""
    open_tags: list[_Tag] = []
    at = 0
    while match := _TAG.search(document, at):
        at = match.end()
        name = (match["name"] or "").lower()
        if not name:
            continue
        if match["close"]:
            yield from _closed(name, open_tags)
            continue
        attributes = {m[1]: m[2] or m[3] or "" for m in _ATTRIBUTE.finditer(match["rest"])}
        tag = _Tag(name, attributes.pop(_STAMP, ""))
        yield from _faults(tag, attributes, open_tags[-1] if open_tags else None)
        if not match["alone"]:
            open_tags.append(tag)
            if name in ENDING and (end := document.find(f"</{name}", at)) >= 0:
                at = end
    yield from ((tag.place, f"<{tag.name}> is never closed") for tag in open_tags)


def _closed(name: str, open_tags: list[_Tag]) -> Iterator[tuple[str, str]]:
    if not open_tags or open_tags[-1].name != name:
        within = open_tags[-1] if open_tags else _Tag("the document", "")
        yield within.place, f"</{name}> closes what is not open: <{within.name}> is"
    for index in range(len(open_tags) - 1, -1, -1):
        if open_tags[index].name == name:
            del open_tags[index:]
            return


def _faults(
    tag: _Tag, attributes: dict[str, str], parent: _Tag | None
) -> Iterator[tuple[str, str]]:
    within = parent.name if parent else ""
    place = tag.place or (parent.place if parent else "")
    if tag.name in ("mj-all", "mj-class") and within == "mj-attributes":
        known = frozenset[str]().union(*ATTRIBUTES.values())
    elif tag.name in ATTRIBUTES:
        known = ATTRIBUTES[tag.name]
        if within != "mj-attributes" and within in CHILDREN and tag.name not in CHILDREN[within]:
            allowed = ", ".join(sorted(p for p, inner in CHILDREN.items() if tag.name in inner))
            yield place, f"<{tag.name}> cannot stand in <{within}>, only in {allowed}"
    elif not tag.name.startswith("mj") and within not in ATTRIBUTES and within:
        return  # HTML, in a component whose own fault has been told: it may well be text
    else:
        yield place, f"MJML has no <{tag.name}>{_meant(tag.name, ATTRIBUTES)}"
        return
    for name in attributes.keys() - known - EVERYWHERE:
        if not (tag.name == "mj-class" and name == "name"):
            yield place, f"<{tag.name}> has no attribute {name}{_meant(name, known)}"
    for name in sorted(attributes.keys() & known):
        value = html.unescape(attributes[name])
        if wanted := expected(tag.name, name, value):
            yield place, f"{name} of <{tag.name}> is {value!r}, and takes {wanted}"


def _meant(word: str, known: Collection[str]) -> str:
    found = get_close_matches(word, list(known), 1)
    return f"; is {found[0]} meant?" if found else ""
