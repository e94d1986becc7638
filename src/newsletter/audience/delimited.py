"""Delimited text as spreadsheets write it: whatever encoding, delimiter and habits they have.

It is read as a stream: a file of a million rows takes no more room than one of ten.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from newsletter.audience.quotes import Form, IsRow, Lines, swallows
from newsletter.errors import ImportFileError

Source = Callable[[], BinaryIO]
"""Opens the file anew, at its beginning: it is looked at before it is read."""

_DELIMITERS = ",;\t|:^~\x1f"
_GUESSES = ("utf-8", "cp1252", "gb18030")  # the last for Chinese Excel, by its header
_LAST_RESORT = "cp1252"
_BLOCK = 1 << 16
_FORMULA = re.compile(r"'*[=+@-]")


@dataclass(frozen=True, slots=True)
class Line:
    """One record and the line on which it begins, counted from 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A header's cells and the records under it, to be gone through once; `header` is empty where
    the file has none."""

    header: tuple[str, ...]
    lines: Iterator[Line]


def read_sheet(
    source: Source,
    name: str,
    *,
    is_header: Callable[[Sequence[str]], bool],
    is_record: Callable[[Sequence[str]], bool],
    is_row: IsRow,
) -> Sheet:
    """The records of a file called `name`, by the first encoding and delimiter that make sense.

    `is_header` knows a header by its cells, `is_record` a record of a file that has no header, and
    `is_row` a row that stands in the quotes of one above it, because that one's are not closed.
    A record without cells is such a one; what stood in it follows as records of their own.

    Raises:
        ImportFileError: it is empty, or no encoding and delimiter give a header or a record.
    """
    encodings = _encodings(source)
    if not encodings:
        raise ImportFileError(f"{name}: the file is empty: nobody was imported")
    for accepts, headed in ((is_header, True), (is_record, False)):
        for encoding in encodings:
            if delimiter := _delimiter(source, encoding, accepts):
                lines = _lines(source, encoding, delimiter, headed=headed, is_row=is_row)
                header = next(lines).cells if headed else ()
                return Sheet(header, lines)
    first = next(_text(source, encodings[-1]), "").strip()[:60]
    raise ImportFileError(
        f"{name}:1: no column holds addresses in {first!r}: name one of them `address` or `email`, "
        "or say with --map which it is"
    )


def _delimiter(source: Source, encoding: str, accepts: Callable[[Sequence[str]], bool]) -> str:
    """The delimiter by which the first line is accepted with the most cells; "" for none."""
    widths: dict[str, int] = {}
    for delimiter in _DELIMITERS:
        first = next(_lines(source, encoding, delimiter), None)
        if first is not None and accepts(first.cells):
            widths[delimiter] = len(first.cells)
    return max(widths, key=widths.__getitem__, default="")


def _encodings(source: Source) -> list[str]:
    """The encodings it may be in, the likeliest first; none when it holds nothing."""
    with source() as stream:
        start = stream.read(64)
        blank = not start.strip()
        while blank and (block := stream.read(_BLOCK)):
            blank = not block.strip()
    if blank:
        return []
    if start.startswith(codecs.BOM_UTF8):
        return ["utf-8-sig"]
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["utf-16"]
    if b"\0" in start:
        return ["utf-16-be" if start[:1] == b"\0" else "utf-16-le"]
    return [one for one in _GUESSES if _decodes(source, one)] or [_LAST_RESORT]


def _decodes(source: Source, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with source() as stream:
        try:
            while block := stream.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _text(source: Source, encoding: str) -> Iterator[str]:
    """The lines of text with their ends; what cannot be decoded is replaced."""
    with source() as stream, io.TextIOWrapper(stream, encoding, "replace", newline="") as text:
        for line in text:
            yield line.replace("\0", "") if "\0" in line else line


def _lines(
    source: Source,
    encoding: str,
    delimiter: str,
    *,
    headed: bool = True,
    is_row: IsRow = lambda _header, _cells: False,
) -> Iterator[Line]:
    text = _text(source, encoding)
    first = next(text, "")
    named = first[:4].lower() == "sep="  # Excel's way of naming the delimiter
    lines = Lines(text, passed=1) if named else Lines(chain([first], text))
    reader = csv.reader(lines, delimiter=delimiter)
    form = Form(delimiter, lambda header, cells: is_row(header, list(map(_clean, cells))))
    header: Sequence[str] | None = None if headed else ()
    while True:
        number = lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:  # a cell beyond csv's limit
            cells = None
        if cells is None or lines.is_open() or swallows(lines, header, form):
            # A quote that is never closed: what it swallowed are rows of their own.
            yield Line(number, ())
            lines.go_back()
            reader = csv.reader(lines, delimiter=delimiter)
        elif any(cell.strip() for cell in cells):
            found = tuple(map(_clean, cells))
            header = found if header is None else header
            yield Line(number, found)


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: whoever joins may choose an address that
    begins like one. `_clean` takes the apostrophe off again."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _clean(cell: str) -> str:
    """A cell without the spaces around it, Excel's `="…"` around a text, and the apostrophe that
    keeps a text from being a formula."""
    if cell.isascii():
        cell = cell.strip()
    else:
        cell = cell.replace("\N{NO-BREAK SPACE}", " ").replace("\N{ZERO WIDTH SPACE}", "").strip()
    if cell.startswith('="') and cell.endswith('"'):
        return cell[2:-1].strip()
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
