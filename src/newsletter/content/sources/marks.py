"""The marks that editors set at lines: bullets, numbers, Markdown, and holes of lost references."""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.content.sources.arxiv import id_of_reference, id_of_url

_BULLET = re.compile(r"[-*+•‣◦▪–—]\s+|[•‣◦▪]|[-*+–—]$")
_NUMBER = re.compile(r"([0-9]{1,3})[.)]\s+")
_HASHES = re.compile(r"(#{1,6})\s*(?=[^#\s])")
_COUNT = re.compile(r"\s?[(（]\s?([0-9]{1,6})\s?[)）]$")
_HOLE = re.compile(r" ?（[ ,;、，；]*）| [(\[][ ,;]*[)\]]")
_NOTHING_BEFORE = re.compile(r"(?:[-–—−‒·•:;,]+ )+")
_NOTHING_AFTER = (" -", " –", " —", " ·")
_LITTER = "-–—−‒·•:;,. "
_GLUED = re.compile(r" [-*•] [–—] ")
_CLOSING = {")": "(", "]": "[", "）": "（"}


@dataclass(frozen=True, slots=True)
class Heading:
    """A line without Markdown's decoration; `level` is its number of `#`, 0 for none."""

    level: int
    strong: bool
    text: str
    count: int | None


def bullet(text: str) -> str | None:
    """What stands after a bullet, or None where no bullet is."""
    found = _BULLET.match(text)
    return text[found.end() :] if found else None


def numbered(text: str) -> tuple[int, str] | None:
    """The number and the rest of `1. Title`, also as `### 1. Title` or `**1. Title**`."""
    bare = undecorated(text).text
    found = _NUMBER.match(bare)
    return (int(found[1]), bare[found.end() :]) if found else None


def undecorated(text: str) -> Heading:
    """`text` without `#`, `**` and `__` around it; the count `(3)` at its end stays in it."""
    hashes = _HASHES.match(text)
    level = len(hashes[1]) if hashes else 0
    bare = _without_closing_hashes(text[hashes.end() :]) if hashes else text
    strong = False
    for mark in ("**", "__"):
        inside = bare.removesuffix(":").removesuffix(mark)
        if bare.startswith(mark) and len(inside) < len(bare) and mark not in inside[2:]:
            colon = ":" if bare.endswith(":") else ""
            bare, strong = inside[2:].strip() + colon, True
    return Heading(level, strong, bare, None)


def _without_closing_hashes(text: str) -> str:
    words, _, last = text.rpartition(" ")
    return words.rstrip() if last and not last.strip("#") else text


def heading(text: str) -> Heading:
    """A heading's words without decoration, count and colon, and the count."""
    found = undecorated(text)
    words = found.text.removesuffix(":").rstrip()
    count = _COUNT.search(words)
    if count:
        words = words[: count.start()]
    return Heading(found.level, found.strong, words, int(count[1]) if count else None)


def tidy(text: str) -> str:
    """`text` without what a lost reference leaves: `()`, a dash with nothing before or after it.

    >>> tidy("— Table 2 ( ) shows the error ()")
    'Table 2 shows the error'
    """
    return "\n\n".join(_tidy_paragraph(part) for part in text.split("\n\n"))


def _tidy_paragraph(text: str) -> str:
    words = _HOLE.sub("", f" {' '.join(text.split())} ").strip()
    if found := _NOTHING_BEFORE.match(words):
        words = words[found.end() :]
    end = len(words)
    while words.endswith(_NOTHING_AFTER, 0, end):
        end -= 2
    return words[:end] if words.strip(_LITTER) else ""


def unglued(text: str) -> list[str]:
    """The pieces of a bullet into which the next ones were glued, `… error - — Di-molecule …`."""
    pieces = (tidy(piece) for piece in _GLUED.split(" ".join(text.split())))
    return [piece for piece in pieces if piece]


@dataclass(frozen=True, slots=True)
class Named:
    """A title as an editor wrote it: with an identifier or a link, and what follows a bold one."""

    title: str
    arxiv_id: str | None = None
    link: str = ""
    rest: str = ""


def named(text: str) -> Named:
    """A paper's title, and the reference that stands after it or around it.

    `Title (arXiv:2602.01234)`, `Title [2602.01234]`, `[Title](https://…)`, `**Title**: words`.
    """
    bare, rest = _strong_start(text)
    if found := linked(bare):
        title, link = found
        return Named(tidy(title), id_of_url(link), link, tidy(rest))
    bare = tidy(bare)
    opening = _CLOSING.get(bare[-1:], "")
    before, bracket, inside = bare.rpartition(opening) if opening else ("", "", "")
    if bracket and before.strip() and (identifier := id_of_reference(inside[:-1])):
        return Named(tidy(before), identifier, "", tidy(rest))
    return Named(bare, rest=tidy(rest))


def _strong_start(text: str) -> tuple[str, str]:
    for mark in ("**", "__"):
        if text.startswith(mark):
            strong, closed, rest = text[2:].partition(mark)
            if closed and strong.strip():
                return strong.strip().removesuffix(":"), rest.strip()
    return text, ""


def linked(text: str) -> tuple[str, str] | None:
    """The words and the address of `[words](https://…)` when it is all of `text`."""
    if not (text.startswith("[") and text.endswith(")")):
        return None
    words, middle, address = text[1:-1].rpartition("](")
    address = (address.split() or [""])[0].strip("<>")
    if not middle or not words.strip() or not address.lower().startswith(("http://", "https://")):
        return None
    return words.strip(), address
