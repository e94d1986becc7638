"""A part of an issue cut at its marks: text, gaps for slots, and fragments with parts of their own.

For sending, the tree is laid out as one flat track that is walked once per message.
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


# A step of a track: the facts of which one must hold (0: a piece, not a fragment), the step that
# follows when none does, and the piece itself or a gap.
Step = tuple[int, int, Any]


def lay_out(
    parts: Sequence[Part], bits: Mapping[str, int], encode: Callable[[str], Any]
) -> tuple[Step, ...]:
    """The track of `parts`, each text through `encode`."""
    steps: list[Step] = []
    _lay(parts, bits, encode, steps)
    return tuple(steps)


def _lay(
    parts: Sequence[Part],
    bits: Mapping[str, int],
    encode: Callable[[str], Any],
    steps: list[Step],
) -> None:
    for part in parts:
        if isinstance(part, str):
            steps.append((0, 0, encode(part)))
        elif isinstance(part, Gap):
            steps.append((0, 0, part))
        else:
            mask = 0
            for fact in part.when:
                mask |= bits[fact]
            at = len(steps)
            steps.append((0, 0, None))
            _lay(part.parts, bits, encode, steps)
            steps[at] = (mask, len(steps), None)


def walk(track: Sequence[Step], facts: int, filled: Sequence[Any]) -> list[Any]:
    """The pieces that are shown, in order, slots from `filled`. This is the hot loop of sending."""
    out: list[Any] = []
    append = out.append
    at, end = 0, len(track)
    while at < end:
        mask, after, piece = track[at]
        if mask:
            at = at + 1 if mask & facts else after
            continue
        append(filled[piece.slot] if piece.__class__ is Gap else piece)
        at += 1
    return out
