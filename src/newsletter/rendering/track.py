"""One part of a compiled issue in one form (characters, or octets on the wire), laid out as a row
of pieces from which each reader's are picked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import compress
from typing import Generic, TypeVar

from newsletter.rendering.facts import Chain
from newsletter.rendering.marks import Slot
from newsletter.rendering.program import Gap, Part, pieces
from newsletter.rendering.reading import Reading, picker

T = TypeVar("T", str, bytes)


class Track(Generic[T]):
    """`form` gives what is wanted of a piece; `escape` is applied to a slot's value before it."""

    def __init__(
        self,
        parts: Sequence[Part],
        slots: Sequence[Slot],
        numbers: Mapping[Chain, int],
        form: Callable[[str], T],
        escape: Callable[[str], str],
    ) -> None:
        row = list(pieces(parts))
        self._form: Callable[[str], T] = form
        self._escape = escape
        self._row: list[T] = [form("" if isinstance(piece, Gap) else piece) for piece, _ in row]
        self._pick = picker([numbers[around] for _, around in row])
        self._counts: list[tuple[str, list[T], list[int]]] = []
        self._values: list[tuple[str, list[int]]] = []
        filled: list[list[int]] = [[] for _ in slots]
        for place, (piece, _) in enumerate(row):
            if isinstance(piece, Gap):
                filled[piece.slot].append(place)
        for slot, places in zip(slots, filled, strict=True):
            if places and slot.phrases:
                phrases = [form(escape(phrase)) for phrase in slot.phrases]
                self._counts.append((slot.source, phrases, places))
            elif places:
                self._values.append((slot.source, places))

    def pieces(self, reading: Reading, values: Mapping[str, str]) -> Iterable[T]:
        """The pieces that a plan shows, its counts and the reader's values filled in."""
        row = self._row.copy()
        for source, phrases, places in self._counts:
            phrase = phrases[reading.counts[source]]
            for place in places:
                row[place] = phrase
        for source, places in self._values:
            value = self._form(self._escape(values[source]))
            for place in places:
                row[place] = value
        return compress(row, self._pick(reading.held))
