"""A part of an issue cut at its marks: text, gaps for slots, and fragments with parts of their
own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.rendering.facts import Chain, When
from newsletter.rendering.marks import Marks


@dataclass(frozen=True, slots=True)
class Gap:
    """Where the slot of this number is filled in."""

    slot: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """Parts that are shown when any of the facts in `when` holds."""

    when: When
    parts: tuple[Part, ...]


Part = str | Gap | Fragment


def cut(text: str, marks: Marks) -> tuple[Part, ...]:
    """`text` cut at its marks, bare or, in HTML, each in a comment of its own."""
    nonce = marks.nonce
    pieces = re.split(rf"(?:<!--)?{nonce}([oc])(\d+)z(?:-->)?|{nonce}(s)(\d+)z", text)
    tokens = iter(_tokens(pieces))
    return tuple(_parts(tokens, marks))


def _tokens(pieces: list[str]) -> Iterator[tuple[str, str]]:
    """Kind and content: `t` with a text, or `o`, `c`, `s` with a number."""
    yield "t", pieces[0]
    for at in range(1, len(pieces), 5):
        yield pieces[at] or pieces[at + 2], pieces[at + 1] or pieces[at + 3]
        yield "t", pieces[at + 4]


def _parts(tokens: Iterator[tuple[str, str]], marks: Marks) -> Iterator[Part]:
    for kind, content in tokens:
        if kind == "c":
            return
        if kind == "o":
            mark = marks.marks[int(content)]
            yield Fragment(mark.when, tuple(_parts(tokens, marks)))
        elif kind == "s":
            yield Gap(int(content))
        elif content:
            yield content


def pieces(parts: Sequence[Part], around: Chain = ()) -> Iterator[tuple[str | Gap, Chain]]:
    """Every piece in order, those of fragments too, with the conditions `around` it."""
    for part in parts:
        if isinstance(part, Fragment):
            yield from pieces(part.parts, (*around, part.when))
        else:
            yield part, around


def chains(parts: Sequence[Part], around: Chain = ()) -> Iterator[Chain]:
    """The conditions of every fragment, nested ones too."""
    for part in parts:
        if isinstance(part, Fragment):
            inside = (*around, part.when)
            yield inside
            yield from chains(part.parts, inside)


def dump(parts: Sequence[Part]) -> list[Any]:
    """`parts` as JSON values."""
    return [
        part
        if isinstance(part, str)
        else part.slot
        if isinstance(part, Gap)
        else [list(part.when), dump(part.parts)]
        for part in parts
    ]


def load(values: Sequence[Any]) -> tuple[Part, ...]:
    """The inverse of `dump`."""
    return tuple(
        value
        if isinstance(value, str)
        else Gap(value)
        if isinstance(value, int)
        else Fragment(tuple(value[0]), load(value[1]))
        for value in values
    )
