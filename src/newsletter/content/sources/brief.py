"""A weekly brief in plain text: the papers of a week by weight, and the editorial around them.

A title, a line with the days and two counts, then sections in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from newsletter.content.entry import (
    Brief,
    BriefText,
    Entry,
    EntryText,
    Tier,
    Trend,
    arxiv_key,
    fold_title,
    title_key,
)
from newsletter.content.sources.arxiv import abs_url, numbered_ids
from newsletter.content.sources.document import Document, Remark
from newsletter.content.sources.duplicates import united
from newsletter.content.sources.headed import Reader
from newsletter.content.sources.headline import HeadLine, read_head_line
from newsletter.content.sources.lines import Layout, Line
from newsletter.content.sources.marks import heading, tidy
from newsletter.content.sources.outline import Section, known, sections
from newsletter.content.sources.papers import Found, Paper, mentions, paragraphs_of
from newsletter.content.sources.trends import trends
from newsletter.errors import SourceError

FORMAT = "brief"
_LANGUAGE = "en"
_TIERS = {
    "breakthroughs": Tier.BREAKTHROUGH,
    "notable": Tier.NOTABLE,
    "mentions": Tier.MENTION,
}
_EXPECTED = "expected the days of the brief, such as 'Jan 5 – Jan 11, 2026', in the second line"


def recognises(lines: Sequence[Line]) -> bool:
    """Whether any line heads one of a brief's sections, or the second one names its days."""
    if any(known(line.text) for line in lines):
        return True
    top = [line for line in lines if line.text][:3]
    try:
        return any(read_head_line(line.text) for line in top[1:])
    except ValueError:
        return True


def read(name: str, lines: Sequence[Line]) -> Document:
    """The brief that `lines` of the file `name` hold.

    Raises:
        SourceError: it has no title, or no line with its days, or days that do not exist.
    """
    layout = Layout.of(lines)
    preamble, *parts = sections(lines, layout)
    title, head, loose = _top(name, preamble.lines, parts)
    return _Assembly(title, head, layout, loose, parts).document(name)


def _top(
    name: str, lines: Sequence[Line], parts: Sequence[Section]
) -> tuple[str, HeadLine, list[tuple[Line, str]]]:
    """Title and head line, and what stands around them above the first section."""
    written = [line for line in lines if line.text]
    for line in written:
        try:
            head = read_head_line(line.text)
        except ValueError as error:
            raise SourceError(name, line.number, f"{error}; {_EXPECTED}") from None
        if head:
            break
    else:
        start = parts[0].line.number if parts else len(lines)
        raise SourceError(name, start, f"no days above this line; {_EXPECTED}")
    if line is written[0] or not fold_title(written[0].text):
        raise SourceError(name, line.number, "expected the brief's title in a line above its days")
    others = [(other, other.text) for other in written[1:] if other is not line]
    others += [(line, part) for part in head.rest]
    return tidy(heading_text(written[0].text)), head, others


def heading_text(text: str) -> str:
    """A title line without its decoration, its count if any kept."""
    found = heading(text)
    return f"{found.text} ({found.count})" if found.count is not None else found.text


