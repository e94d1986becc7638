"""A daily listing in Markdown: the day's papers by category, summed up in Chinese."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import PurePath

from newsletter.content.entry import Period
from newsletter.content.sources.document import Document, Remark
from newsletter.content.sources.duplicates import united
from newsletter.content.sources.headline import read_period
from newsletter.content.sources.items import Item, is_numbered, item_heading
from newsletter.content.sources.lines import Line
from newsletter.content.sources.marks import bullet, linked, undecorated
from newsletter.content.sources.outline import known
from newsletter.errors import SourceError

FORMAT = "listing"
_MARKUP = re.compile(r"(?:</?(?:div|details|br|hr|p|a|span)\b[^<>]*>\s*)+", re.IGNORECASE)
_SUMMARY = re.compile(r"<summary>\s*(?:details?|详情|详细)?\s*</summary>", re.IGNORECASE)
_RULE = re.compile(r"(?:-\s?){3,}|(?:\*\s?){3,}|(?:_\s?){3,}")
_BACK = re.compile(r"\[{1,2}back\]{1,2}\(#[^()]*\)$", re.IGNORECASE)
_TOTAL = re.compile(
    r"\[([^\[\]]{1,80})\]\(#[^()]{0,80}\)\s*\[total:\s*([0-9]{1,6})\]", re.IGNORECASE
)
_ARCHIVES = r"astro-ph|cond-mat|gr-qc|hep-(?:ex|lat|ph|th)|math-ph|nucl-(?:ex|th)|quant-ph"
_CATEGORY = re.compile(rf"[a-z][a-z-]{{1,15}}\.[A-Za-z-]{{2,15}}|{_ARCHIVES}")
_DAY = re.compile(r"(?<![0-9])([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})(?![0-9])")
_MEND = "give it with --date 2026-02-05, or put it in the file's name (listing-2026-02-05.md)"


def recognises(lines: Sequence[Line]) -> bool:
    """Whether any line heads an item of a listing.

    A brief in Markdown may head its papers with links as well; it then has a brief's sections.
    """
    heads = [line.text for line in lines if item_heading(line.text)]
    numbered = any(is_numbered(text) for text in heads)
    return numbered or (bool(heads) and not any(known(line.text) for line in lines))


def read(name: str, lines: Sequence[Line], date: dt.date | None) -> Document:
    """The listing that `lines` of the file `name` hold, dated `date` if given.

    Raises:
        SourceError: nothing says which day it is of.
    """
    reader = _Reader()
    for line in lines:
        reader.take(line)
    day = date or _day_in_name(name) or reader.day
    if day is None:
        raise SourceError(name, 0, f"nothing says which day this listing is of; {_MEND}")
    stem = PurePath(name).stem
    return reader.document(name, f"{FORMAT}:{day}:{stem}", Period(day, day))


def _day_in_name(name: str) -> dt.date | None:
    return _day(PurePath(name).name)


def _day(text: str) -> dt.date | None:
    for year, _, month, day in _DAY.findall(text):
        try:
            return dt.date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None


class _Reader:
    """Takes a listing line by line. `day` is what its own headings say."""

    def __init__(self) -> None:
        self.day: dt.date | None = None
        self._items: list[Item] = []
        self._open: Item | None = None
        self._category = ""
        self._totals: list[tuple[int, str, int]] = []
        self._counted: dict[str, int] = {}
        self._remarks: list[Remark] = []

    def take(self, line: Line) -> None:
        """Read one line."""
        text = line.text
        if found := item_heading(text):
            self._open = Item(line.number, self._category, *found)
            self._items.append(self._open)
            self._counted[self._category] = self._counted.get(self._category, 0) + 1
        elif category := _category(text):
            self._open, self._category = None, category
        elif _is_markup(text):
            if self._open:
                self._open.pause(ends=text.lower().startswith("</details"))
        elif self._open and not text.startswith("# "):
            self._open.take(line)
        elif text:
            self._open = None
            self._outside(line)

    def _outside(self, line: Line) -> None:
        """A line of the front matter: the table of contents, a heading with the day, or unknown."""
        text = line.text
        entry = bullet(text) or ""
        if found := _TOTAL.fullmatch(entry):
            self._totals.append((line.number, found[1], int(found[2])))
        elif undecorated(text).text.casefold() in ("table of contents", "contents", "目录"):
            return
        elif not self._items and self.day is None and (day := _stated_day(text)):
            self.day = day
            self._remarks.append(Remark(line.number, f"says the day, {day}: {text}"))
        elif not (entry and "](#" in entry):
            self._remarks.append(Remark(line.number, f"stands in no item: {text}"))

    def document(self, name: str, key: str, period: Period) -> Document:
        """The finished document."""
        for line, category, total in self._totals:
            found = self._counted.get(category, 0)
            if found != total:
                said = f"{total} papers of {category} announced, {found} found"
                self._remarks.append(Remark(line, said))
        dated = [
            (item.line, item.entry(period, position, FORMAT))
            for position, item in enumerate(self._items)
        ]
        entries, repeated, _ = united(dated)
        own = (remark for item in self._items for remark in item.remarks)
        remarks = sorted((*self._remarks, *repeated, *own), key=lambda remark: remark.line)
        return Document(
            key=key,
            name=name,
            format=FORMAT,
            entries=tuple(entries),
            brief=None,
            remarks=tuple(remarks),
        )


def _is_markup(text: str) -> bool:
    if text.startswith("<"):
        return bool(_SUMMARY.fullmatch(text) or _MARKUP.fullmatch(text))
    return len(text) < 100 and bool(_RULE.fullmatch(text))


def _category(text: str) -> str:
    """The category that a heading names: `# cs.LG [[Back]](#toc)`."""
    if not text.startswith("#") or len(text) > 200:
        return ""
    words = undecorated(text).text
    back = _BACK.search(words)
    words = words[: back.start()].strip() if back else words
    if link := linked(words):
        words = link[0]
    return words if back or _CATEGORY.fullmatch(words) else ""


def _stated_day(text: str) -> dt.date | None:
    if day := _day(text[:200]):
        return day
    words = undecorated(text[:200]).text
    # "arXiv digest, February 5, 2026": a day may stand behind other words.
    for start in (0, *(match.end() for match in re.finditer(r"[:—–·|,]\s*|\s(?=[A-Z0-9])", words))):
        try:
            period = read_period(words[start:].strip())
        except ValueError:
            continue
        if period and period.first == period.last:
            return period.first
    return None
