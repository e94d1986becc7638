"""Lines that begin with a dot, which DATA would have to double: looked for once per compiled issue,
for every plan at once, so that its messages need not be searched one by one."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.rendering.encoding import Encoding
from newsletter.rendering.marks import Slot
from newsletter.rendering.program import Fragment, Part


def dotless(parts: Sequence[Part], slots: Sequence[Slot], encoding: Encoding) -> bool:
    """Whether no plan and no reader's values give a line of these parts that begins with a dot
    (RFC 5321 section 4.5.2)."""
    return _Lines(slots, encoding).follow(parts, fresh=True) is not None


class _Lines:
    def __init__(self, slots: Sequence[Slot], encoding: Encoding) -> None:
        self._slots, self._encoding = slots, encoding

    def follow(self, parts: Sequence[Part], *, fresh: bool) -> bool | None:
        """Whether a line can begin after `parts` if one can (`fresh`) before them; None if one of
        them brings a line that begins with a dot."""
        for part in parts:
            after = self._after(part, fresh)
            if after is None:
                return None
            fresh = after
        return fresh

    def _after(self, part: Part, fresh: bool) -> bool | None:
        if isinstance(part, Fragment):
            after = self.follow(part.parts, fresh=fresh)
            return None if after is None else after or fresh
        if isinstance(part, str):
            return self._written(part, fresh)
        slot = self._slots[part.slot]
        if slot.phrases:
            ends = [self._written(phrase, fresh) for phrase in slot.phrases]
            return None if None in ends else any(ends)
        # No token has a dot (`mime.checked`); of other values that is not known.
        token = slot.source.endswith("_token")
        return self._encoding is Encoding.QUOTED_PRINTABLE if token else None

    def _written(self, text: str, fresh: bool) -> bool | None:
        data = self._encoding.transfer(text)
        if b"\n." in data or (fresh and data.startswith(b".")):
            return None
        return data.endswith(b"\n") if data else fresh
