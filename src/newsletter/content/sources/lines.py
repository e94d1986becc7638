"""Bytes to numbered lines, and wrapped lines back to running text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.errors import SourceError

# What neither XML nor a mail can carry; line breaks and tabs are not among it. In C1 only
# U+0085 is a line break: the others come from a file that was read in a wrong encoding.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CJK = re.compile(r"[\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef]")
# "long-\nand short-range" keeps its space; "long-\nrange" loses it.
_LINKING = ("and ", "or ", "to ", "und ")


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its surrounding white space; `number` counts from 1."""

    number: int
    text: str
    indented: bool = False


def decode(name: str, data: bytes) -> str:
    """The text of a file.

    Raises:
        SourceError: the bytes are not UTF-8 (or UTF-16 with a mark), or hold control characters.
    """
    mark, encoding = next((m for m in _MARKS if data.startswith(m[0])), (b"", "utf-8"))
    body = data[len(mark) :]
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        line = _line_of(body[: error.start].decode(encoding, "ignore"))
        bad = body[error.start]
        raise SourceError(
            name, line, f"byte 0x{bad:02x} is not {encoding.upper()}; save the file as UTF-8"
        ) from None
    if found := _CONTROL.search(text):
        reason = f"a control character (U+{ord(found[0]):04X}) stands here; is this a text file?"
        raise SourceError(name, _line_of(text[: found.start()]), reason)
    return text.replace("\ufeff", "")


def _line_of(before: str) -> int:
    return len((before + ".").splitlines())


def split(text: str) -> tuple[Line, ...]:
    """The lines of a text, whatever breaks them: CRLF, CR, VT, FF, U+0085, U+2028, U+2029."""
    return tuple(
        Line(number, raw.strip(), raw[:1].isspace())
        for number, raw in enumerate(text.splitlines(), 1)
    )


def join(first: str, second: str) -> str:
    """Two pieces of one wrapped sentence; Chinese needs no space, nor does a word cut at `-`."""
    if not first or not second:
        return first or second
    if _CJK.match(first[-1]) and _CJK.match(second[0]):
        return first + second
    if first[-1] == "-" and first[-2:-1].isalpha() and second[0].islower():
        return first + second if not second.startswith(_LINKING) else f"{first} {second}"
    return f"{first} {second}"


def paragraphs(lines: Iterable[Line]) -> str:
    """Wrapped lines as running text; empty lines part paragraphs, which `\\n\\n` then parts."""
    done: list[str] = []
    words: list[str] = []
    for line in (*lines, Line(0, "")):
        if line.text:
            words.append(line.text)
        elif words:
            done.append(join_all(words))
            words = []
    return "\n\n".join(done)


def join_all(pieces: Iterable[str]) -> str:
    """`join` over many pieces, in time that grows with their length only."""
    joined: list[str] = []
    last = ""
    for piece in pieces:
        if not piece:
            continue
        tail = last[-2:]
        joined.append(join(tail, piece)[len(tail) :])
        last = piece
    return "".join(joined)


@dataclass(frozen=True, slots=True)
class Layout:
    """How wide a text is written: what tells a wrapped line from a new one."""

    width: int

    @classmethod
    def of(cls, lines: Iterable[Line]) -> Layout:
        return cls(max((len(line.text) for line in lines), default=0))

    def fits(self, above: Line, line: Line) -> bool:
        """Whether the first word of `line` had room at the end of the line above.

        It then was no wrapping that moved it down, and `line` begins something new.
        """
        word, _, _ = line.text[: self.width].partition(" ")
        return len(above.text) + 1 + len(word) <= self.width
