"""Reading a TOML table strictly: each key is taken once with its type, what is left is an error."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, NoReturn

from newsletter.errors import ListFileError

_NAMES = {
    str: "text in quotes",
    int: "a whole number",
    bool: "true or false",
    list: "a list in [ ]",
    dict: "a table",
}


def parse_toml(text: str, place: str) -> Table:
    """The whole file as a table; `place` is what to call it in errors.

    Raises:
        ListFileError: it is not TOML; names the line.
    """
    try:
        return Table(tomllib.loads(text), text, place)
    except tomllib.TOMLDecodeError as error:
        reason = str(error)
        line = re.search(r"at line (\d+)", reason)
        at = f"{place}:{line[1]}" if line else place
        raise ListFileError(f"{at}: this is not TOML: {reason}") from None


@dataclass
class Table:
    """A table at `path` in the file; `place` and `text` serve its error messages."""

    values: Mapping[str, Any]
    text: str
    place: str
    path: str = ""
    index: int = 0  # among the tables of the same path, for `[[path]]`
    _taken: set[str] = field(default_factory=set)

    def fail(self, key: str, reason: str) -> NoReturn:
        """Raises a ListFileError about a key: file, line where it is found, key, reason."""
        line = _line_of(self.text, self.path, self.index, key)
        at = f"{self.place}:{line}" if line else self.place
        numbered = (
            f"{self.path}[{self.index + 1}]" if f"[[{self.path}]]" in self.text else self.path
        )
        raise ListFileError(f"{at}: {'.'.join(filter(None, (numbered, key)))}: {reason}")

    def take(self, key: str, kind: type, default: Any = ...) -> Any:
        """The value of a key, of that very type; without `default` it must be there."""
        self._taken.add(key)
        if key not in self.values:
            if default is ...:
                self._miss(key, f": write {key} = {_NAMES[kind]}")
            return default
        value: Any = self.values[key]
        if type(value) is not kind:
            self.fail(key, f"must be {_NAMES[kind]}, not {value!r}")
        if kind is str and default is ... and not str(value).strip():
            self.fail(key, "must not be empty")
        return value

    def take_any(self, key: str) -> Any:
        """The value of a key of any type, which must be there."""
        self._taken.add(key)
        if key not in self.values:
            self._miss(key)
        return self.values[key]

    def _miss(self, key: str, mend: str = "") -> NoReturn:
        """Fails for a key that is not there, by the one that was written in its place if any."""
        for near in get_close_matches(key, self.values.keys() - self._taken, 1, 0.8):
            self.fail(near, f"there is no such key; did you mean {key!r}?")
        self.fail(key, f"is missing{mend}")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, none empty; () when it is not there."""
        items = self.take(key, list, [])
        for item in items:
            if type(item) is not str or not item.strip():
                self.fail(key, f"must list texts in quotes, not {item!r}")
        return tuple(items)

    def by_language(
        self, key: str, languages: Collection[str], default: Any = ...
    ) -> dict[str, str]:
        """A table from languages to texts; one text alone is taken as English."""
        if type(self.values.get(key)) is str:
            return {"en": self.take(key, str, default)}
        table = self.table(key, default)
        found = {language: table.take(language, str) for language in table.values}
        for language in found:
            table.one_of(language, language, languages)
        if not found and default is ...:
            self.fail(key, 'is empty: write { en = "…" }')
        return found

    def table(self, key: str, default: Any = ...) -> Table:
        """The table below a key."""
        path = f"{self.path}.{key}" if self.path else key
        return Table(self.take(key, dict, default), self.text, self.place, path, self.index)

    def tables(self, key: str) -> list[Table]:
        """The tables of `[[key]]`."""
        items = self.take(key, list, [])
        for item in items:
            if type(item) is not dict:
                self.fail(key, f"must be tables: begin each with [[{key}]]")
        return [Table(v, self.text, self.place, key, index) for index, v in enumerate(items)]

    def one_of(self, key: str, value: str, known: Collection[str]) -> str:
        """`value` if it is known, else an error with the nearest that is."""
        if value not in known:
            near = get_close_matches(value.lower(), known, 1)
            meant = f": did you mean {near[0]!r}?" if near else f": write one of {', '.join(known)}"
            self.fail(key, f"{value!r} is not known{meant}")
        return value

    def done(self) -> None:
        """Makes sure that every key was one of those asked for."""
        for key in self.values:
            if key not in self._taken:
                near = get_close_matches(key, self._taken, 1)
                known = (
                    f"did you mean {near[0]!r}?"
                    if near
                    else (f"there may be {', '.join(sorted(self._taken))}")
                )
                self.fail(key, f"there is no such key; {known}")


def _line_of(text: str, path: str, index: int, key: str) -> int:
    """The line of a key written plainly under its table's header, else the header's, else 0."""
    headers = {f"[{path}]", f"[[{path}]]"} if path else set()
    inside, seen, found = not path, -1, 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith("["):
            header = line.partition("#")[0].strip()
            seen += header in headers
            inside = header in headers and (header.startswith("[[") is False or seen == index)
            found = number if inside else found
        elif inside and re.match(rf"{re.escape(key)}\s*=", line):
            return number
    return found
