"""Interface words of a template that a catalogue lacks: readers get them in English.

They are read off the template's files, said or not by this issue: what nobody notices this week is
in English in the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jinja2 import nodes

from newsletter.content.digest import Digest
from newsletter.rendering.checks.finding import Audience, Finding, Severity
from newsletter.rendering.environment import parsed_files
from newsletter.rendering.templates import Template
from newsletter.rendering.words import Words

KEYS = "en"
"""The language that the words are written in, which needs no catalogue."""

_SAYS = {"_": 0, "number": 0, "count": 1}
"""What takes words in a template, and as which of its arguments."""


class _Word(NamedTuple):
    """An interface word, or the first form of one with a number, and where it stands."""

    message: str
    counted: bool
    place: str


def check_catalogues(template: Template, digest: Digest, audience: Audience) -> Iterator[Finding]:
    """A finding for each word that a catalogue of the list's languages lacks, at its first place.

    Raises:
        TemplateError: a file or a catalogue cannot be read.
    """
    found: dict[tuple[str, bool], _Word] = {}
    for word in _words(template):
        found.setdefault((word.message, word.counted), word)
    for language in digest.list.languages:
        if language != KEYS:
            yield from _missing(template, language, _readers(audience, language), found.values())


def _readers(audience: Audience, language: str) -> int:
    return audience.mailed(lambda selection: language in selection.plan.languages)


def _missing(
    template: Template, language: str, readers: int, found: Iterable[_Word]
) -> Iterator[Finding]:
    words, catalogue = Words(template, language), f"{template.name}/{language}.po"
    for word in found:
        if not words.has(word.message, counted=word.counted):
            yield Finding(
                severity=Severity.WARNING,
                code="untranslated-word",
                where=word.place,
                what=f"{language}.po has no {word.message!r}: it stands there in English",
                mend=f"add it to {catalogue}, as msgid and msgstr"
                + (", with the forms of its plural" if word.counted else ""),
                readers=readers,
            )


def _words(template: Template) -> Iterator[_Word]:
    for file, tree in parsed_files(template):
        for call in tree.find_all(nodes.Call):
            name = call.node.name if isinstance(call.node, nodes.Name) else ""
            said = _said(name, call)
            if said:
                yield _Word(said, name != "_", f"{template.place(file)}:{call.lineno}")


def _said(name: str, call: nodes.Call) -> str:
    """The words that a call is given; empty where it takes none, or they are not told there."""
    at = _SAYS.get(name)
    given = call.args[at] if at is not None and at < len(call.args) else None
    return str(given.value) if isinstance(given, nodes.Const) else ""
