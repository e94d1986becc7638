"""A message's HTML part as certain clients show it. What is sent is never touched: these are
transformed copies, and all but light and dark are approximations.

Regular expressions do, because the HTML is our own: attributes stand in double quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from html import unescape

from newsletter.rendering.checks.sizes import GMAIL_CLIPS

CLIP = "data-clip"
"""Marks the element that begins at or last before the place where Gmail would clip."""


class Client(StrEnum):
    """How the HTML is shown."""

    MODERN = "modern"  # as it is: what Apple Mail or Thunderbird make of it
    UNSTYLED = "unstyled"  # the style sheets are stripped, as some webmail does
    INVERTED = "inverted"  # colours are turned round by force, as Gmail's apps do
    OUTLOOK = "outlook"  # Outlook on Windows: conditional comments hold, Word lays it out


_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)")
_DECLARED = re.compile(r"(color-schemes?\s*:\s*)light dark")
_META = re.compile(r'(<meta name="(?:supported-)?color-schemes?" content=")light dark(")')
_STYLE = re.compile(r"<style\b.*?</style>", re.DOTALL | re.IGNORECASE)
_CONDITION = re.compile(
    r"<!--\[if ([^\]]+)\]>(?:<!-->|\s*-->)?(.*?)(?:<!--\s*)?<!\[endif\]-->", re.DOTALL
)
_ANCHOR = re.compile(r"<a\b([^>]*)>")
_HREF = re.compile(r'\bhref="([^"]*)"')
_TAG = re.compile(r"<[a-zA-Z][^<>]*>")
_STYLED = re.compile(r'<(\w+)([^>]*?) style="([^"]*)"')
_INVERT = (
    "<style>html{background:#fff!important;filter:invert(1) hue-rotate(180deg)}"
    "img,[style*='background-image']{filter:invert(1) hue-rotate(180deg)}</style>"
)
_WORD_IGNORES = re.compile(
    r"(?:^|;)\s*(?:max-width|min-width|max-height|border-radius|box-shadow|opacity|display"
    r"|background-image|background-size|overflow|word-break)\s*:[^;]*"
)
_WORD_IGNORES_INLINE = re.compile(r"(?:^|;)\s*(?:padding|margin)(?:-\w+)?\s*:[^;]*")


def shown(html: str, client: Client, *, dark: bool, personal: Callable[[str], bool]) -> str:
    """`html` for a frame: links numbered in their order, those that are `personal` leading
    nowhere and the others opening beside; light or dark decided here, not by the browser."""
    html = _with_links(_with_clip(html), personal)
    if client is Client.OUTLOOK:
        return _resolved(_as_word(html), dark=False)
    if client is Client.INVERTED:
        return _resolved(html, dark=False).replace("</head>", _INVERT + "</head>", 1)
    if client is Client.UNSTYLED:
        html = _STYLE.sub("", html)
    return _resolved(html, dark=dark)


def links(html: str) -> tuple[tuple[str, str], ...]:
    """Where each link leads and its words, in order; its place here is its number in `shown`."""
    found = re.finditer(r"<a\b([^>]*)>(.*?)</a>", html, re.DOTALL)
    return tuple((_target(match[1]), _words(match[2])) for match in found)


def _target(attributes: str) -> str:
    found = _HREF.search(attributes)
    return unescape(found[1]) if found else ""


def _words(inner: str) -> str:
    alt = " ".join(re.findall(r'\balt="([^"]*)"', inner))
    return " ".join(unescape(re.sub(r"<[^>]*>", "", inner) or alt).split())


def _with_links(html: str, personal: Callable[[str], bool]) -> str:
    number = -1

    def marked(match: re.Match[str]) -> str:
        nonlocal number
        number += 1
        target = _target(match[1])
        attributes = match[1]
        if personal(target):
            attributes = _HREF.sub('href="#personal-link"', attributes, count=1)
        elif not target.startswith("#"):
            attributes += ' target="_blank" rel="noopener noreferrer"'
        return f'<a data-link="{number}"{attributes}>'

    return _ANCHOR.sub(marked, html)


def _with_clip(html: str) -> str:
    """`html`, the element marked at which Gmail's limit of octets falls."""
    data = html.encode()
    if len(data) <= GMAIL_CLIPS:
        return html
    limit = len(data[:GMAIL_CLIPS].decode("utf-8", "ignore"))
    body = html.find("<body")
    starts = [m for m in _TAG.finditer(html, max(body, 0)) if m.start() < limit]
    if not starts:
        return html
    at = starts[-1].end() - (2 if starts[-1][0].endswith("/>") else 1)
    return f"{html[:at]} {CLIP}{html[at:]}"


