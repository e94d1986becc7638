from __future__ import annotations

import ast
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import newsletter.web
from newsletter.packaged import packaged
from newsletter.web.failures import SAID
from newsletter.web.language import Asked

TEMPLATES = packaged("templates")
CODE = Path(newsletter.web.__file__).parent


def catalogue(folder: str) -> Catalog:
    with (TEMPLATES / folder / "zh.po").open("rb") as file:
        return read_po(file, locale="zh")


def test_every_word_of_the_pages_templates_is_translated() -> None:
    method = [("**.html", "jinja2.ext.babel_extract")]
    found = extract_from_dir(
        TEMPLATES / "pages", method, options_map={"**.html": {"silent": "false"}}
    )
    translated = catalogue("pages")
    missing = [message for _, _, message, _, _ in found if not _says(translated, message)]
    assert missing == []


def test_every_word_of_the_code_is_translated() -> None:
    found = extract_from_dir(CODE, [("**.py", "python")])
    translated = catalogue("pages")
    missing = [message for _, _, message, _, _ in found if not _says(translated, message)]
    assert missing == []


def test_every_message_page_is_translated() -> None:
    calls = [
        node
        for path in CODE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
    ]
    pages = [c for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr == "message"]
    said = [a.value for call in pages for a in call.args if isinstance(a, ast.Constant)]
    assert len(said) > 8
    told = [k.value for call in calls for k in call.keywords if k.arg == "told"]
    answers = [word.value for word in told if isinstance(word, ast.Constant)]
    assert len(answers) == 2, "what `AddressForm.answered` is given to say"
    said += answers
    translated = catalogue("pages")
    every = [*map(str, said), *(words for pair in SAID.values() for words in pair)]
    assert [words for words in every if not _says(translated, words)] == []


def test_pages_and_mail_use_the_same_words() -> None:
    mail, pages = catalogue("shared"), catalogue("pages")
    for message in mail:
        same = pages.get(message.id) if message.id else None
        assert same is None or same.string == message.string


@pytest.mark.parametrize(
    ("explicit", "own", "accepted", "expected"),
    [
        ("", (), "", "en"),
        ("", (), "zh-Hant-TW", "zh"),
        ("", (), "fr, en;q=0.3, zh;q=0.7", "zh"),
        ("", (), "zh;q=0, en", "en"),
        ("", (), ";;q=x, ,", "en"),
        ("", ("zh",), "en", "zh"),
        ("en", ("zh",), "zh", "en"),
        ("xx", ("de", "zh"), "en", "zh"),
    ],
)
def test_the_language_asked_for_comes_first_then_the_readers_own(
    explicit: str, own: tuple[str, ...], accepted: str, expected: str
) -> None:
    assert Asked(explicit, accepted).choose(*own) == expected


def _says(translated: Catalog, message: str | tuple[str, ...]) -> bool:
    found = translated.get(message[0] if isinstance(message, tuple) else message)
    return found is not None and bool(found.string)
