"""How many readers meet something that stands in certain fragments."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.rendering.checks.finding import Selection
from newsletter.rendering.checks.page import When
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.program import chains
from newsletter.rendering.reading import Facts


class Seen:
    """Counts readers of one compiled issue; those of text only meet nothing of its HTML."""

    def __init__(self, compiled: Compiled, selections: Sequence[Selection]) -> None:
        facts = Facts(compiled.outline, chains(compiled.html_parts))
        self._numbers = facts.numbers
        self._read = [(s.readers, facts.read(s.plan).held) for s in selections if s.plan.html]

    def by(self, when: When) -> int:
        """Readers in whose message all of these conditions hold."""
        return self.by_any([when])

    def by_any(self, whens: Sequence[When]) -> int:
        """Readers who meet at least one of several things."""
        numbers = {self._numbers[when] for when in whens}
        return sum(readers for readers, held in self._read if any(held[n] for n in numbers))