def _resolved(html: str, *, dark: bool) -> str:
    """`html` as a browser that prefers dark, or does not, would show it, whatever this one is."""
    wanted = "dark" if dark else "light"

    def decided(match: re.Match[str]) -> str:
        return "(min-width:0)" if match[1] == wanted else "(max-width:0)"

    html = _META.sub(rf"\g<1>{wanted}\g<2>", _SCHEME.sub(decided, html))
    return _DECLARED.sub(rf"\g<1>{wanted}", html)


def _as_word(html: str) -> str:
    """An approximation of Outlook on Windows, which lays mail out as Word does: conditional
    comments hold, media queries and what Word does not know are left out."""
    html = _CONDITION.sub(lambda found: found[2] if _holds(found[1]) else "", html)
    html = re.sub(r"<xml>.*?</xml>|</?noscript>|</?o:p>", "", html, flags=re.DOTALL)
    html = _STYLE.sub(lambda found: _without_media(found[0]), html)
    return _STYLED.sub(_word_style, html)


def _word_style(match: re.Match[str]) -> str:
    tag, before, style = match[1], match[2], match[3]
    if "mso-hide:all" in style.replace(" ", ""):
        return f'<{tag}{before} style="display:none"'
    style = _WORD_IGNORES.sub("", style)
    if tag in ("a", "span"):
        style = _WORD_IGNORES_INLINE.sub("", style)
    elif tag in ("div", "p"):
        style = re.sub(r"(?:^|;)\s*padding(?:-\w+)?\s*:[^;]*", "", style)
    return f'<{tag}{before} style="{style.lstrip("; ")}"'


def _without_media(style: str) -> str:
    """A style element without its blocks of `@media`, of which Word understands none."""
    while (at := style.find("@media")) >= 0:
        depth, end = 0, style.find("{", at)
        while 0 <= end < len(style):
            depth += {"{": 1, "}": -1}.get(style[end], 0)
            end += 1
            if depth == 0:
                break
        style = style[:at] + (style[end:] if end > at else "</style>")
    return style


def _holds(condition: str) -> bool:
    """Whether a condition holds in Outlook 2016 and later: `mso | IE`, `gte mso 9`, `!mso`."""
    alternatives = condition.replace("(", " ").replace(")", " ").split("|")
    return any(all(map(_one_holds, one.split("&"))) for one in alternatives)


def _one_holds(text: str) -> bool:
    words = text.replace("!", " ! ").split()
    negated = words[:1] == ["!"]
    words = words[1:] if negated else words
    return _is_outlook(words) is not negated


def _is_outlook(words: list[str]) -> bool:
    compare = words[0] if words and words[0] in ("gt", "gte", "lt", "lte") else "gte"
    rest = words[1:] if words and words[0] == compare else words
    if not rest or rest[0].lower() not in ("mso", "vml"):
        return False
    wanted = int(rest[1]) if len(rest) > 1 and rest[1].isdecimal() else 0
    if words[0] not in ("gt", "gte", "lt", "lte"):
        return not wanted or wanted == _OUTLOOK
    return {
        "gt": wanted < _OUTLOOK,
        "gte": wanted <= _OUTLOOK,
        "lt": wanted > _OUTLOOK,
        "lte": wanted >= _OUTLOOK,
    }[compare]


_OUTLOOK = 16
"""The version that Outlook has given since 2016."""