class _Assembly:
    """Puts a brief together, section by section."""

    def __init__(
        self,
        title: str,
        head: HeadLine,
        layout: Layout,
        loose: Sequence[tuple[Line, str]],
        parts: Sequence[Section],
    ) -> None:
        self._title, self._head, self._layout = title, head, layout
        self._found = Found()
        self._prose: dict[str, list[str]] = {"summary": [], "takeaway": []}
        self._trends: list[Trend] = []
        self._papers: list[tuple[Tier, Paper]] = []
        for line, text in loose:
            self._found.note([replace(line, text=text)], "stands above the first section")
        for part in parts:
            self._section(part)

    def _section(self, part: Section) -> None:
        if part.name is None:
            why = f"{part.heading.text!r} is no known section"
            self._found.note([part.line, *part.lines], why)
        elif part.name in self._prose:
            self._prose[part.name].append(paragraphs_of(part.lines))
        elif part.name == "trends":
            found = trends(part.lines, self._layout)
            self._trends += [trend for _, trend in found]
            self._compare(part.line.number, "trends", part.heading.count, len(found))
            for line, trend in found:
                if not trend.text:
                    self._found.remarks.append(Remark(line, "a trend without 'Title: text'"))
        elif part.name:
            self._papers_of(part, part.name)

    def _papers_of(self, part: Section, name: str) -> None:
        if name == "mentions":
            found = mentions(part.lines)
        else:
            reader = Reader(self._layout, part.heading.level, labelled=name == "breakthroughs")
            found = reader.read(part.lines)
        self._papers += [(_TIERS[name], paper) for paper in found.papers]
        self._found.notes += found.notes
        self._found.remarks += found.remarks
        what = "notable papers" if name == "notable" else name
        self._compare(part.line.number, what, part.heading.count, len(found.papers))

    def _compare(self, line: int, what: str, said: int | None, found: int) -> None:
        if said is not None and said != found:
            self._found.remarks.append(Remark(line, f"{said} {what} announced, {found} found"))

    def document(self, name: str) -> Document:
        """The finished document."""
        self._identify()
        entries, repeated, stepped_back = united(
            (paper.line, self._entry(tier, paper, position))
            for position, (tier, paper) in enumerate(self._papers)
        )
        top = sum(tier is Tier.BREAKTHROUGH for tier, _ in self._papers)
        self._compare(0, "breakthroughs", self._head.breakthroughs, top)
        remarks = sorted((*self._found.remarks, *repeated), key=lambda remark: remark.line)
        brief = self._brief((*self._found.notes, *stepped_back))
        return Document(
            key=brief.key,
            name=name,
            format=FORMAT,
            entries=tuple(entries),
            brief=brief,
            remarks=tuple(remarks),
        )

    def _brief(self, notes: tuple[str, ...]) -> Brief:
        period = self._head.period
        text = BriefText(
            summary="\n\n".join(filter(None, self._prose["summary"])),
            takeaway="\n\n".join(filter(None, self._prose["takeaway"])),
            trends=tuple(self._trends),
            notes=notes,
        )
        return Brief(
            key=f"brief:{fold_title(self._title)}:{period.first}..{period.last}",
            title=self._title,
            period=period,
            papers_analyzed=self._head.papers,
            breakthroughs=self._head.breakthroughs,
            texts=MappingProxyType({} if text == BriefText() else {_LANGUAGE: text}),
            source=FORMAT,
        )

    def _identify(self) -> None:
        """Give breakthroughs the identifiers that the summary enumerates, if one to one."""
        ids = numbered_ids(" ".join(self._prose["summary"]))
        places = [i for i, (tier, _) in enumerate(self._papers) if tier is Tier.BREAKTHROUGH]
        count = range(1, len(places) + 1)
        if not ids or set(ids) != set(count):
            return
        if any(
            self._papers[p][1].number not in (None, n) for n, p in zip(count, places, strict=True)
        ):
            return
        for number, place in zip(count, places, strict=True):
            tier, paper = self._papers[place]
            if paper.name.arxiv_id is None:
                name = replace(paper.name, arxiv_id=ids[number])
                self._papers[place] = tier, replace(paper, name=name)
                text = f"arXiv:{ids[number]} taken from the summary for {paper.name.title!r}"
                self._found.remarks.append(Remark(paper.line, text))

    def _entry(self, tier: Tier, paper: Paper, position: int) -> Entry:
        name = paper.name
        link = name.link or (abs_url(name.arxiv_id) if name.arxiv_id else "")
        return Entry(
            key=arxiv_key(name.arxiv_id) if name.arxiv_id else title_key(name.title),
            title=name.title,
            period=self._head.period,
            tier=tier,
            arxiv_id=name.arxiv_id,
            links=(link,) if link else (),
            texts=MappingProxyType({} if paper.text == EntryText() else {_LANGUAGE: paper.text}),
            position=position,
            source=FORMAT,
        )
