"""Plain text in lines of a given width, Chinese counted as two columns a character."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

COLUMNS = 76
LONGEST_WORD = 200  # characters; a longer one is broken, as mail has no line over 998 octets

_WIDE = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60"
)
_WIDE += "\uffe0-\uffe6\U0001f300-\U0001faff\U00020000-\U0003fffd"
_CLOSING = "，。、；：？！）】」』》〉〕”’％…—·"
_OPENING = "（【「『《〈〔“‘"
# One wide character with what may not be parted from it; else a run without spaces.
_ATOM = re.compile(
    rf"[{_OPENING}]{{0,4}}[{_WIDE}][{_CLOSING}]{{0,4}}|(?:[^\s{_WIDE}{_OPENING}]|\xa0){{1,{LONGEST_WORD}}}[{_CLOSING}]{{0,4}}|[{_OPENING}]|\s+"
)


def columns(text: str) -> int:
    """Columns that `text` takes on a terminal (Unicode Standard Annex 11).

    >>> columns("AI 周报")
    7
    """
    return len(text) if text.isascii() else sum(map(_columns_of, text))


@lru_cache(maxsize=8192)  # of Chinese, each character is asked for, over and over
def _columns_of(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrap(
    text: str,
    first: str = "",
    rest: str | None = None,
    width: int = COLUMNS,
    measure: Callable[[str], int] = columns,
) -> str:
    """`text` in lines of at most `width` columns, the first after `first`, the others after `rest`
    (spaces as wide as `first` unless given). A word longer than a line stands alone.

    A line never begins with Chinese closing punctuation or ends with an opening bracket, and is
    not broken at a no-break space, which becomes a space.
    """
    indent = " " * columns(first) if rest is None else rest
    lines: list[str] = []
    line, used, space = first, columns(first), False
    empty = True
    for atom in _ATOM.findall(text):
        if atom.isspace():
            space = not empty
            continue
        need = measure(atom) + space
        if used + need > width and not empty:
            lines.append(line)
            line, used, space = indent, columns(indent), False
            need = measure(atom)
        line += (" " if space else "") + atom.replace("\xa0", " ")
        used += need
        space, empty = False, False
    lines.append(line.rstrip())
    return "\n".join(lines)


def heading(text: str, line: str = "-") -> str:
    """`text`, wrapped, and a line of the same width under it."""
    lines = wrap(text).split("\n")
    return "\n".join([*lines, line * max(map(columns, lines))])
