"""A list's topic tree, and which of its topics an entry belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from newsletter.content.entry import Entry

GENERAL = "general"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A node of the tree. `titles` by language; `parent` is a topic's name or None at the top.

    A category ending in `.*` matches all below it (`cs.*`); a keyword matches whole words, any
    case, and `*` at its end matches any ending (`diffus*`).
    """

    name: str
    titles: Mapping[str, str]
    parent: str | None = None
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()

    def title(self, language: str) -> str:
        """Its title in a language, else in English, else its name."""
        return self.titles.get(language) or self.titles.get("en") or self.name


@dataclass(frozen=True)
class TopicTree:
    """The topics of a list in the order of its file; `general` is always among them."""

    topics: tuple[Topic, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Topic]:
        """The topics by their names."""
        return {topic.name: topic for topic in self.topics}

    def __contains__(self, name: str) -> bool:
        return name in self.by_name

    def __getitem__(self, name: str) -> Topic:
        return self.by_name[name]

    def lineage(self, name: str) -> tuple[str, ...]:
        """The topic itself, then its parent, up to the top."""
        return self._lines.get(name, ())

    @cached_property
    def _lines(self) -> Mapping[str, tuple[str, ...]]:
        return {topic.name: self._line(topic.name) for topic in self.topics}

    def _line(self, name: str) -> tuple[str, ...]:
        line: list[str] = []
        at: str | None = name
        while at is not None and at in self.by_name and at not in line:
            line.append(at)
            at = self.by_name[at].parent
        return tuple(line)

    @cached_property
    def _rules(self) -> tuple[tuple[str, frozenset[str], re.Pattern[str] | None], ...]:
        return tuple(
            (t.name, frozenset(t.categories), _keyword_pattern(t.keywords)) for t in self.topics
        )

    def assign(self, entry: Entry) -> tuple[str, ...]:
        """The topics of an entry, in the tree's order: the editor's choice if it names any that
        still exist, else what the rules give, else `general`.

        Keywords are looked for in the title and the summary: a long abstract mentions too much.
        """
        if entry.topics is not None:
            chosen = tuple(t.name for t in self.topics if t.name in entry.topics)
            return chosen or (GENERAL,)
        words = "\n".join((entry.title, *(text.summary for text in entry.texts.values())))
        found = tuple(
            name
            for name, categories, pattern in self._rules
            if _has_category(categories, entry.categories) or (pattern and pattern.search(words))
        )
        return found or (GENERAL,)


def _has_category(rule: frozenset[str], categories: tuple[str, ...]) -> bool:
    return any(
        category in rule or f"{category.partition('.')[0]}.*" in rule for category in categories
    )


def _keyword_pattern(keywords: tuple[str, ...]) -> re.Pattern[str] | None:
    """Whole words in any case; Chinese, which has no word breaks, matches anywhere."""
    if not keywords:
        return None
    parts = []
    for keyword in keywords:
        stem = keyword.removesuffix("*")
        body = r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", stem)))
        before = r"(?<![A-Za-z0-9])" if stem[:1].isascii() else ""
        after = r"(?![A-Za-z0-9])" if stem[-1:].isascii() and stem == keyword else ""
        parts.append(before + body + after)
    return re.compile("|".join(parts), re.IGNORECASE)
