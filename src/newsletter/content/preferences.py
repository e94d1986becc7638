"""What one reader asked for on one list."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from newsletter.content.entry import Tier

GREATEST_MOST = 99_999
"""The greatest number of entries that can be asked for as a limit, whoever asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """A reader's selection. Readers with equal preferences get the same plan.

    `follows` None means everything, now and in future; an empty set means nothing was chosen and
    no mail is wanted. A parent topic stands for its children; `mutes` wins over `follows`.
    `only_topics` leaves out `general` and the editorial. `lowest_tier` is the last tier wanted.
    `languages` is one, or two for both side by side, the first one first. `most` limits the entries
    of an issue, to `GREATEST_MOST` at most.

    `had` is no wish: it names, by key, entries of this one issue that a reader was sent in an
    earlier one. It is empty for nearly everybody, and always in what is stored of a subscription.
    """

    follows: frozenset[str] | None = None
    mutes: frozenset[str] = frozenset()
    only_topics: bool = False
    lowest_tier: Tier = Tier.LISTED
    languages: tuple[str, ...] = ("en",)
    html: bool = True
    most: int | None = None
    had: frozenset[str] = field(default=frozenset(), metadata={"unsaid": "when empty"})

    def gets(self, lineage: Collection[str]) -> bool:
        """Whether they get all of a topic, given as `TopicTree.lineage` does; a part, if they muted
        some of what is under it."""
        followed = self.follows is None or not self.follows.isdisjoint(lineage)
        return followed and self.mutes.isdisjoint(lineage)

    @property
    def choosy(self) -> bool:
        """Whether they chose among the list's topics."""
        return self.follows is not None or bool(self.mutes) or self.only_topics
