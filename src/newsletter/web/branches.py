"""A list's topics as the nested lists that pages show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.content.preferences import Preferences
from newsletter.content.topics import GENERAL, TopicTree


@dataclass(frozen=True, slots=True)
class Branch:
    """A topic, whether the reader follows or muted it itself, and the topics under it."""

    name: str
    title: str
    level: int
    followed: bool
    muted: bool
    children: tuple[Branch, ...]


def branches(
    tree: TopicTree, language: str, chosen: Preferences | None = None
) -> tuple[Branch, ...]:
    """The topics at the top, in the order of the list's file, each with those under it.

    `general` is no topic to choose: it is what no topic maps.
    """
    return _under(tree, None, language, chosen or Preferences(), 0)


def flat(nodes: tuple[Branch, ...]) -> Iterator[Branch]:
    """Every topic, each before those under it."""
    for node in nodes:
        yield node
        yield from flat(node.children)


def _under(
    tree: TopicTree, parent: str | None, language: str, chosen: Preferences, level: int
) -> tuple[Branch, ...]:
    return tuple(
        Branch(
            name=topic.name,
            title=topic.title(language),
            level=level,
            followed=topic.name in (chosen.follows or ()),
            muted=topic.name in chosen.mutes,
            children=_under(tree, topic.name, language, chosen, level + 1),
        )
        for topic in tree.topics
        if topic.name != GENERAL and topic.parent == parent
    )
