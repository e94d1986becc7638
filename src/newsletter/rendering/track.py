"""One part of a compiled issue in one form (characters, octets on the wire, or sizes), laid out so
that a reader's version of it is a single walk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from newsletter.rendering.facts import Reading
from newsletter.rendering.marks import Slot
from newsletter.rendering.program import Part, lay_out, walk

T = TypeVar("T", str, bytes, int)


class Track(Generic[T]):
    """`form` gives what is wanted of a piece; `escape` is applied to a slot's value before it."""

    def __init__(
        self,
        parts: Sequence[Part],
        slots: Sequence[Slot],
        numbers: Mapping[tuple[str, ...], int],
        form: Callable[[str], T],
        escape: Callable[[str], str],
    ) -> None:
        self._steps = lay_out(parts, numbers, form)
        self._form: Callable[[str], T] = form
        self._escape = escape
        self._slots: list[tuple[str, list[T]]] = [
            (slot.source, [form(escape(phrase)) for phrase in slot.phrases]) for slot in slots
        ]

    def pieces(self, reading: Reading, values: Mapping[str, str]) -> list[T]:
        """The pieces that a plan shows, its counts and the reader's values filled in."""
        made: dict[str, T] = {}
        filled: list[T] = []
        for source, phrases in self._slots:
            if phrases:
                filled.append(phrases[reading.counts[source]])
                continue
            if source not in made:
                made[source] = self._form(self._escape(values[source]))
            filled.append(made[source])
        shown: list[T] = []
        walk(self._steps, reading.held, filled, shown)
        return shown
