"""The interface words of a template in one language, from its catalogue (`zh.po`)."""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable
from functools import lru_cache

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from newsletter.rendering.marks import Place
from newsletter.rendering.templates import Template


class Words:
    """English words are the catalogue's keys; without a translation they stand as they are."""

    def __init__(self, template: Template, language: str) -> None:
        self.language = language
        name = f"{language}.po"
        source = template.files.get(name)
        self._catalog = _catalog(source, language, f"{template.name}/{name}") if source else None

    def say(self, message: str) -> str:
        """`message` in this language."""
        found = self._catalog.get(message) if self._catalog else None
        return (
            str(found.string)
            if found and isinstance(found.string, str) and found.string
            else message
        )

    def count(self, one: str, many: str, number: int) -> str:
        """The form for `number` of a phrase, with `%(n)s` replaced by it."""
        forms: tuple[str, ...] = (one, many)
        which = int(number != 1)
        found = self._catalog.get(one) if self._catalog else None
        if self._catalog and found and isinstance(found.string, tuple) and all(found.string):
            forms = found.string
            which = _plural(self._catalog.plural_expr)(number)
        return forms[which].replace("%(n)s", str(number))


@lru_cache(maxsize=16)
def _plural(expression: str) -> Callable[[int], int]:
    """Which form a number takes, by a catalogue's rule; to read the rule takes long."""
    which: Callable[[int], int] = gettext.c2py(expression)
    return which


@lru_cache(maxsize=16)
def _catalog(source: str, language: str, name: str) -> Catalog:
    try:
        return read_po(io.StringIO(source), locale=language, abort_invalid=True)
    except PoFileError as error:
        raise Place(name, error.lineno).error(f"is not a catalogue: {error}") from None
