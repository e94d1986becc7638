"""The `[[topics]]` of a list's file as a tree."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from newsletter.audience.toml_table import Table
from newsletter.content.topics import GENERAL, Topic, TopicTree

EVERYTHING = "everything"
NOTHING = "none"
"""How files of subscribers write the two choices that are no topics."""

_RESERVED = (EVERYTHING, NOTHING, "all")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_CATEGORY = re.compile(r"[a-z]+(-[a-z]+)*(\.(\*|[A-Za-z]+(-[A-Za-z]+)*))?")
_GENERAL_TITLES = {"en": "General", "zh": "综合"}


def read_topics(file: Table, languages: Collection[str]) -> tuple[TopicTree, Mapping[str, str]]:
    """The tree, in the file's order, and the new names of topics by those that they had.

    Raises:
        ListFileError: a topic cannot be read, stands twice, or has no place in a tree.
    """
    tables = file.tables("topics")
    topics: dict[str, Topic] = {}
    renames: dict[str, str] = {}
    for table in tables:
        topic = _topic(table, languages)
        if topic.name in topics:
            table.fail("name", f"{topic.name!r} stands twice: each topic needs a name of its own")
        topics[topic.name] = topic
        for old in table.texts("was"):
            if old in renames:
                table.fail("was", f"{old!r} became {renames[old]!r} already")
            renames[old] = topic.name
        table.done()
    for table, topic in zip(tables, topics.values(), strict=True):
        _check_place(table, topic, topics)
        for old in table.texts("was"):
            if old in topics:
                table.fail("was", f"{old!r} is still a topic: take it out here or there")
    topics.setdefault(GENERAL, Topic(name=GENERAL, titles=_GENERAL_TITLES))
    return TopicTree(tuple(topics.values())), renames


def _topic(table: Table, languages: Collection[str]) -> Topic:
    topic = Topic(
        name=_name(table),
        titles=table.by_language("title", languages),
        parent=table.take("parent", str, None),
        categories=_categories(table),
        keywords=_keywords(table),
    )
    if topic.name == GENERAL and (topic.parent or topic.categories or topic.keywords):
        table.fail("name", f"{GENERAL!r} is what no rule maps: it has a title and nothing else")
    return topic


def _name(table: Table) -> str:
    name: str = table.take("name", str)
    if not _NAME.fullmatch(name) or name in _RESERVED:
        table.fail("name", f"{name!r} cannot name a topic: use small letters, digits and -")
    return name


def _categories(table: Table) -> tuple[str, ...]:
    found = table.texts("categories")
    for category in found:
        if not _CATEGORY.fullmatch(category):
            table.fail("categories", f"{category!r} is not one of arXiv's: write cs.LG or cs.*")
    return found


def _keywords(table: Table) -> tuple[str, ...]:
    found = table.texts("keywords")
    for keyword in found:
        if not re.search(r"\w", keyword) or "*" in keyword[:-1]:
            table.fail("keywords", f"{keyword!r} is not a keyword: * may stand at its end alone")
    return found


def _check_place(table: Table, topic: Topic, topics: Mapping[str, Topic]) -> None:
    if topic.parent is not None:
        table.one_of("parent", topic.parent, [*topics])
    seen: list[str] = []
    at: str | None = topic.name
    while at is not None and at in topics:
        if at in seen:
            table.fail("parent", f"{' → '.join([*seen, at])} goes round in a circle")
        seen.append(at)
        at = topics[at].parent
