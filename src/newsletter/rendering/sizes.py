"""How many octets a part takes, for any plan and for each entry."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from itertools import compress

from newsletter.content.planning import Depth
from newsletter.rendering.facts import Chain
from newsletter.rendering.marks import Slot
from newsletter.rendering.program import Fragment, Gap, Part, pieces
from newsletter.rendering.reading import Reading, picker


def octets(text: str) -> int:
    """Octets of `text` in UTF-8 with CRLF line breaks."""
    return len(text.encode()) + text.count("\n")


class PartSizes:
    """The sizes of one part; slots count at their greatest width."""

    def __init__(
        self,
        parts: Sequence[Part],
        slots: Sequence[Slot],
        numbers: Mapping[Chain, int],
        entries: int,
    ) -> None:
        self._slots = [widest(slot) for slot in slots]
        row = list(pieces(parts))
        self._row = [self._own([piece]) for piece, _ in row]
        self._pick = picker([numbers[around] for _, around in row])
        self.most = sum(self._row)
        """Octets of all there is, shown together or not: no plan takes more."""
        self._alone: dict[str, int] = {}
        self._collect(parts)
        alone = self._alone.get
        self._by_entry = [
            (0, alone(f"title:{i}", 0), alone(f"full:{i}", 0)) for i in range(entries)
        ]

    def of(self, reading: Reading) -> int:
        """Octets of the part for a plan, as read."""
        return sum(compress(self._row, self._pick(reading.held)))

    def entry(self, index: int, depth: Depth) -> int:
        """Octets of the pieces that only entry `index` at `depth` brings."""
        return self._by_entry[index][depth]

    def _collect(self, parts: Sequence[Part]) -> None:
        for part in parts:
            if isinstance(part, Fragment):
                if len(part.when) == 1:
                    fact = part.when[0]
                    self._alone[fact] = self._alone.get(fact, 0) + self._own(part.parts)
                self._collect(part.parts)

    def _own(self, parts: Sequence[Part]) -> int:
        """Octets of `parts` without the fragments in them."""
        size = 0
        for part in parts:
            if isinstance(part, str):
                size += octets(part)
            elif isinstance(part, Gap):
                size += self._slots[part.slot]
        return size


def widest(slot: Slot) -> int:
    """Octets of the longest thing that can fill a slot in HTML."""
    if slot.phrases:
        return max(octets(html.escape(phrase)) for phrase in slot.phrases)
    return slot.width  # a token, of characters that need no escape
