"""How many octets a part takes, for any plan and for each entry."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from newsletter.content.planning import Depth
from newsletter.rendering.facts import Reading
from newsletter.rendering.marks import Slot
from newsletter.rendering.program import Fragment, Gap, Part, lay_out, walk


def octets(text: str) -> int:
    """Octets of `text` in UTF-8 with CRLF line breaks."""
    return len(text.encode()) + text.count("\n")


class PartSizes:
    """The sizes of one part; slots count at their greatest width."""

    def __init__(
        self,
        parts: Sequence[Part],
        slots: Sequence[Slot],
        numbers: Mapping[tuple[str, ...], int],
        entries: int,
    ) -> None:
        self._slots = [widest(slot) for slot in slots]
        self._steps = lay_out(parts, numbers, octets)
        all_shown: list[int] = []
        walk(self._steps, b"\1" * (len(numbers) + 1), self._slots, all_shown)
        self.most = sum(all_shown)
        """Octets of all there is, shown together or not: no plan takes more."""
        self._alone: dict[str, int] = {}
        self._collect(parts)
        alone = self._alone.get
        self._by_entry = [
            (0, alone(f"title:{i}", 0), alone(f"full:{i}", 0)) for i in range(entries)
        ]

    def of(self, reading: Reading) -> int:
        """Octets of the part for a plan, as read."""
        shown: list[int] = []
        walk(self._steps, reading.held, self._slots, shown)
        return sum(shown)

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
