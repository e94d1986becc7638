"""What a check finds, and what it looks at: the selections of an issue's readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from newsletter.content.entrysets import entry_set
from newsletter.content.planning import Depth, Plan
from newsletter.content.preferences import Preferences


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"  # stops a send
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that would embarrass after sending.

    `code` never changes its meaning. `where` is an entry, `template/file:line`, a value of
    list.toml, or a link; `what` and `mend` are one line each. `readers` is how many would meet it,
    None where it is about nobody in particular; `entries` are keys, where it is about several.
    """

    severity: Severity
    code: str
    where: str
    what: str
    mend: str
    readers: int | None = None
    entries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What readers with equal preferences get of an issue, and how many they are."""

    preferences: Preferences
    readers: int
    plan: Plan

    @property
    def gets_mail(self) -> bool:
        """Whether there is anything for them, however little of it fits."""
        return self.preferences.follows != frozenset() and bool(self.plan.chosen)

    def folded(self, to: Depth) -> bool:
        """Whether the size budget shortened any of their entries to `to`."""
        return bool(self.plan.titles if to is Depth.TITLE else self.plan.folded)


@dataclass(frozen=True, kw_only=True)
class Audience:
    """The distinct selections that were looked at, of `all_selections` that `all_readers` have."""

    selections: tuple[Selection, ...]
    all_selections: int
    all_readers: int

    @property
    def readers(self) -> int:
        """Those whose selection was looked at."""
        return sum(selection.readers for selection in self.selections)

    @property
    def whole(self) -> bool:
        """Whether every selection was looked at."""
        return len(self.selections) == self.all_selections

    @cached_property
    def getting(self) -> tuple[Selection, ...]:
        """The selections that get mail."""
        return tuple(selection for selection in self.selections if selection.gets_mail)

    def mailed(self, where: Callable[[Selection], bool] = lambda _: True) -> int:
        """Readers who get mail and for whom `where` holds."""
        return sum(s.readers for s in self.getting if where(s))

    def of_entry(self, index: int) -> int:
        """Readers who get entry `index`, in full or as a title."""
        return self.of_entries((index,))

    def of_entries(self, indices: Iterable[int]) -> int:
        """Readers who get any of these entries."""
        asked = entry_set(indices)
        return self.mailed(lambda s: bool(s.plan.shown & asked))

    def by_languages(self) -> Mapping[tuple[str, ...], tuple[Selection, ...]]:
        """The selections that get mail, by the languages of their message."""
        found: dict[tuple[str, ...], list[Selection]] = {}
        for selection in self.getting:
            found.setdefault(selection.plan.languages, []).append(selection)
        return {languages: tuple(chosen) for languages, chosen in found.items()}
