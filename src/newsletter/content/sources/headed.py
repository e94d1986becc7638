"""A section of papers that each have a heading line: the breakthroughs, and the notable ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from newsletter.content.entry import fold_title
from newsletter.content.sources.lines import Layout, Line
from newsletter.content.sources.marks import bullet, heading, numbered, undecorated
from newsletter.content.sources.papers import LABELS, LISTS, Draft, Found, Paper, label

# A title's line that ends in one of these goes on in the next line.
_HANGING = frozenset(
    (
        *("a", "an", "and", "at", "by", "for", "from", "in", "into", "of", "on", "or"),
        *("the", "through", "to", "under", "via", "with"),
    )
)


class Reader:
    """Reads one section of numbered papers; `labelled` says whether papers have labelled parts."""

    def __init__(self, layout: Layout, level: int, *, labelled: bool) -> None:
        self._layout, self._level, self._labelled = layout, level, labelled
        self._drafts: list[Draft] = []
        self._found = Found()
        self._field = ""  # the part of the last draft that lines go to; empty: its title
        self._loose: list[Line] = []
        self._why = ""
        self._numbers = self._bulleted = False  # how papers begin; neither: bold, or with `#`

    def read(self, lines: Sequence[Line]) -> Found:
        """The papers of a section, and what in it is none."""
        first = next((line for line in lines if self._marked(line)), None)
        self._numbers = first is not None and numbered(first.text) is not None
        self._bulleted = first is None and not self._labelled
        above = Line(0, "")
        for index, line in enumerate(lines):
            self._take(line, above, lines[index + 1 : index + 3])
            above = line
        self._settle()
        self._found.papers = [paper for draft in self._drafts if (paper := self._finish(draft))]
        return self._found

    def _finish(self, draft: Draft) -> Paper | None:
        paper = draft.finished()
        if fold_title(paper.name.title):
            return paper
        kept = [*draft.title, *(line for part in draft.parts.values() for line in part)]
        self._found.note(kept, "a paper without a title")
        return None

    def _take(self, line: Line, above: Line, below: Sequence[Line]) -> None:
        if title := self._title(line, below):
            self._settle()
            self._drafts.append(Draft(line.number, title[0], [replace(line, text=title[1])]))
            self._field = ""
        elif not self._drafts:
            self._loosen(line, "stands before the first paper")
        elif self._labelled and line.text and (found := label(line.text)):
            self._open(line, above, *found)
        elif self._labelled and self._strong(line):
            self._settle()
            self._loosen(line, f"{heading(line.text).text!r} is no known part of a breakthrough")
        elif self._loose:
            self._loose.append(line)
        else:
            self._continue(line, above, below)

    def _open(self, line: Line, above: Line, name: str, rest: str) -> None:
        if known := LABELS.get(name.casefold()):
            self._settle()
            self._field = known
            start = [replace(line, text=rest)] if rest else []
            self._drafts[-1].parts.setdefault(known, []).extend([Line(0, ""), *start])
        elif self._begins(line, above) and len(name.split()) <= 4:
            self._settle()
            self._loosen(line, f"{name!r} is no known label of a breakthrough")
        elif self._loose:
            self._loose.append(line)
        else:
            self._continue(line, above, ())

    def _continue(self, line: Line, above: Line, below: Sequence[Line]) -> None:
        draft = self._drafts[-1]
        if not self._field:
            if self._wraps_title(line, above, below):
                draft.title.append(line)
                return
            self._field = "summary"
        lines = draft.parts.setdefault(self._field, [])
        if self._leaves_list(line, above, lines):
            self._loosen(line, "stands after a list, under no label")
        elif line.text or self._field not in LISTS:
            lines.append(line)

    def _leaves_list(self, line: Line, above: Line, lines: Sequence[Line]) -> bool:
        if self._field not in LISTS or above.text or not line.text or line.indented:
            return False
        begun = bool(lines) and lines[-1].number > 0
        return begun and bullet(line.text) is None and not numbered(line.text)

    def _begins(self, line: Line, above: Line) -> bool:
        ended = above.text.endswith((".", "!", "?", ":", ")", "…"))
        bold = line.text.startswith(("**", "__", "#"))
        return bold or not above.text or ended or self._layout.fits(above, line)

    def _wraps_title(self, line: Line, above: Line, below: Sequence[Line]) -> bool:
        if not (above.text and line.text and below and below[0].text) or self._marked(below[0]):
            return False  # the paper would be left without a word on it
        last = above.text.split()[-1].casefold()
        if last in _HANGING or last[-1] in ":,-–—&":
            return True
        return not self._layout.fits(above, line) and _reads_as_title(line.text)

    def _loosen(self, line: Line, why: str) -> None:
        if not self._loose and line.text:
            self._why = why
        if self._loose or line.text:
            self._loose.append(line)

    def _settle(self) -> None:
        self._found.note(self._loose, self._why)
        self._loose = []

    def _marked(self, line: Line) -> bool:
        return bool(numbered(line.text)) or self._strong(line)

    def _strong(self, line: Line) -> bool:
        if not line.text.startswith(("#", "**", "__")) or label(line.text):
            return False
        found = undecorated(line.text)
        return found.strong or found.level > self._level

    def _title(self, line: Line, below: Sequence[Line]) -> tuple[int | None, str] | None:
        if found := numbered(line.text):
            if self._labelled and self._field in LISTS and self._counts(found[0], below):
                return None
            return found
        if not self._numbers and self._strong(line):
            return None, undecorated(line.text).text
        text = bullet(line.text) if self._bulleted and not line.indented else None
        return (None, text) if text else None

    def _counts(self, number: int, below: Sequence[Line]) -> bool:
        """Whether a numbered line within a list is the list's next piece, not the next paper."""
        lines = reversed(self._drafts[-1].parts[self._field])
        last = next((line.text for line in lines if line.text), "")
        if not last:
            return number == 1
        next_text = next((line.text for line in below if line.text), "")
        found = label(next_text) if next_text else None
        titled = found is not None and LABELS.get(found[0].casefold()) == "why_novel"
        before = numbered(last)
        return not titled and before is not None and number == before[0] + 1


def _reads_as_title(text: str) -> bool:
    words = [word for word in text.split()[:40] if word[0].isalpha() and len(word) > 3]
    capital = sum(word[0].isupper() for word in words)
    return not text.endswith((".", "!", "?")) and (
        text[0].islower() or (bool(words) and capital * 5 >= len(words) * 3)
    )
