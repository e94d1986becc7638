"""The sections of a weekly brief, known and unknown, in whatever order they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from newsletter.content.sources.lines import Layout, Line
from newsletter.content.sources.marks import Heading, bullet, heading, numbered
from newsletter.content.sources.papers import label

_SECTIONS = {
    **dict.fromkeys(("summary", "overview"), "summary"),
    **dict.fromkeys(("key takeaway", "key takeaways", "takeaway", "takeaways"), "takeaway"),
    **dict.fromkeys(("breakthrough", "breakthroughs"), "breakthroughs"),
    **dict.fromkeys(("trend", "trends", "key trends"), "trends"),
    **dict.fromkeys(("notable", "notable paper", "notable papers"), "notable"),
    **dict.fromkeys(
        (f"{word} mention{s}" for word in ("honorable", "honourable") for s in ("", "s")),
        "mentions",
    ),
    **dict.fromkeys(("mentions", "mention"), "mentions"),
}
_PROSE = ("summary", "takeaway")
_TOP_LINES = 2  # a brief's title and its days
_LONGEST = 80  # characters of a heading; a longer line is text
_MOST_WORDS = 6


@dataclass(slots=True)
class Section:
    """`name` is empty above the first heading and None when the heading is not a known one."""

    name: str | None
    line: Line
    heading: Heading
    lines: list[Line] = field(default_factory=list)
    bulleted: bool = False


def known(text: str) -> tuple[str, Heading] | None:
    """The section that a line is the heading of."""
    if not text or len(text) > _LONGEST:
        return None
    found = heading(text)
    name = _SECTIONS.get(found.text.casefold())
    return (name, found) if name else None


def sections(lines: Sequence[Line], layout: Layout) -> list[Section]:
    """The parts of a brief; the first is what stands above every heading."""
    parts = [Section("", Line(0, ""), Heading(0, False, "", None))]
    above = Line(0, "")
    for line in lines:
        part = parts[-1]
        if found := known(line.text):
            parts.append(Section(found[0], line, found[1]))
        elif inline := _inline(line, part):
            parts.append(inline)
        elif part.name != "" and _unknown(line, above, part, layout):
            parts.append(Section(None, line, heading(line.text)))
        else:
            part.lines.append(line)
            part.bulleted = part.bulleted or bullet(line.text) is not None
        above = line
    return parts


def _inline(line: Line, part: Section) -> Section | None:
    """The section that begins with its text on its heading's line, `Key Takeaway: It works.`

    Only among prose: within a paper such a line is the paper's own.
    """
    top = part.name == "" and sum(bool(above.text) for above in part.lines[:20]) >= _TOP_LINES
    if not (top or part.name in _PROSE) or bullet(line.text) is not None:
        return None
    words, text = label(line.text) or ("", "")
    name = _SECTIONS.get(words.casefold())
    if name not in _PROSE or not text:
        return None
    return Section(name, line, Heading(0, False, words, None), [replace(line, text=text)])


def _unknown(line: Line, above: Line, part: Section, layout: Layout) -> bool:
    """Whether a line is the heading of a section that no brief had so far."""
    if not line.text or len(line.text) > _LONGEST or line.indented:
        return False
    if bullet(line.text) is not None or numbered(line.text) or label(line.text):
        return False
    found = heading(line.text)
    holds_papers = part.name in ("breakthroughs", "notable")
    if found.level:
        return not holds_papers or found.level <= max(part.heading.level, 1)
    if found.strong:
        return not holds_papers and part.name != "trends"
    if above is part.line or (holds_papers and numbered(above.text)):
        return False
    if part.name == "mentions" and not part.bulleted and found.count is None:
        return False
    apart = not above.text or above.text.endswith((".", "!", "?")) or layout.fits(above, line)
    return apart and _reads_as_heading(found)


def _reads_as_heading(found: Heading) -> bool:
    words = found.text.split()
    return (
        0 < len(words) <= _MOST_WORDS
        and words[-1][-1].isalnum()
        and words[0][0].isupper()
        and all(word[0].isupper() for word in words if len(word) > 3)
    )
