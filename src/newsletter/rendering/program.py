"""A part of an issue cut at its marks: text, gaps for slots, and fragments with parts of their own.

For sending, the tree is laid out as a track that is walked once per message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.rendering.marks import Marks


@dataclass(frozen=True, slots=True)
class Gap:
    """Where the slot of this number is filled in."""

    slot: int


@dataclass(frozen=True, slots=True)
class Fragment:
    """Parts that are shown when any of the facts in `when` holds."""

    when: tuple[str, ...]
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


def conditions(parts: Sequence[Part]) -> Iterator[tuple[str, ...]]:
    """The `when` of every fragment, nested ones too."""
    for part in parts:
        if isinstance(part, Fragment):
            yield part.when
            yield from conditions(part.parts)


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


# A step of a track: the number of its condition (0 always holds), and then a piece of it, or the
# number of the slot that is filled in, or the steps of a fragment.
Step = tuple[int, Any, Any]


def lay_out(
    parts: Sequence[Part],
    numbers: Mapping[tuple[str, ...], int],
    form: Callable[[str], Any],
) -> tuple[Step, ...]:
    """The track of `parts`: each text through `form`, conditions by their `numbers`."""
    steps: list[Step] = []
    for part in parts:
        if isinstance(part, str):
            steps.append((0, form(part), None))
        elif isinstance(part, Gap):
            steps.append((0, None, part.slot))
        elif len(part.parts) == 1 and isinstance(part.parts[0], str):
            steps.append((numbers[part.when], form(part.parts[0]), None))
        else:
            steps.append((numbers[part.when], None, lay_out(part.parts, numbers, form)))
    return tuple(steps)


def walk(track: Sequence[Step], held: Sequence[int], filled: Sequence[Any], out: list[Any]) -> None:
    """Adds to `out` the pieces whose conditions are `held`, with slots from `filled`.

    This is the hot loop of sending.
    """
    append = out.append
    for condition, piece, inner in track:
        if held[condition]:
            if inner is None:
                append(piece)
            elif inner.__class__ is int:
                append(filled[inner])
            else:
                walk(inner, held, filled, out)
