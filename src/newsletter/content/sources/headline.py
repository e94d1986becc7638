"""The head line of a weekly brief: its days, and the counts beside them."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from newsletter.content.entry import Period

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december", "sept"),
)
_NAME = "|".join(sorted({*_MONTHS, *_FULL}, key=len, reverse=True))
_DAY = r"[0-9]{1,2}(?:st|nd|rd|th)?"
# A side of the span, `Jan 5, 2026` or `5 January 2026`; `@` is its number.
_SIDE = (
    rf"(?:(?P<m@>{_NAME})\.? (?P<d@>{_DAY})|(?P<e@>{_DAY})(?: (?P<n@>{_NAME})\.?)?)"
    r"(?:,? (?P<y@>[0-9]{4}))?"
)
_TO = r"(?: ?[-–—−‒] ?| to | until )"
_WRITTEN = re.compile(
    f"{_SIDE.replace('@', '1')}(?:{_TO}{_SIDE.replace('@', '2')})?", re.IGNORECASE
)
_ISO = r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
_ISO_SPAN = re.compile(rf"{_ISO}(?: ?(?:\.\.|[-–—−‒/]|to|until) ?{_ISO})?")
_PARTS = re.compile(r"[·•|∙]")
_PAPERS = re.compile(r"([0-9][0-9,]{0,9})\+? (?:[a-z]+ )?papers?(?: [a-z]+)?", re.IGNORECASE)
_BREAKTHROUGHS = re.compile(r"([0-9][0-9,]{0,9})\+? breakthroughs?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HeadLine:
    """`rest` is what stands in the line beside the days and the two counts."""

    period: Period
    papers: int | None = None
    breakthroughs: int | None = None
    rest: tuple[str, ...] = ()


def read_head_line(text: str) -> HeadLine | None:
    """What a head line says, or None when the line names no days.

    Raises:
        ValueError: it names days that do not exist, or end before they begin.
    """
    if len(text) > 300:
        return None
    parts = [" ".join(part.split()).strip("*_ ") for part in _PARTS.split(text)]
    found = [(part, read_period(part)) for part in parts]
    period = next((days for _, days in found if days), None)
    if period is None:
        return None
    papers = breakthroughs = None
    rest = []
    for part, days in found:
        if count := _PAPERS.fullmatch(part):
            papers = int(count[1].replace(",", ""))
        elif count := _BREAKTHROUGHS.fullmatch(part):
            breakthroughs = int(count[1].replace(",", ""))
        elif part and days != period:
            rest.append(part)
    return HeadLine(period, papers, breakthroughs, tuple(rest))


def read_period(text: str) -> Period | None:
    """The days that `text` is: `Jan 5 – Jan 11, 2026`, `Feb 5-11, 2026`, `5 – 11 January 2026`,
    `Dec 29, 2025 – Jan 4, 2026`, `2026-01-05 – 2026-01-11`, or one day.

    Raises:
        ValueError: a day does not exist, or the end lies before the beginning.
    """
    if iso := _ISO_SPAN.fullmatch(text):
        first = dt.date.fromisoformat(iso[1])
        return Period(first, dt.date.fromisoformat(iso[2]) if iso[2] else first)
    written = _WRITTEN.fullmatch(text)
    return _period(written) if written else None


def _period(found: re.Match[str]) -> Period | None:
    month, day, year = _side(found, 1)
    if day_of_last := found["d2"] or found["e2"]:
        month_of_last, _, year_of_last = _side(found, 2)
        last_month = month_of_last or month
        first_month = month or month_of_last
    else:
        day_of_last, last_month, first_month, year_of_last = str(day), month, month, year
    if not (first_month and last_month and year_of_last):
        return None
    # "Dec 29 – Jan 4, 2026" leaves to the reader that it begins in the year before.
    first_year = year or year_of_last - (first_month > last_month)
    return Period(
        dt.date(first_year, first_month, day), dt.date(year_of_last, last_month, _int(day_of_last))
    )


def _side(found: re.Match[str], side: int) -> tuple[int | None, int, int | None]:
    name = found[f"m{side}"] or found[f"n{side}"]
    year = found[f"y{side}"]
    day = _int(found[f"d{side}"] or found[f"e{side}"])
    month = _MONTHS.index(name[:3].lower()) + 1 if name else None
    return month, day, int(year) if year else None


def _int(day: str) -> int:
    return int(day.rstrip("stndrhSTNDRH"))
