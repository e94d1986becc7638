"""Delimited text as spreadsheets write it: whatever encoding, delimiter and habits they have."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from newsletter.errors import ImportFileError

_DELIMITERS = ",;\t|"
_GUESSES = ("utf-8", "cp1252", "gb18030")  # the last for Chinese Excel, by its header


@dataclass(frozen=True, slots=True)
class Line:
    """One record and the line on which it begins, counted from 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A header's cells and the records under it; `header` is empty where the file has none."""

    header: tuple[str, ...]
    lines: tuple[Line, ...]


def read_sheet(
    data: bytes,
    name: str,
    *,
    is_header: Callable[[Sequence[str]], bool],
    is_record: Callable[[Sequence[str]], bool],
) -> Sheet:
    """The records of a file called `name`, by the first encoding and delimiter that make sense.

    `is_header` knows a header by its cells, `is_record` a record of a file that has no header.

    Raises:
        ImportFileError: it is empty, or no encoding and delimiter give a header or a record.
    """
    if not data.strip():
        raise ImportFileError(f"{name}: the file is empty: nobody was imported")
    for accepts, headed in ((is_header, True), (is_record, False)):
        for text in _texts(data):
            if found := _first(text, accepts):
                lines = tuple(found)
                header = lines[0].cells if headed else ()
                return Sheet(header, lines[1:] if headed else lines)
    first = next(iter(_texts(data)[-1].strip().splitlines()), "")[:60]
    raise ImportFileError(
        f"{name}:1: no column holds addresses in {first!r}: name one of them `address` or `email`, "
        "or say with --map which it is"
    )


def _first(text: str, accepts: Callable[[Sequence[str]], bool]) -> list[Line] | None:
    """The lines by the delimiter whose first line is accepted with the most cells."""
    readings = [list(_lines(text, delimiter)) for delimiter in _DELIMITERS]
    good = [lines for lines in readings if lines and accepts(lines[0].cells)]
    return max(good, key=lambda lines: len(lines[0].cells), default=None)


def _texts(data: bytes) -> list[str]:
    """The readings of the bytes, the likeliest first, at least one."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return [data.decode(encoding, "replace")]
    if b"\0" in data[:64]:
        return [data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le", "replace")]
    texts = []
    for encoding in _GUESSES:
        try:
            texts.append(data.decode(encoding))
        except UnicodeDecodeError:
            continue
    return texts or [data.decode("cp1252", "replace")]


def _lines(text: str, delimiter: str) -> Iterator[Line]:
    text = text.replace("\0", "")
    skipped = 0
    if text[:4].lower() == "sep=":  # Excel's way of naming the delimiter
        _, _, text = text.partition("\n")
        skipped = 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        number = reader.line_num + 1 + skipped
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            # A cell beyond csv's limit: a quote that is never closed. The rest is one such cell.
            yield Line(number, ())
            return
        if any(cell.strip() for cell in cells):
            yield Line(number, tuple(_clean(cell) for cell in cells))


def _clean(cell: str) -> str:
    """A cell without the spaces around it, and without Excel's `="…"` around a text."""
    cell = cell.replace("\N{NO-BREAK SPACE}", " ").replace("\N{ZERO WIDTH SPACE}", "").strip()
    if cell.startswith('="') and cell.endswith('"'):
        return cell[2:-1].strip()
    return cell
