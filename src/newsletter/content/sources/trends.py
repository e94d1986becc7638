"""The trends of a weekly brief: `Title: text`, one a line or one a bullet."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.content.entry import Trend
from newsletter.content.sources.lines import Layout, Line, paragraphs
from newsletter.content.sources.marks import bullet, numbered, tidy

_LONGEST_TITLE = 160


def trends(lines: Sequence[Line], layout: Layout) -> list[tuple[int, Trend]]:
    """The trends and the lines where they begin; one without a colon is a title alone."""
    groups: list[list[Line]] = []
    above = Line(0, "")
    for line in lines:
        text = _unmarked(line)
        if line.text and (not groups or _begins(line, text, above, layout)):
            groups.append([Line(line.number, text)])
        elif groups:
            groups[-1].append(line)
        above = line
    found = ((group[0].number, _trend(paragraphs(group))) for group in groups)
    return [(line, trend) for line, trend in found if trend.title or trend.text]


def _unmarked(line: Line) -> str:
    if found := numbered(line.text):
        return found[1]
    text = bullet(line.text)
    return line.text if text is None else text


def _begins(line: Line, text: str, above: Line, layout: Layout) -> bool:
    if text != line.text:
        return True
    title, colon, _ = text[:_LONGEST_TITLE].partition(":")
    capital = title[:1].isalpha() and not title[:1].islower()  # Chinese has no case
    titled = bool(colon) and (capital or title.startswith(("**", "__")))
    apart = not above.text or above.text.endswith((".", "!", "?", "。")) or layout.fits(above, line)
    bold = text.startswith(("**", "__")) and text.endswith(("**", "__"))
    return not line.indented and ((titled and apart) or bold)


def _trend(text: str) -> Trend:
    for mark in ("**", "__"):
        title, closed, rest = text.removeprefix(mark).partition(mark)
        if text.startswith(mark) and closed:
            return Trend(tidy(title.strip().removesuffix(":")), tidy(rest.lstrip(": \n")))
    title, colon, rest = text.partition(": ")
    if not colon or len(title) > _LONGEST_TITLE:
        title, rest = text.removesuffix(":"), ""
    return Trend(tidy(title), tidy(rest))
