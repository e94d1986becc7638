"""Markup that a template left behind, told from markup that is part of what an issue says."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from newsletter.content.digest import Digest
from newsletter.content.serial import plain
from newsletter.rendering.checks.finding import Finding, Severity
from newsletter.rendering.checks.page import Page
from newsletter.rendering.checks.seen import Seen
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.program import Fragment, Part
from newsletter.rendering.prose import prose

_LEFT = re.compile(
    r"\{\{[^{}]{0,60}\}?\}?|\{%[^{}]{0,60}%?\}?|%\(\w+\)[sd]"
    r"|</?(?:mj-)?[a-z][a-z0-9]*(?: [^<>]*)?/?>|&(?:amp|lt|gt|quot|nbsp|#\d+);",
)

_BEGINNING = 6  # characters by which the beginning of braces is known again


class Leftovers:
    """Knows every text of a digest, so that a paper titled `{{ 7*7 }}` is not taken for a fault."""

    def __init__(self, digest: Digest) -> None:
        said = set(_strings(plain(digest)))
        self._said = "\n".join(f"{text}\n{prose(text)}" for text in said)

    def in_text(self, text: str) -> Iterator[str]:
        """The pieces of `text` that are markup and that nobody wrote."""
        for match in _LEFT.finditer(text):
            if not any(words in self._said for words in _as_written(match[0])):
                yield match[0]


def _as_written(words: str) -> Iterator[str]:
    """What a text would have to hold for these words to be its own: them, unescaped, or, as titles
    are shortened, how they begin."""
    yield words
    yield html.unescape(words)
    if words.startswith("{"):
        yield words[:_BEGINNING].rstrip(" …")


def check_leftovers(
    page: Page, seen: Seen, leftovers: Leftovers, template: str
) -> Iterator[Finding]:
    """Findings about markup in the text of a page, once for each piece."""
    said = set()
    for run in page.runs:
        for words in leftovers.in_text(run.text):
            if words not in said and (readers := seen.by(run.when)):
                said.add(words)
                yield Finding(
                    severity=Severity.ERROR,
                    code="unresolved-markup",
                    where=f"{template}/issue.mjml",
                    what=f"the message says {words!r} near {run.text[:40]!r}",
                    mend="look at what the template or its catalogue writes there",
                    readers=readers,
                )


def check_text_part(
    compiled: Compiled, readers: int, leftovers: Leftovers, template: str
) -> Iterator[Finding]:
    """Findings about markup in the plain-text part, once for each piece."""
    text = " ".join("".join(_texts(compiled.text_parts)).split())
    for words in dict.fromkeys(leftovers.in_text(text)):
        yield Finding(
            severity=Severity.ERROR,
            code="unresolved-markup",
            where=f"{template}/issue.txt",
            what=f"the plain text says {words!r}",
            mend="look at what the template or its catalogue writes there",
            readers=readers,
        )


def _texts(parts: Sequence[Part]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, Fragment):
            yield from _texts(part.parts)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
