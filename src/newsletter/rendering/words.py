"""The interface words of a template in one language, from its catalogue (`zh.po`)."""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Callable
from functools import lru_cache

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from newsletter.rendering.marks import Place
from newsletter.rendering.templates import Template

# A line of a catalogue; Babel takes a string without its closing quote for an empty one.
_LINE = re.compile(
    r'(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)\s*)?"(?:[^"\\]|\\.)*"|#.*|'
)


class Words:
    """English words are the catalogue's keys; without a translation they stand as they are.

    A template's own catalogue goes before the shared one, which is asked for what it lacks.
    """

    def __init__(self, template: Template, language: str) -> None:
        self.language = language
        self._catalogs = tuple(
            _catalog(template.files[name], language, f"{template.name}/{name}")
            for name in template.layers(f"{language}.po")
        )

    def say(self, message: str) -> str:
        """`message` in this language."""
        for catalog in self._catalogs:
            found = catalog.get(message)
            if found and isinstance(found.string, str) and found.string:
                return str(found.string)
        return message

    def has(self, message: str, *, counted: bool = False) -> bool:
        """Whether a catalogue has `message` or, if it is `counted`, the forms of its plural."""
        for catalog in self._catalogs:
            string = found.string if (found := catalog.get(message)) else None
            said = string if isinstance(string, str) else all(string or ("",))
            if said and isinstance(string, str) is not counted:
                return True
        return False

    def count(self, one: str, many: str, number: int) -> str:
        """The form for `number` of a phrase, with `%(n)s` replaced by it."""
        forms: tuple[str, ...] = (one, many)
        which = int(number != 1)
        for catalog in self._catalogs:
            found = catalog.get(one)
            if found and isinstance(found.string, tuple) and all(found.string):
                forms = found.string
                which = _plural(catalog.plural_expr)(number)
                break
        return forms[which].replace("%(n)s", str(number))


@lru_cache(maxsize=16)
def _plural(expression: str) -> Callable[[int], int]:
    """Which form a number takes, by a catalogue's rule; to read the rule takes long."""
    which: Callable[[int], int] = gettext.c2py(expression)
    return which


@lru_cache(maxsize=32)
def _catalog(source: str, language: str, name: str) -> Catalog:
    for number, line in enumerate(source.splitlines(), 1):
        if not _LINE.fullmatch(line.strip()):
            raise Place(name, number).error("is not a catalogue: a text stands in double quotes")
    try:
        return read_po(io.StringIO(source), locale=language, abort_invalid=True)
    except PoFileError as error:
        raise Place(name, error.lineno + 1).error(f"is not a catalogue: {error}") from None
