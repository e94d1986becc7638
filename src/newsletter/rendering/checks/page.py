"""A compiled issue as one page: all its fragments at once, and each element and run of text with
its style in light and in dark and with the condition under which a reader meets it.

Whatever any reader gets is part of this page, so one look at it is a look at every message.
"""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from premailer import Premailer

from newsletter.rendering.compiled import Compiled
from newsletter.rendering.marks import Slot
from newsletter.rendering.program import Fragment, Gap, Part

When = tuple[tuple[str, ...], ...]
"""The conditions of the fragments around something, from the outside in."""

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)
_TAG = re.compile(r"""<[A-Za-z](?:[^"'<>]|"[^"]*"|'[^']*')*>""")
_STYLE = re.compile(r"(\s)style=")
_DARK = re.compile(r"@media[^{}]*prefers-color-scheme:\s*dark[^{}]*\{")
_MARK = re.compile(r"\[when (\d+)\]|\[end\]")


@dataclass(frozen=True, slots=True)
class Look:
    """A style as it is inherited: declared colours and size, None where nothing is declared.

    `size` is in px. `ink` and `ground` are CSS colours as written.
    """

    ink: str | None = None
    ground: str | None = None
    size: float | None = None
    bold: bool = False
    hidden: bool = False

    def under(self, declared: Mapping[str, str]) -> Look:
        """The look of a child with these declarations."""
        font = declared.get("font", "")
        weight = declared.get("font-weight", font)
        return Look(
            ink=_colour(declared.get("color")) or self.ink,
            ground=_ground(declared) or self.ground,
            size=_pixels(declared.get("font-size", font)) or self.size,
            bold=bool(re.search(r"\b(bold|bolder|[6-9]00)\b", weight)) if weight else self.bold,
            hidden=self.hidden or declared.get("display") == "none",
        )


@dataclass(frozen=True, slots=True)
class Element:
    """An element of the head or the body.

    `inside` are the tags around it.
    """

    tag: str
    attributes: Mapping[str, str]
    when: When
    inside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A run of text, one line, not empty."""

    text: str
    light: Look
    dark: Look
    when: When


@dataclass(frozen=True, slots=True)
class Page:
    """`styles` is the text of the style sheets."""

    elements: tuple[Element, ...]
    runs: tuple[Run, ...]
    styles: str
    ids: frozenset[str]


def read_page(compiled: Compiled) -> Page:
    """The page of everything that `compiled` can say, slots filled with `x`."""
    whens: list[tuple[str, ...]] = []
    page = "".join(_marked(compiled.html_parts, compiled.slots, whens))
    return read_html(page, whens)


def read_html(page: str, whens: Sequence[tuple[str, ...]] = ()) -> Page:
    """An HTML page whose comments `[when N]` and `[end]` stand around fragments."""
    head, body, rest = page.partition("<body")
    styles = "\n".join(re.findall(r"<style[^>]*>(.*?)</style>", head, re.DOTALL))
    reader = _Reader(whens)
    reader.feed(head)
    reader.feed(_darkened(styles, body + rest))
    reader.close()
    return Page(tuple(reader.elements), tuple(reader.runs), styles, frozenset(reader.ids))


def _marked(
    parts: Sequence[Part], slots: Sequence[Slot], whens: list[tuple[str, ...]]
) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, Gap):
            phrases = slots[part.slot].phrases
            yield html.escape(phrases[-1]) if phrases else "x"
        elif isinstance(part, Fragment):
            yield f"<!--[when {len(whens)}]-->"
            whens.append(part.when)
            yield from _marked(part.parts, slots, whens)
            yield "<!--[end]-->"


def _darkened(styles: str, body: str) -> str:
    """`body` with its styles under `data-light`, and what the dark rules say as `style`."""
    set_aside = _TAG.sub(lambda tag: _STYLE.sub(r"\1data-light=", tag[0]), body)
    dark = "\n".join(_dark_rules(styles))
    if not dark.strip():
        return set_aside
    return str(
        Premailer(
            f"<!DOCTYPE html><html><head><style>{dark}</style></head>{set_aside}",
            keep_style_tags=False,
            disable_validation=True,
            allow_network=False,
            disable_leftover_css=True,
            cssutils_logging_level=logging.CRITICAL,
        ).transform(pretty_print=False)
    ).partition("</head>")[2]


def _dark_rules(styles: str) -> Iterator[str]:
    """What stands inside the media queries for dark."""
    for match in _DARK.finditer(styles):
        depth, at = 1, match.end()
        while depth and at < len(styles):
            depth += {"{": 1, "}": -1}.get(styles[at], 0)
            at += 1
        yield styles[match.end() : at - 1]


@dataclass
class _Open:
    tag: str
    light: Look
    dark: Look


class _Reader(HTMLParser):
    def __init__(self, whens: Sequence[tuple[str, ...]]) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.runs: list[Run] = []
        self.ids: set[str] = set()
        self._whens, self._when = whens, list[tuple[str, ...]]()
        self._open: list[_Open] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        inside = tuple(parent.tag for parent in self._open)
        self.elements.append(Element(tag, attributes, tuple(self._when), inside))
        self.ids.update(attributes[name] for name in ("id", "name") if attributes.get(name))
        if tag in _VOID:
            return
        last = self._open[-1] if self._open else _Open("", Look(), Look())
        light = declarations(attributes.get("data-light", ""))
        if tag == "a":
            light = {"color": "#0000ee"} | light  # what browsers give a link that says nothing
        if "bgcolor" in attributes and "style" not in attributes:
            light = {"background-color": attributes["bgcolor"]} | light
        dark = light | declarations(attributes.get("style", ""))
        self._open.append(_Open(tag, last.light.under(light), last.dark.under(dark)))

    def handle_endtag(self, tag: str) -> None:
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index].tag == tag:
                del self._open[index:]
                return

    def handle_comment(self, data: str) -> None:
        match = _MARK.fullmatch(data)
        if match and match[1]:
            self._when.append(self._whens[int(match[1])])
        elif match:
            self._when.pop()

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if not text or any(o.tag in ("style", "title", "script", "head") for o in self._open):
            return
        last = self._open[-1] if self._open else _Open("", Look(), Look())
        self.runs.append(Run(text, last.light, last.dark, tuple(self._when)))


def declarations(style: str) -> dict[str, str]:
    """The declarations of a style attribute, without `!important`."""
    found = {}
    for part in re.split(r";(?![^()]*\))", style):
        name, colon, value = part.partition(":")
        if colon:
            found[name.strip().lower()] = value.replace("!important", "").strip()
    return found


def _ground(declared: Mapping[str, str]) -> str | None:
    whole = declared.get("background", "")
    plain = re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\([^)]*\)|^[a-z]+$", whole)
    return _colour(declared.get("background-color")) or _colour(plain[0] if plain else None)


def _colour(value: str | None) -> str | None:
    inherited = ("", "transparent", "inherit", "none", "initial", "currentcolor", "unset")
    return None if value is None or value.lower() in inherited else value


def _pixels(value: str) -> float | None:
    match = re.search(r"(?<![\w.#-])(\d+(?:\.\d+)?)px", value)
    return float(match[1]) if match else None
