"""What a document of entries says once it is read."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.content.entry import Brief, Entry


@dataclass(frozen=True, slots=True)
class Remark:
    """Something kept as a note or inferred, to be reported to the person importing.

    `line` counts from 1; 0 means the document as a whole.
    """

    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The entries of one file and, for a weekly brief, the editorial around them.

    `key` says which document it is by what it is about, not by its bytes: a corrected file has
    the key of the file that it corrects. `format` is `brief` or `listing`.
    """

    key: str
    name: str
    format: str
    entries: tuple[Entry, ...]
    brief: Brief | None
    remarks: tuple[Remark, ...]
