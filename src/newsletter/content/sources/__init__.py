"""Reading what editors already write: bytes of a file in, entries and remarks out.

A format is a module with two functions: `recognises(lines)` and `read(name, lines)`.
"""

from __future__ import annotations

import datetime as dt

from newsletter.content.sources.brief import read as read_brief
from newsletter.content.sources.brief import recognises as is_brief
from newsletter.content.sources.document import Document, Remark
from newsletter.content.sources.lines import decode, split
from newsletter.content.sources.listing import read as read_listing
from newsletter.content.sources.listing import recognises as is_listing
from newsletter.errors import SourceError

__all__ = ["Document", "Remark", "read"]


def read(name: str, data: bytes, *, date: dt.date | None = None) -> Document:
    """The document that `data`, the bytes of the file called `name`, holds.

    UTF-8 (with a byte order mark or without) and UTF-16 with one are read, with any line breaks.
    `date` is the day of a daily listing; without it the file's name or its heading says it.

    Raises:
        SourceError: it is no text, no known format, or lacks what the format cannot do without.
    """
    lines = split(decode(name, data))
    if is_listing(lines):
        return read_listing(name, lines, date)
    if is_brief(lines):
        return read_brief(name, lines)
    raise SourceError(
        name,
        next((line.number for line in lines if line.text), 0),
        "neither a weekly brief (a title, then 'Jan 5 – Jan 11, 2026', then sections such as "
        "'Summary' or 'Breakthroughs') nor a daily listing (items such as "
        "'### [1] [Title](https://arxiv.org/abs/2602.01234)')",
    )
