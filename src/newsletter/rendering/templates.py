"""A template: the files of one folder, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from newsletter.errors import TemplateError
from newsletter.packaged import packaged

NEEDED = ("issue.mjml", "issue.txt", "subject.txt")


@dataclass(frozen=True, slots=True)
class Template:
    """`files` maps a file's name to its text: `issue.mjml`, `issue.txt`, `subject.txt`, the files
    that those include, and a catalogue for each language but English (`zh.po`)."""

    name: str
    files: Mapping[str, str]


def load_template(folders: Sequence[Path], name: str) -> Template:
    """The template `name` of the first of `folders` that has it, else the packaged one.

    Raises:
        TemplateError: no folder has it, or a file that it needs is missing or is not UTF-8.
    """
    everywhere = (*folders, packaged("templates"))
    for folder in everywhere:
        if name in _names(folder):
            return _read(folder / name, name)
    known = ", ".join(sorted({found for folder in everywhere for found in _names(folder)}))
    raise TemplateError(name, 0, f"there is no such template; there are {known or 'none'}")


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [path.name for path in folder.iterdir() if (path / "issue.mjml").is_file()]


def _read(folder: Path, name: str) -> Template:
    files: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            files[path.name] = _text(path, name)
    for needed in NEEDED:
        if needed not in files:
            raise TemplateError(f"{name}/{needed}", 0, f"is missing; put it into {folder}")
    return Template(name, MappingProxyType(files))


def _text(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        place = f"{name}/{path.name}"
        raise TemplateError(place, 0, f"is not UTF-8 text ({error.reason}); save it so") from None
