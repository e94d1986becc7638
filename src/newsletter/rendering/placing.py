"""From marks in MJML's text to marks that MJML carries through: comments, or `<mj-raw>` where only
components may stand. What could not be cut soundly is refused with the template's line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from newsletter.rendering.marks import Marks, Place
from newsletter.rendering.prose import BREAK
from newsletter.rendering.templates import Template

_TAG = r"""</?[A-Za-z](?:[^"'<>]|"[^"]*"|'[^']*')*>"""
_TOKEN = re.compile(rf"(?P<comment><!--.*?-->)|(?P<tag>{_TAG})", re.DOTALL)
_NAME = re.compile(r"</?([A-Za-z][\w:-]*)")
_QUOTED = re.compile(r""""[^"]*"|'[^']*'""")
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr")
)
# Components whose content MJML passes through as it is.
_PROSE = frozenset(("mj-text", "mj-raw", "mj-button", "mj-table", "mj-navbar-link"))
# Components between whose children a comment is sound.
_ROWS = frozenset(("mj-body", "mj-column"))


@dataclass
class _Open:
    """An element that is open, told from others of its name by identity."""

    name: str


@dataclass
class _Walk:
    marks: Marks
    file: str
    elements: list[_Open] = field(default_factory=list)
    fragments: list[tuple[int, _Open | None]] = field(default_factory=list)

    def inside(self, name: str) -> bool:
        return any(element.name == name for element in self.elements)

    @property
    def component(self) -> str:
        """The nearest open MJML element."""
        found = (e.name for e in reversed(self.elements) if e.name.startswith("mj"))
        return next(found, "")


def place(mjml: str, marks: Marks, file: str) -> str:
    """`mjml` with its marks made fit for the MJML compiler.

    Raises:
        TemplateError: a fragment begins in one element and ends in another, or stands in the head,
            in a tag, in a comment, or between components where a cut would break Outlook's
            conditional tables; or a slot stands outside quoted attributes and text.
    """
    walk = _Walk(marks, file)
    out: list[str] = []
    at = 0
    for match in _TOKEN.finditer(mjml):
        out.append(_text(walk, mjml[at : match.start()]))
        at = match.end()
        if match["comment"]:
            out.append(_comment(walk, match[0]))
        else:
            out.append(_tag(walk, match[0]))
    out.append(_text(walk, mjml[at:]))
    return "".join(out)


def _comment(walk: _Walk, comment: str) -> str:
    if comment == BREAK:  # a title in the head cannot hold a comment, and is seen by nobody
        return "\n" if walk.inside("mj-head") else comment
    for match in walk.marks.either.finditer(comment):
        raise _where(walk, match).error("stands inside a comment, where it cannot be cut")
    return comment


def _tag(walk: _Walk, tag: str) -> str:
    tag = tag.replace(BREAK, "")  # prose in an attribute
    for match in walk.marks.pattern.finditer(tag):
        raise _where(walk, match).error("a fragment cannot stand inside a tag; put it around it")
    for match in walk.marks.either.finditer(_QUOTED.sub("", tag)):
        raise _where(walk, match).error("a slot in a tag must stand in a quoted attribute")
    name = _NAME.match(tag)
    assert name is not None  # noqa: S101 (a tag begins with its name)
    _follow(walk, name[1].lower(), tag)
    return tag


def _follow(walk: _Walk, name: str, tag: str) -> None:
    if tag.startswith("</"):
        for index in range(len(walk.elements) - 1, -1, -1):
            if walk.elements[index].name == name:
                del walk.elements[index:]
                return
    elif not tag.endswith("/>") and name not in _VOID:
        walk.elements.append(_Open(name))


def _text(walk: _Walk, text: str) -> str:
    return walk.marks.either.sub(lambda match: _one(walk, match), text)


def _one(walk: _Walk, match: re.Match[str]) -> str:
    where = _where(walk, match)
    if walk.inside("mj-head") or walk.inside("style"):
        raise where.error("the head is the same for every reader: no fragment or slot can be in it")
    if match[1] == "s":
        return match[0]
    _balance(walk, match)
    if walk.component in _PROSE:
        return f"<!--{match[0]}-->"
    if walk.component in _ROWS:
        return f"<mj-raw><!--{match[0]}--></mj-raw>"
    raise where.error(
        f"a fragment cannot stand directly in <{walk.component or 'the document'}>: put it around "
        "whole sections of mj-body, around components of a column, or inside mj-text"
    )


def _balance(walk: _Walk, match: re.Match[str]) -> None:
    number, parent = int(match[2]), walk.elements[-1] if walk.elements else None
    if match[1] == "o":
        walk.fragments.append((number, parent))
        return
    opened, within = walk.fragments.pop()
    if opened != number or within is not parent:
        name = within.name if within else "the document"
        raise _where(walk, match).error(f"the fragment begins in <{name}> and ends elsewhere")


def _where(walk: _Walk, match: re.Match[str]) -> Place:
    if match[1] == "s":
        return walk.marks.place_of(int(match[2]), walk.file)
    return walk.marks.marks[int(match[2])].place


_RULE = re.compile(r"([^{}]+)\{")
_POSITIONAL = re.compile(r"[+~]|:(?:first|last|only|nth)-|:empty\b|:has\(")


def positional_selectors(style: str) -> Iterator[str]:
    """The selectors of a style sheet by which an element's look depends on its siblings."""
    for match in _RULE.finditer(re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)):
        selector = match[1].strip()
        if not selector.startswith("@") and _POSITIONAL.search(selector):
            yield selector


def check_styles(mjml: str, template: Template) -> None:
    """Refuses sibling and positional selectors: what stands beside an entry differs by reader.

    Raises:
        TemplateError: with the line of the first such selector.
    """
    for style in re.findall(r"<mj-style[^>]*>(.*?)</mj-style>", mjml, re.DOTALL):
        for selector in positional_selectors(style):
            first = selector.split("\n")[0]
            raise _find(first, template).error(
                f"the selector {selector!r} looks at siblings, which differ by reader; use a class"
            )


def _find(words: str, template: Template) -> Place:
    for name, text in template.files.items():
        for number, line in enumerate(text.split("\n"), 1):
            if words in line:
                return Place(f"{template.name}/{name}", number)
    return Place(f"{template.name}/issue.mjml", 0)
