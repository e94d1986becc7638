"""An editor's changes to an entry: names and texts in, another entry out."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any
from urllib.parse import urlsplit

from newsletter.content.entry import Entry, EntryText, Tier
from newsletter.errors import NewsletterError

_LISTED = ("innovations", "evidence")


def apply(entry: Entry, changes: Mapping[str, str]) -> Entry:
    """`entry` with `changes`, by field: `title`, `tier`, `topics`, `position`, `authors`,
    `categories`, `links`, or a text such as `texts.en.summary`.

    Names are parted by commas, lists of sentences by lines. Topics left empty give the choice
    back to the list's rules.

    Raises:
        NewsletterError: there is no such field, or it cannot say that.
    """
    for name, value in changes.items():
        part = name.rpartition(".")[2]
        refuse_control(name, value, lines=part in _LISTED or part == "abstract")
        if name.startswith("texts."):
            entry = _with_text(entry, name, value.strip())
        elif name in _READ:
            entry = replace(entry, **{name: _READ[name](value.strip())})
        else:
            raise NewsletterError(
                f"an entry has no field {name!r}: use {', '.join(_READ)} or "
                "texts.LANGUAGE.FIELD such as texts.en.summary"
            )
    return entry


def written(entry: Entry, name: str) -> str:
    """What a field says, as `apply` takes it.

    Raises:
        NewsletterError: there is no such field.
    """
    if name.startswith("texts."):
        language, part = _text_field(name)
        said: Any = getattr(entry.texts.get(language, EntryText()), part)
        return "\n".join(said) if part in _LISTED else said
    if name not in _READ:
        apply(entry, {name: ""})  # says which there are
    value = getattr(entry, name)
    return ", ".join(value) if isinstance(value, tuple) else str("" if value is None else value)


def _with_text(entry: Entry, name: str, value: str) -> Entry:
    language, part = _text_field(name)
    said: Any = _lines(value) if part in _LISTED else value
    text = replace(entry.texts.get(language, EntryText()), **{part: said})
    others = {code: other for code, other in entry.texts.items() if code != language}
    # A language in which nothing is said is none that it has.
    return replace(entry, texts=others | ({language: text} if text.filled() else {}))


def _text_field(name: str) -> tuple[str, str]:
    known = tuple(f.name for f in fields(EntryText))
    parts = name.split(".")
    if len(parts) != 3 or not parts[1] or parts[2] not in known:
        raise NewsletterError(
            f"an entry has no field {name!r}: write texts.LANGUAGE.FIELD, FIELD one of "
            + ", ".join(known)
        )
    return parts[1], parts[2]


def refuse_control(name: str, value: str, *, lines: bool) -> None:
    """Texts go into headers, pages and terminals; only those of several lines may break them.

    Raises:
        NewsletterError: there is a control character in it.
    """
    allowed = "\t\n\r" if lines else "\t"
    for character in value:
        if unicodedata.category(character) == "Cc" and character not in allowed:
            raise NewsletterError(
                f"{name} holds a control character (U+{ord(character):04X}): leave it out"
            )


def _lines(value: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in value.splitlines() if line.strip())


def _names(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _title(value: str) -> str:
    if not value:
        raise NewsletterError("an entry needs a title: `newsletter entries drop` takes one out")
    return value


def _tier(value: str) -> Tier:
    try:
        return Tier(value.lower())
    except ValueError:
        raise NewsletterError(f"{value!r} is not a tier: use one of {', '.join(Tier)}") from None


def _position(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise NewsletterError(f"{value!r} is not a position: write a whole number") from None


def _links(value: str) -> tuple[str, ...]:
    links = _names(value)
    for link in links:
        parts = urlsplit(link)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NewsletterError(
                f"{link!r} is not a link: write one like https://example.org/paper"
            )
    return links


_READ: Mapping[str, Callable[[str], Any]] = {
    "title": _title,
    "tier": _tier,
    "topics": lambda value: _names(value) or None,
    "position": _position,
    "authors": _names,
    "categories": _names,
    "links": _links,
}
