"""Files of subscribers: read row by row, each bad one told by line and reason; and written."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from email.utils import parseaddr

from newsletter.addresses import address_key, parse_address
from newsletter.audience.delimited import Line, Source, guarded, read_sheet
from newsletter.audience.exports import Export, known_export
from newsletter.audience.member_cells import RowError, member_reader, written
from newsletter.audience.seen import Seen
from newsletter.content.mailinglist import MailingList
from newsletter.errors import AddressError, ImportFileError
from newsletter.store.admission import Member

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
    "zone",
    "state",
    "consent_at",
    "consent_source",
)

_CHOSEN = frozenset(COLUMNS) - {"address", "state", "consent_at", "consent_source"}

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
    "time_zone": "zone",
    "timezone": "zone",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was not taken, or a column that was not understood, and why."""

    line: int
    reason: str


def stream_subscribers(
    source: Source,
    name: str,
    *,
    mailing_list: MailingList,
    problem: Callable[[Problem], None],
    topics: str = "",
    mapping: Mapping[str, str] | None = None,
    notice: Callable[[str], None] = lambda _: None,
    passed_over: Callable[[Sequence[str]], None] = lambda _: None,
) -> Iterator[Member]:
    """The people of a file called `name`, for a list, one at a time; `problem` is told of each row
    that could not be read, `notice` of what a service's file does not say, `passed_over` of the
    columns, by their names, that nothing is taken from (not of those that a service puts into each
    of its files).

    `topics` is a column's name, `all`, or empty for the column `topics` if there is one. `mapping`
    gives names of this file's columns their names here (`COLUMNS`). Who has no choice of topics
    follows everything. Exports of other services are known by their header.

    Raises:
        ImportFileError: it has no address column, no such topics column, holds people who never
            subscribed, or not one good row; in the last case at the end.
    """
    renamed = _renamed(name, mapping or {}, topics)
    sheet = read_sheet(
        source,
        name,
        is_header=lambda cells: "address" in _columns(cells, renamed),
        is_record=_is_person,
        is_row=lambda header, cells: _has_address(cells, _columns(header, renamed)),
    )
    _refuse_absent(name, sheet.header, mapping or {}, topics)
    folded = [_folded(cell) for cell in sheet.header]
    columns = _columns(sheet.header, renamed) or ["address"]
    taken = ["" if (column, topics) == ("topics", ALL) else column for column in columns]
    export, told = known_export(folded), _Told(problem)
    if export is None:
        for found in _misspelt(sheet.header, columns):
            told(found)
        passed_over([c for c, ours in zip(sheet.header, columns, strict=False) if c and not ours])
        read = _reader(taken, mailing_list)
    else:
        _refuse_never_subscribed(name, export)
        if export.notice:
            notice(export.notice)
        passed_over(_the_lists_own(export, sheet.header, taken, renamed))
        asked = [column if column in renamed.values() else "" for column in taken]
        read = _reader(asked, mailing_list, export, folded)
    yield from _people(name, sheet.lines, read, told)


def export_rows(members: Iterable[Member]) -> Iterator[str]:
    """The lines of a CSV file, the header first, that `stream_subscribers` reads back the same."""
    yield _csv_line(COLUMNS)
    for member in members:
        yield _csv_line([guarded(written(member)[column]) for column in COLUMNS])


Read = Callable[[Line], Member]
"""The person of a line; raises `RowError`."""


class _Told:
    """Passes problems on, and remembers the first one of a row: why nobody was imported."""

    def __init__(self, problem: Callable[[Problem], None]) -> None:
        self._problem = problem
        self.first: Problem | None = None

    def __call__(self, problem: Problem) -> None:
        if self.first is None or (self.first.line <= 1 < problem.line):
            self.first = problem
        self._problem(problem)


def _people(name: str, lines: Iterable[Line], read: Read, told: _Told) -> Iterator[Member]:
    rows = good = 0
    with Seen() as seen:
        for line in lines:
            rows += 1
            try:
                member = read(line)
            except RowError as error:
                told(Problem(line.number, str(error)))
                continue
            earlier = seen.first(address_key(member.address), line.number)
            if earlier == line.number:
                good += 1
                yield member
            else:
                reason = f"{member.address} stands on line {earlier} already"
                told(Problem(line.number, reason))
    if not good:
        raise ImportFileError(_why_nobody(name, rows, told.first))


