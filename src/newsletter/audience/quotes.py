"""Quotes that are not closed: how far the record reaches of which one is, and what stands in it.

Spreadsheets close what they open; people and scripts forget to. Then the next quote in the file
ends the cell, wherever that is, and the rows between have become a part of it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

IsRow = Callable[[Sequence[str], Sequence[str]], bool]
"""Whether the cells with which a line begins are, by the header's, those of a row of its own."""


class Form:
    """What a record and a row of its own look like, with a delimiter."""

    def __init__(self, delimiter: str, is_row: IsRow) -> None:
        end = re.escape(delimiter)
        cell = rf'(?:"(?:[^"]|"")*+" *+|(?!")[^{end}\r\n]*+)'
        self.delimiter, self.is_row = delimiter, is_row
        self.whole = re.compile(rf"{cell}(?:{end}{cell})*+[\r\n]*+")
        """A record whose quotes, where a cell begins with one, end with it (RFC 4180 §2)."""
        self._sound = re.compile(rf'(?:=?"((?:[^"]|"")*+)"|([^"{end}\r\n]*+))({end}|(?=[\r\n])|\Z)')

    def beginning(self, line: str) -> Sequence[str]:
        """The cells of a line up to the first that is none in itself: whatever stands behind that
        may be outside of the quotes that the line is in."""
        found, cell = list[str](), self._sound.match(line)
        while cell is not None:
            found.append(cell[1] or cell[2] or "")
            cell = self._sound.match(line, cell.end()) if cell[3] else None
        return found


class Lines:
    """The lines of a file as csv's reader takes them, which can go back to the second one of the
    record that it is at."""

    def __init__(self, lines: Iterable[str], passed: int = 0) -> None:
        self._lines, self._passed, self._ended = iter(lines), passed, False
        self._record: list[str] = []
        self._again: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines, None)
        if line is None:
            self._ended = True
            raise StopIteration
        self._record.append(line)
        return line

    def begin(self) -> int:
        """Begins a record; the number of its first line."""
        self._passed += len(self._record)
        self._record = []
        return self._passed + 1

    def is_open(self) -> bool:
        """Whether the file has ended within a quote of a record of several lines."""
        return (
            self._ended
            and len(self._record) > 1
            and sum(line.count('"') for line in self._record) % 2 == 1
        )

    def are_several(self) -> bool:
        """Whether the record is of more than one line."""
        return len(self._record) > 1

    def others(self) -> Sequence[str]:
        """The lines of the record but its first one."""
        return self._record[1:]

    def text(self) -> str:
        """All of the record."""
        return "".join(self._record)

    def go_back(self) -> None:
        self._again.extendleft(reversed(self._record[1:]))
        self._record, self._ended = self._record[:1], False


def swallows(lines: Lines, header: Sequence[str] | None, form: Form) -> bool:
    """Whether a record of several lines is that because a quote is not closed, but by chance, by
    one of a later row: behind which it goes on as no cell does; or there is a row in it."""
    if not lines.are_several():
        return False
    if not form.whole.fullmatch(lines.text()):
        return True
    if header is None:
        return False
    rows = (line for line in lines.others() if form.delimiter in line or len(header) <= 1)
    return any(form.is_row(header, form.beginning(line)) for line in rows)
