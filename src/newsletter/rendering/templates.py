"""A template: the files of one folder, read once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
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
    that those include, and a catalogue for each language but English (`zh.po`). Those named in
    `shared` were taken from the folder of that name."""

    name: str
    files: Mapping[str, str]
    shared: frozenset[str] = frozenset()

    def place(self, file: str) -> str:
        """Where `file` of this template lies, below the folder of all templates."""
        return f"{SHARED if file in self.shared else self.name}/{file.rpartition('/')[2]}"

    def layers(self, catalogue: str) -> Iterator[str]:
        """The names in `files` of a catalogue (`zh.po`) and of those beneath it, nearest first."""
        while catalogue in self.files:
            yield catalogue
            catalogue = f"../{catalogue}"

    def told(self, error: TemplateError) -> TemplateError:
        """`error`, which knows every file as this template's, with where the file lies."""
        folder, _, file = error.template.partition("/")
        place = self.place(file) if folder == self.name else error.template
        return TemplateError(place, error.line, error.reason)


def load_template(folders: Sequence[Path], name: str) -> Template:
    """The template `name` of the first of `folders` that has it, else the packaged one.

    Files of the folder `shared` beside it, then of the packaged one, stand in for those it lacks.

    Raises:
        TemplateError: no folder has it, or a file that it needs is missing or is not UTF-8.
    """
    everywhere = (*folders, packaged("templates"))
    for folder in everywhere:
        if name in _names(folder):
            return _whole(name, folder)
    known = ", ".join(sorted({found for folder in everywhere for found in _names(folder)}))
    raise TemplateError(name, 0, f"there is no such template; there are {known or 'none'}")


def files_print(folders: Sequence[Path], name: str) -> str:
    """What tells the files of a template from any others, in 64 hexadecimal digits; empty where
    there is no such template, of which whoever renders it says what is wrong."""
    try:
        template = load_template(folders, name)
    except TemplateError:
        return ""
    return hashlib.sha256(repr(sorted(template.files.items())).encode()).hexdigest()


def _names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [path.name for path in folder.iterdir() if (path / "issue.mjml").is_file()]


def _whole(name: str, folder: Path) -> Template:
    shared = over(texts(packaged("templates") / SHARED), texts(folder / SHARED))
    files = over(shared, own := texts(folder / name))
    for needed in NEEDED:
        if needed not in files:
            raise TemplateError(f"{name}/{needed}", 0, f"is missing; put it into {folder / name}")
    return Template(name, MappingProxyType(files), frozenset(files.keys() - own.keys()))


def over(beneath: Mapping[str, str], above: Mapping[str, str]) -> dict[str, str]:
    """The files of two folders, those `above` in place of those beneath.

    Catalogues are layers: one that says a few words of its own still leaves the others to the one
    beneath it, which is kept as `../zh.po`.
    """
    files = dict(beneath)
    for name, text in above.items():
        _lay(files, name, text)
    return files


def _lay(files: dict[str, str], name: str, text: str) -> None:
    if name.endswith(".po") and files.get(name, text) != text:
        _lay(files, f"../{name}", files[name])
    files[name] = text


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
