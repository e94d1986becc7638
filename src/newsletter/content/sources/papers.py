"""The papers of a weekly brief: what is known of one while it is read, and once it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from newsletter.content.entry import EntryText, fold_title
from newsletter.content.sources.document import Remark
from newsletter.content.sources.lines import Line, join_all, paragraphs
from newsletter.content.sources.marks import (
    Named,
    bullet,
    heading,
    named,
    numbered,
    tidy,
    unglued,
)

LABELS = {
    **dict.fromkeys(("why novel", "why it is novel", "why it's novel", "novelty"), "why_novel"),
    **dict.fromkeys(("key innovations", "key innovation", "innovations"), "innovations"),
    "evidence": "evidence",
    "impact": "impact",
}
LISTS = ("innovations", "evidence")
_LABEL = re.compile(
    r"(?:\*\*|__)?([A-Za-z][A-Za-z’' -]{0,40}?) ?(?:\*\*|__)?:(?:\*\*|__)?(?:\s+|$)"
)


@dataclass(slots=True)
class Draft:
    """A paper while its lines are read. `parts` are lines by field; `title` may be wrapped."""

    line: int
    number: int | None
    title: list[Line]
    parts: dict[str, list[Line]] = field(default_factory=dict)

    def finished(self) -> Paper:
        """The paper, its wrapped lines joined and the holes in it closed."""
        name = named(join_all(line.text for line in self.title))
        texts = {
            name: paragraphs_of(lines) for name, lines in self.parts.items() if name not in LISTS
        }
        text = EntryText(
            summary="\n\n".join(filter(None, (name.rest, texts.get("summary", "")))),
            why_novel=texts.get("why_novel", ""),
            impact=texts.get("impact", ""),
            innovations=tuple(bullets(self.parts.get("innovations", ()))),
            evidence=tuple(bullets(self.parts.get("evidence", ()))),
        )
        return Paper(self.line, self.number, replace(name, rest=""), text)


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as a section has it: `line` is where it begins, `number` the one before its title."""

    line: int
    number: int | None
    name: Named
    text: EntryText


@dataclass(slots=True)
class Found:
    """What a section gave: papers, and as notes the lines that no rule understood."""

    papers: list[Paper] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    def note(self, lines: Sequence[Line], why: str) -> None:
        """Keep `lines` verbatim and say so."""
        text = "\n".join(line.text for line in lines).strip()
        if text:
            self.notes.append(text)
            start = next(line.number for line in lines if line.text)
            self.remarks.append(Remark(start, f"{why}; kept as a note"))


def paragraphs_of(lines: Sequence[Line]) -> str:
    """The text of some lines: wrapped ones joined, paragraphs apart."""
    return tidy(paragraphs(lines))


def bullets(lines: Sequence[Line]) -> list[str]:
    """The bullets of a list, wrapped ones joined, glued ones parted, empty ones gone."""
    pieces: list[list[str]] = []
    for line in lines:
        text = bullet(line.text)
        found = numbered(line.text)
        if found:
            text = found[1]
        if text is not None or not pieces:
            pieces.append([line.text if text is None else text])
        else:
            pieces[-1].append(line.text)
    return [part for piece in pieces for part in unglued(join_all(piece))]


def label(text: str) -> tuple[str, str] | None:
    """The label that a line begins with, as written, and what follows it.

    A known one may also stand alone without a colon, as `### Evidence` does.
    """
    start = bullet(text)
    if start is not None and not start.startswith(("**", "__")):
        return None
    bare = text if start is None else start
    if found := _LABEL.match(bare):
        return found[1], bare[found.end() :]
    alone = heading(bare).text if len(bare) < 60 else ""
    return (alone, "") if alone.casefold() in LABELS else None


def mentions(lines: Sequence[Line]) -> Found:
    """A section of titles: one a bullet, or one a line where no bullets are."""
    found = Found()
    marked = any(bullet(line.text) is not None or numbered(line.text) for line in lines)
    groups: list[list[Line]] = []
    loose: list[Line] = []
    for line in lines:
        text = _item(line.text) if marked else line.text
        if text:
            groups.append([replace(line, text=text)])
        elif line.text and text is None:
            (groups[-1] if groups else loose).append(line)
    found.note(loose, "stands before the first mention")
    for group in groups:
        for piece in unglued(join_all(line.text for line in group)):
            _mention(found, group[0].number, piece)
    return found


def _item(text: str) -> str | None:
    if count := numbered(text):
        return count[1]
    return bullet(text)


def _mention(found: Found, line: int, text: str) -> None:
    name = named(text)
    if fold_title(name.title):
        summary = EntryText(summary=name.rest)
        found.papers.append(Paper(line, None, replace(name, rest=""), summary))
    else:
        found.note([Line(line, text)], "a mention without a title")
