"""What keeps an issue from being shown as it is now: a broken template or list file, and where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter.errors import ListFileError, NewsletterError, TemplateError
from newsletter.packaged import packaged
from newsletter.rendering.templates import SHARED

_AROUND = 2  # lines shown before and after the one at fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """`file` is as people know it, `line` counts from 1 (0: unknown); `excerpt` are lines of the
    file around it, with their numbers."""

    file: str
    line: int
    reason: str
    excerpt: tuple[tuple[int, str], ...] = ()


def template_trouble(error: TemplateError, folders: Sequence[Path]) -> Trouble:
    """What is wrong with a template."""
    path = _template_path(error.template, folders)
    return Trouble(
        file=f"{path.parent.name}/{path.name}" if path else error.template,
        line=error.line,
        reason=error.reason,
        excerpt=_excerpt(path, error.line),
    )


def list_trouble(error: ListFileError, path: Path) -> Trouble:
    """What is wrong with a list's file."""
    place, _, reason = str(error).partition(": ")
    found = re.search(r":(\d+)$|line (\d+)", f"{place}") or re.search(r"()line (\d+)", reason)
    line = int(found[1] or found[2]) if found else 0
    return Trouble(
        file=f"{path.parent.name}/{path.name}",
        line=line,
        reason=reason or str(error),
        excerpt=_excerpt(path, line),
    )


def other_trouble(error: NewsletterError) -> Trouble:
    """What is wrong with anything else, such as a value that no header can hold."""
    return Trouble(file="", line=0, reason=str(error))


def _template_path(name: str, folders: Sequence[Path]) -> Path | None:
    """The file that is meant: one that a template lacks is taken from `shared`."""
    folder, _, file = name.partition("/")
    everywhere = (*folders, packaged("templates"))
    places = (*(at / folder for at in everywhere), *(at / SHARED for at in everywhere))
    return next((at / file for at in places if file and (at / file).is_file()), None)


def _excerpt(path: Path | None, line: int) -> tuple[tuple[int, str], ...]:
    if path is None or not line:
        return ()
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ()
    first = max(line - 1 - _AROUND, 0)
    return tuple(enumerate(lines[first : line + _AROUND], first + 1))
