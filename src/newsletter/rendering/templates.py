"""A template: the files of one folder, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from newsletter.errors import TemplateError
from newsletter.packaged import packaged

NEEDED = ("issue.mjml", "issue.txt", "subject.txt")
SHARED = "shared"  # the folder whose files serve every template that has none of that name


@dataclass(frozen=True, slots=True)
class Template:
    """`files` maps a file's name to its text: `issue.mjml`, `issue.txt`, `subject.txt`, the files
    that those include, and a catalogue for each language but English (`zh.po`)."""

    name: str
    files: Mapping[str, str]


def load_template(folders: Sequence[Path], name: str) -> Template:
    """The template `name` of the first of `folders` that has it, else the packaged one.

    Files of the folder `shared` beside it, then of the packaged one, stand in for those it lacks.

    Raises:
        TemplateError: no folder has it, or a file that it needs is missing or is not UTF-8.
    """
    everywhere = (*folders, packaged("templates"))
    for folder in everywhere:
        if name in _names(folder):
            shared = [texts(place / SHARED) for place in (packaged("templates"), folder)]
            return _whole(name, folder, shared[0] | shared[1] | texts(folder / name))
    known = ", ".join(sorted({found for folder in everywhere for found in _names(folder)}))
    raise TemplateError(name, 0, f"there is no such template; there are {known or 'none'}")


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [path.name for path in folder.iterdir() if (path / "issue.mjml").is_file()]


def _whole(name: str, folder: Path, files: dict[str, str]) -> Template:
    for needed in NEEDED:
        if needed not in files:
            raise TemplateError(f"{name}/{needed}", 0, f"is missing; put it into {folder / name}")
    return Template(name, MappingProxyType(files))


def texts(folder: Path) -> dict[str, str]:
    """The files of a folder by name; none if there is no such folder.

    Raises:
        TemplateError: one is not UTF-8.
    """
    if not folder.is_dir():
        return {}
    return {
        path.name: _text(path)
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.startswith(".")
    }


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        place = f"{path.parent.name}/{path.name}"
        raise TemplateError(place, 0, f"is not UTF-8 text ({error.reason}); save it so") from None
