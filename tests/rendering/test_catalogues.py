"""Every interface word of the shipped templates is translated, and nothing else is."""

from __future__ import annotations

import io
import re

import pytest
from babel.messages.pofile import read_po

from newsletter.rendering.templates import load_template

_WORD = r'"((?:[^"\\]|\\.)*)"'
_SAID = re.compile(rf"\b_\({_WORD}")
_COUNTED = re.compile(rf'\b(?:number\(|count\("[^"]*"[^,]*, ){_WORD}, {_WORD}')
_SAID_BY_THE_PROGRAM = "and %(n)s other"  # of authors, when there are many


def words(name: str) -> set[str]:
    """What a template says by itself, in English."""
    files = load_template([], name).files
    texts = [text for file, text in files.items() if not file.endswith(".po")]
    said = {word for text in texts for word in _SAID.findall(text)}
    counted = {one for text in texts for one, _ in _COUNTED.findall(text)}
    return said | counted | {_SAID_BY_THE_PROGRAM}


def translated(name: str) -> set[str]:
    catalog = read_po(io.StringIO(load_template([], name).files["zh.po"]), locale="zh")
    ids = (m.id if isinstance(m.id, str) else m.id[0] for m in catalog if m.id and m.string)
    return set(ids)


@pytest.mark.parametrize("name", ["weekly", "listing"])
def test_every_word_is_translated(name: str) -> None:
    assert len(words(name)) > 25
    assert sorted(words(name) - translated(name)) == []


def test_nothing_is_translated_that_no_template_says() -> None:
    assert sorted(translated("weekly") - words("weekly") - words("listing")) == []
