"""Files of subscribers: read row by row, each bad one told by line and reason; and written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from email.utils import parseaddr

from newsletter.addresses import address_key, parse_address
from newsletter.audience.delimited import Line, Sheet, read_sheet
from newsletter.audience.member_cells import (
    Cells,
    RowError,
    member_of,
    written,
)
from newsletter.content.mailinglist import MailingList
from newsletter.errors import AddressError, ImportFileError
from newsletter.store.members import Member

ALL = "all"
"""What `topics` is to have everybody follow everything, whatever the file says."""

COLUMNS = (
    "address",
    "topics",
    "muted",
    "only_topics",
    "tier",
    "language",
    "format",
    "most",
    "paused_until",
    "state",
    "consent_at",
    "consent_source",
)

_ALIASES = {
    "email": "address",
    "e_mail": "address",
    "mail": "address",
    "email_address": "address",
    "e_mail_address": "address",
    "邮箱": "address",
    "电子邮箱": "address",
    "languages": "language",
    "lowest_tier": "tier",
    "mutes": "muted",
    "status": "state",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was not taken, or a column that was not understood, and why."""

    line: int
    reason: str


def read_subscribers(
    data: bytes,
    name: str,
    *,
    mailing_list: MailingList,
    topics: str = "",
    mapping: Mapping[str, str] | None = None,
) -> tuple[list[Member], list[Problem]]:
    """The people of a file called `name`, for a list, and the rows that could not be read.

    `topics` is a column's name, `all`, or empty for the column `topics` if there is one. `mapping`
    gives names of this file's columns their names here (`COLUMNS`). Who has no choice of topics
    follows everything.

    Raises:
        ImportFileError: it has no address column, no such topics column, or not one good row.
    """
    renamed = {_folded(theirs): ours for theirs, ours in (mapping or {}).items()}
    for theirs, ours in (mapping or {}).items():
        if ours not in COLUMNS:
            raise ImportFileError(
                f"{name}: {theirs} cannot be {ours!r}: there are {', '.join(COLUMNS)}"
            )
    if topics and topics != ALL:
        renamed[_folded(topics)] = "topics"
    sheet = read_sheet(
        data,
        name,
        is_header=lambda cells: "address" in _columns(cells, renamed),
        is_record=_is_person,
    )
    columns = _columns(sheet.header, renamed) or ["address"]
    _refuse_unmapped(name, sheet.header, mapping or {})
    if topics and topics != ALL and _folded(topics) not in map(_folded, sheet.header):
        raise ImportFileError(
            f"{name}:1: there is no column {topics!r}: there are {', '.join(sheet.header)}"
        )
    problems = _misspelt(sheet.header, columns)
    if topics == ALL:
        columns = ["" if column == "topics" else column for column in columns]
    people = list(_people(sheet, columns, mailing_list, problems))
    if not people:
        raise ImportFileError(_why_nobody(name, sheet, problems))
    return people, problems


def _refuse_unmapped(name: str, header: Sequence[str], mapping: Mapping[str, str]) -> None:
    """A misspelt column in the map would leave its people following everything, in silence."""
    there = set(map(_folded, header))
    for theirs in mapping:
        if _folded(theirs) not in there:
            raise ImportFileError(
                f"{name}:1: there is no column {theirs!r}, which the map names: "
                f"there are {', '.join(header)}"
            )


def export_rows(members: Iterable[Member]) -> Iterator[str]:
    """The lines of a CSV file, the header first, that `read_subscribers` reads back the same."""
    yield _csv_line(COLUMNS)
    for member in members:
        yield _csv_line([written(member)[column] for column in COLUMNS])


def _people(
    sheet: Sheet, columns: Sequence[str], mailing_list: MailingList, problems: list[Problem]
) -> Iterator[Member]:
    seen: dict[str, int] = {}
    for line in sheet.lines:
        try:
            member = _member(line, columns, mailing_list)
        except RowError as error:
            problems.append(Problem(line.number, str(error)))
            continue
        earlier = seen.setdefault(address_key(member.address), line.number)
        if earlier == line.number:
            yield member
        else:
            reason = f"{member.address} stands on line {earlier} already"
            problems.append(Problem(line.number, reason))


def _member(line: Line, columns: Sequence[str], mailing_list: MailingList) -> Member:
    if not line.cells:
        raise RowError("a quote is opened here and never closed")
    if any(line.cells[len(columns) :]):
        raise RowError(f"it has {len(line.cells)} cells, the header {len(columns)}")
    cells: Cells = {
        column: cell for column, cell in zip(columns, line.cells, strict=False) if column
    }
    try:
        address = parse_address(_bare(cells.get("address", "")))
    except AddressError as error:
        raise RowError(str(error)) from None
    return member_of(address, cells, line.number, mailing_list)


def _bare(cell: str) -> str:
    """An address out of `mailto:a@b` or `Name <a@b>`."""
    cell = cell.removeprefix("mailto:").strip("'")
    return parseaddr(cell)[1] if "<" in cell else cell


def _is_person(cells: Sequence[str]) -> bool:
    try:
        parse_address(_bare(cells[0]))
    except AddressError:
        return False
    return len([cell for cell in cells if cell]) == 1


def _folded(header: str) -> str:
    return header.strip().casefold().replace(" ", "_").replace("-", "_")


def _columns(header: Sequence[str], renamed: Mapping[str, str]) -> list[str]:
    """Our names of the columns, "" for those that are not ours; the first of a name counts."""
    found: list[str] = []
    # A column that was named takes its place before one that is merely called so.
    named = {ours for theirs, ours in renamed.items() if theirs in map(_folded, header)}
    for cell in header:
        folded = _folded(cell)
        column = renamed.get(folded, "")
        if not column and (usual := _ALIASES.get(folded, folded)) not in named:
            column = usual
        found.append(column if column in COLUMNS and column not in found else "")
    return found


def _misspelt(header: Sequence[str], columns: Sequence[str]) -> list[Problem]:
    """Columns that are passed over but look like one that was meant."""
    missing = [column for column in COLUMNS if column not in columns]
    return [
        Problem(1, f"the column {cell!r} is passed over: did you mean {near[0]!r}?")
        for cell, column in zip(header, columns, strict=False)
        if not column and (near := get_close_matches(_folded(cell), missing, 1, 0.75))
    ]


def _why_nobody(name: str, sheet: Sheet, problems: Sequence[Problem]) -> str:
    if not sheet.lines:
        return f"{name}: there is a header and no row under it: nobody was imported"
    bad = [problem for problem in problems if problem.line > 1] or list(problems)
    return (
        f"{name}:{bad[0].line}: {bad[0].reason}; none of the {len(sheet.lines)} rows "
        "could be read: nobody was imported"
    )


def _csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
