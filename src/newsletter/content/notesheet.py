"""All that an editor says of an issue on one sheet of Markdown: each part under its heading.

    # en: note

    Welcome to the *week*.

    # en: summary

A part whose heading is taken away stays as it is; one that is left empty is taken out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from newsletter.errors import NewsletterError

FIELDS = ("note", "summary", "takeaway")

_HEADING = re.compile(r"#\s*([A-Za-z-]{2,8})\s*:\s*(\w+)\s*")
_COMMENT = re.compile(r"\A\s*<!--.*?-->\s*\n?", re.DOTALL)

Parts = Mapping[tuple[str, str], str]
"""Texts by language and field."""


def write_sheet(said: Parts, languages: Sequence[str], about: str) -> str:
    """The sheet for all fields in all languages, `about` as a comment at its top."""
    parts = [f"<!-- {about} -->\n"]
    for language in languages:
        for field in FIELDS:
            text = said.get((language, field), "").strip()
            parts.append(f"# {language}: {field}\n\n" + (f"{text}\n\n" if text else ""))
    return "\n".join(parts[:1]) + "\n" + "".join(parts[1:]).rstrip() + "\n"


def read_sheet(text: str, languages: Sequence[str], name: str) -> dict[tuple[str, str], str]:
    """What a sheet says; `name` is the file's, for errors.

    Raises:
        NewsletterError: a heading names what there is not, or twice; or words stand above the
            first; it says in which line.
    """
    body = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text.removeprefix("\ufeff"))
    found: dict[tuple[str, str], list[str]] = {}
    at: tuple[str, str] | None = None
    for number, line in enumerate(body.splitlines(), 1):
        if heading := _HEADING.fullmatch(line):
            at = _part(heading[1].lower(), heading[2].lower(), languages, f"{name}:{number}")
            if at in found:
                raise NewsletterError(
                    f"{name}:{number}: there are two parts {at[0]}: {at[1]}: join them"
                )
            found[at] = []
        elif at is not None:
            found[at].append(line)
        elif line.strip():
            raise NewsletterError(
                f"{name}:{number}: words above the first heading belong to nothing: put them "
                f"below one such as `# {languages[0]}: note`"
            )
    return {part: "\n".join(lines).strip() for part, lines in found.items()}


def _part(language: str, field: str, languages: Sequence[str], place: str) -> tuple[str, str]:
    if language not in languages or field not in FIELDS:
        raise NewsletterError(
            f"{place}: there is no part {language}: {field}: languages are "
            f"{', '.join(languages)}, parts {', '.join(FIELDS)}"
        )
    return language, field
