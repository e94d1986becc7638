"""One item of a daily listing: a paper's heading, authors, category and labelled texts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from newsletter.content.entry import Entry, EntryText, Period, Tier, arxiv_key, title_key
from newsletter.content.sources.arxiv import id_of_url
from newsletter.content.sources.document import Remark
from newsletter.content.sources.language import language_of
from newsletter.content.sources.lines import Line, paragraphs
from newsletter.content.sources.marks import tidy

_HEADING = re.compile(r"#{1,6}\s*(?:\[\s?([0-9]{1,6})\s?\]\s*)?")
_LABELS = {
    **dict.fromkeys(
        ("tl;dr", "tldr", "tl; dr", "summary", "总结", "概要", "一句话总结"), "summary"
    ),
    **dict.fromkeys(("motivation", "motivations", "动机", "研究动机"), "motivation"),
    **dict.fromkeys(("method", "methods", "方法", "研究方法"), "method"),
    **dict.fromkeys(("result", "results", "结果", "实验结果"), "result"),
    **dict.fromkeys(("conclusion", "conclusions", "结论"), "conclusion"),
    **dict.fromkeys(("abstract", "摘要", "原文摘要"), "abstract"),
    **dict.fromkeys(("main category", "主要类别", "主类别", "主分类"), "category"),
    **dict.fromkeys(("authors", "author", "作者"), "authors"),
}
_LABEL = re.compile(
    r"(?:[-*•] )?(?:\*\*|__)?([A-Za-z\u4e00-\u9fff][A-Za-z; \u4e00-\u9fff]{0,30}?) ?(?:\*\*|__)?"
    r"[:：](?:\*\*|__)?\s*"
)
_SUFFIXES = frozenset(("jr.", "jr", "sr.", "sr", "ii", "iii", "iv"))
_AND = re.compile(r",? (?:and|&) ")
_MOST_WORDS = 4


def item_heading(text: str) -> tuple[str, str] | None:
    """Title and address of `### [1] [Title](https://…)`; the address is empty where none is."""
    start = _HEADING.match(text) if text.startswith("#") else None
    if start is None:
        return None
    rest = text[start.end() :].strip()
    words, middle, address = rest.rpartition("](")
    if middle and rest.startswith("[") and address.endswith(")"):
        title, address = words[1:].strip(), (address[:-1].split() or [""])[0].strip("<>")
        is_paper = start[1] or address.lower().startswith(("http://", "https://"))
        return (title or address, address) if is_paper and (title or address) else None
    return (rest, "") if start[1] and any(c.isalnum() for c in rest) else None


def is_numbered(text: str) -> bool:
    """Whether an item's heading bears its number, `[1]`."""
    start = _HEADING.match(text)
    return start is not None and start[1] is not None


@dataclass(slots=True)
class Item:
    """A paper while its lines are read; `category` is the heading that it stands under."""

    line: int
    category: str
    title: str
    url: str
    authors: str = ""
    main: str = ""
    remarks: list[Remark] = field(default_factory=list)
    _parts: list[tuple[str, list[Line]]] = field(default_factory=list)
    _field: str = ""
    _authors_open: bool = False

    def pause(self, *, ends: bool) -> None:
        """Markup stands here: it parts paragraphs, and `</details>` ends the field before it."""
        self._append(Line(0, ""))
        if ends:
            self._field = "after"

    def take(self, line: Line) -> None:
        """Read one line below the item's heading."""
        found = _LABEL.match(line.text)
        name = _LABELS.get(found[1].casefold().strip()) if found else None
        if found and name:
            self._start(name, Line(line.number, line.text[found.end() :]))
        elif self._takes_authors(line.text):
            return
        elif line.text and self._field in ("", "after", "category", "authors"):
            self._start("summary", line)
            self._remark(line, "stands under no label; kept with the summary")
        else:
            self._append(line)
            if found and line.text and len(found[1].split()) <= _MOST_WORDS:
                self._remark(line, f"{found[1]!r} is no known label; kept in the {self._field}")

    def _remark(self, line: Line, why: str) -> None:
        self.remarks.append(Remark(line.number, f"{why}: {line.text}"))

    def _start(self, name: str, line: Line) -> None:
        self._field, self._authors_open = name, False
        if name == "category" and not self.main:
            self.main = line.text.strip("* ")
        elif name == "authors" and not self.authors:
            self.authors = line.text.strip("*_ ")
        elif name in ("category", "authors"):
            self._parts.append(("summary", [line]))
            self._remark(line, f"a second {name}; kept with the summary")
        else:
            self._parts.append((name, [line]))

    def _append(self, line: Line) -> None:
        if self._field == "category" or self._field == "authors":
            self._field = "" if not line.text else self._field
        elif self._parts and self._field not in ("", "after"):
            self._parts[-1][1].append(line)

    def _takes_authors(self, text: str) -> bool:
        """`*First Author, Second Author*`, which may run over several lines."""
        opens = not self.authors and not self._field and text[:1] in ("*", "_")
        opens = opens and text[:2] not in ("**", "__", "* ") and len(text) > 2
        if not (opens or (self._authors_open and text)):
            self._authors_open = False
            return False
        self.authors = f"{self.authors} {text.strip('*_')}".strip()
        self._authors_open = not text.endswith(("*", "_"))
        return True

    def entry(self, period: Period, position: int, source: str) -> Entry:
        """The finished entry."""
        identifier = id_of_url(self.url)
        title = tidy(self.title) or self.title
        return Entry(
            key=arxiv_key(identifier) if identifier else title_key(title),
            title=title,
            period=period,
            tier=Tier.LISTED,
            authors=names(self.authors),
            categories=self._categories(),
            arxiv_id=identifier,
            links=(self.url,) if self._linkable() else (),
            texts=MappingProxyType(self._texts()),
            position=position,
            source=source,
        )

    def _linkable(self) -> bool:
        fine = self.url.lower().startswith(("http://", "https://"))
        if self.url and not fine:
            self.remarks.append(Remark(self.line, f"not a web address, left out: {self.url}"))
        return fine

    def _categories(self) -> tuple[str, ...]:
        own = (part.strip() for part in self.main.replace(";", ",").split(","))
        return tuple(dict.fromkeys(part for part in (*own, self.category) if part))

    def _texts(self) -> dict[str, EntryText]:
        said: dict[str, dict[str, Any]] = {}
        for name, lines in self._parts:
            if text := tidy(paragraphs(lines)):
                fields = said.setdefault(language_of(text), {})
                fields[name] = "\n\n".join(filter(None, (fields.get(name, ""), text)))
        return {language: replace(EntryText(), **fields) for language, fields in said.items()}


def names(text: str) -> tuple[str, ...]:
    """The names of a list of authors; `Jr.` is none, and a comma in parentheses parts nobody.

    >>> names("Ada Lovelace (London, UK), John Smith, Jr. and Li Wei")
    ('Ada Lovelace (London, UK)', 'John Smith, Jr.', 'Li Wei')
    """
    found: list[str] = []
    for part in _parted(_AND.sub(",", " ".join(text.split()))):
        name = " ".join(part.split())
        if found and name.lower() in _SUFFIXES:
            found[-1] = f"{found[-1]}, {name}"
        elif name:
            found.append(name)
    return tuple(found)


def _parted(text: str) -> list[str]:
    depth = 0
    pieces: list[list[str]] = [[]]
    for c in text:
        depth = max(0, depth + (c in "(（") - (c in ")）"))
        if c in ",;、，；" and not depth:
            pieces.append([])
        else:
            pieces[-1].append(c)
    return ["".join(piece) for piece in pieces]
