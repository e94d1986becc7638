"""Marks and slots: the opaque words that stand for "cut here" and "fill this in" while an issue
is compiled.

Each holds a nonce derived from everything that goes into the issue, so no text in it can contain
one: that would take a text that knows its own hash.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from newsletter.errors import TemplateError
from newsletter.tokens import WIDTH


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a template's file, for messages."""

    file: str
    line: int

    def error(self, reason: str) -> TemplateError:
        return TemplateError(self.file, self.line, reason)


@dataclass(frozen=True, slots=True)
class Slot:
    """Something filled in per reader.

    `source` names a reader's value, or a count of the plan if there are `phrases`: one for each
    number from 0. `width` is its greatest length in characters.
    """

    source: str
    width: int
    phrases: tuple[str, ...] = ()


CLICK = Slot("click_token", WIDTH)
"""The reader's token in links that are counted. No template asks for it; see `counting`."""


_TRACED = 1_000_000  # no issue has so many slots


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a fragment begins or ends: shown when any of the facts in `when` holds."""

    when: tuple[str, ...]
    place: Place


@dataclass
class Marks:
    """The marks and slots given out while one part of an issue is rendered."""

    nonce: str
    marks: list[Mark] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)

    def add(self, mark: Mark) -> int:
        self.marks.append(mark)
        return len(self.marks) - 1

    def opening(self, number: int) -> str:
        return f"{self.nonce}o{number}z"

    def closing(self, number: int) -> str:
        return f"{self.nonce}c{number}z"

    def slot(self, slot: Slot) -> str:
        if slot not in self.slots:
            self.slots.append(slot)
        return f"{self.nonce}s{self.slots.index(slot)}z"

    def traced(self, text: str, place: Place) -> str:
        """`text` that stands at `place`, each slot in it made one of its own, so that `place_of`
        tells where it stands: to look for a fault, since it is a slot no more."""
        return re.sub(rf"{self.nonce}s(\d+)z", lambda match: self._traced(match, place), text)

    def _traced(self, match: re.Match[str], place: Place) -> str:
        if int(match[1]) >= _TRACED:  # at an inner place, such as in a macro
            return match[0]
        self.places.append(place)
        return f"{self.nonce}s{_TRACED + len(self.places) - 1}z"

    def place_of(self, number: int, file: str) -> Place:
        """Where the slot of that number stands; only in which file, if it was not traced."""
        return self.places[number - _TRACED] if number >= _TRACED else Place(file, 0)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """A mark: group 1 is `o` or `c`, group 2 its number."""
        return re.compile(rf"{self.nonce}([oc])(\d+)z")

    @cached_property
    def either(self) -> re.Pattern[str]:
        """A mark or a slot; group 1 is `o`, `c` or `s`, group 2 its number."""
        return re.compile(rf"{self.nonce}([ocs])(\d+)z")

    def displayed(self, text: str) -> str:
        """`text` with each slot at its greatest width, to measure it."""
        if self.nonce not in text:
            return text
        return self.either.sub(
            lambda m: "0" * self.slots[int(m[2])].width if m[1] == "s" else "", text
        )


def nonce_of(parts: Sequence[str]) -> str:
    """A word that no part contains, the same for the same parts.

    It is of letters and digits only, so that it passes unchanged through URLs and attributes.
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return "q" + digest.hexdigest()[:14]