def _reader(
    columns: Sequence[str],
    mailing_list: MailingList,
    export: Export | None = None,
    folded: Sequence[str] = (),
) -> Read:
    member_of = member_reader(mailing_list)
    ours = [(column, at) for at, column in enumerate(columns) if column]

    def read(line: Line) -> Member:
        found = line.cells
        if not found:
            raise RowError("a quote is opened here and never closed")
        if len(found) > len(columns) and any(found[len(columns) :]):
            raise RowError(f"it has {len(found)} cells, the header {len(columns)}")
        cells = {column: found[at] for column, at in ours if at < len(found)}
        if export is not None:
            theirs = export.translate(dict(zip(folded, found, strict=False)))
            cells = {**theirs, **{column: cell for column, cell in cells.items() if cell}}
        try:
            address = parse_address(_bare(cells.get("address", "")))
        except AddressError as error:
            raise RowError(str(error)) from None
        return member_of(address, cells, line.number)

    return read


def _renamed(name: str, mapping: Mapping[str, str], topics: str) -> dict[str, str]:
    """Our names of the columns that the caller names, by theirs as folded."""
    for theirs, ours in mapping.items():
        if ours not in COLUMNS:
            raise ImportFileError(
                f"{name}: {theirs} cannot be {ours!r}: there are {', '.join(COLUMNS)}"
            )
    renamed = {_folded(theirs): ours for theirs, ours in mapping.items()}
    return renamed if topics in ("", ALL) else renamed | {_folded(topics): "topics"}


def _refuse_absent(
    name: str, header: Sequence[str], mapping: Mapping[str, str], topics: str
) -> None:
    """A column that is misspelt there would leave its people following everything, in silence."""
    there = set(map(_folded, header))
    for theirs in mapping:
        if _folded(theirs) not in there:
            raise ImportFileError(
                f"{name}:1: there is no column {theirs!r}, which the map names: "
                f"there are {', '.join(header)}"
            )
    if topics not in ("", ALL) and _folded(topics) not in there:
        raise ImportFileError(
            f"{name}:1: there is no column {topics!r}: there are {', '.join(header)}"
        )


def _refuse_never_subscribed(name: str, export: Export) -> None:
    if export.never_subscribed(name):
        raise ImportFileError(
            f"{name}: these are {export.service}'s contacts who never subscribed, or were "
            "archived: nobody was imported; take the file whose name begins with subscribed_"
        )


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


def _has_address(cells: Sequence[str], columns: Sequence[str]) -> bool:
    """Whether cells have an address where the columns say (without any, in the first one)."""
    at = columns.index("address") if "address" in columns else 0
    if at >= len(cells):
        return False
    try:
        parse_address(_bare(cells[at]))
    except AddressError:
        return False
    return True


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


def _the_lists_own(
    export: Export, header: Sequence[str], columns: Sequence[str], renamed: Mapping[str, str]
) -> list[str]:
    """Columns of a service's file that it does not put into each, and that nobody asked for."""
    taken = set(renamed.values())
    return [
        cell
        for cell, ours in zip(header, columns, strict=False)
        if cell and ours not in taken and export.is_the_lists(_folded(cell), chosen=ours in _CHOSEN)
    ]


def _misspelt(header: Sequence[str], columns: Sequence[str]) -> list[Problem]:
    """Columns that are passed over but look like one that was meant."""
    missing = [column for column in COLUMNS if column not in columns]
    return [
        Problem(1, f"the column {cell!r} is passed over: did you mean {near[0]!r}?")
        for cell, column in zip(header, columns, strict=False)
        if not column and (near := get_close_matches(_folded(cell), missing, 1, 0.75))
    ]


def _why_nobody(name: str, rows: int, first: Problem | None) -> str:
    if not rows or first is None:
        return f"{name}: there is a header and no row under it: nobody was imported"
    return (
        f"{name}:{first.line}: {first.reason}; none of the {rows} rows "
        "could be read: nobody was imported"
    )


def _csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
