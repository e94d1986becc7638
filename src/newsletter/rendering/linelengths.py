"""The bound on line lengths, proved once per compiled issue for every plan at once."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.errors import TemplateError
from newsletter.rendering.encoding import MOST_OCTETS
from newsletter.rendering.marks import Slot
from newsletter.rendering.program import Fragment, Gap, Part
from newsletter.rendering.sizes import widest


def check_lines(parts: Sequence[Part], slots: Sequence[Slot], file: str) -> None:
    """Refuses an issue in which some plan has a line over 998 octets (RFC 5322 section 2.1.1).

    Raises:
        TemplateError: with the beginning of what makes the line too long.
    """
    _longest(parts, slots, 0, file)


def _longest(parts: Sequence[Part], slots: Sequence[Slot], column: int, file: str) -> int:
    """The furthest column at which the last line can end, from `column` on."""
    before = column  # where a run of fragments that exclude each other began
    for part in parts:
        if isinstance(part, Fragment):
            start = before if _exclusive(part) else column
            column = max(column, _longest(part.parts, slots, start, file))
            if _exclusive(part):
                continue
        elif isinstance(part, Gap):
            column = _checked(column + widest(slots[part.slot]), "", file)
        else:
            for number, line in enumerate(part.split("\n")):
                column = _checked((0 if number else column) + len(line.encode()), line, file)
        before = column
    return column


def _exclusive(fragment: Fragment) -> bool:
    """Only one entry is a reader's first."""
    return all(fact.startswith("first:") for fact in fragment.when)


def _checked(column: int, line: str, file: str) -> int:
    if column > MOST_OCTETS:
        raise TemplateError(
            file, 0, f"a line grows to {column} octets (mail allows {MOST_OCTETS}) at {line[:60]!r}"
        )
    return column
