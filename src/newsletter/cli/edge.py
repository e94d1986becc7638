"""Where the command line meets the machine: working folder, clock, database, terminal."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from newsletter import settings as settings_module
from newsletter.errors import NewsletterError, NotFoundError, SettingsError
from newsletter.packaged import packaged
from newsletter.settings import Settings
from newsletter.store import lists
from newsletter.store.database import Database
from newsletter.tokens import Keyring

out = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
err = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, stderr=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def now() -> dt.datetime:
    """The instant that it is, in UTC."""
    return dt.datetime.now(dt.UTC)


def settings() -> Settings:
    """The settings of the working folder."""
    return settings_module.load(Path.cwd())


def keyring(found: Settings) -> Keyring:
    """The keys of the settings as a ring."""
    return Keyring.of(found.secrets)


@contextmanager
def database(found: Settings | None = None) -> Iterator[Database]:
    """The database of the settings, at the version that this program needs.

    Raises:
        SettingsError: the working folder is none that `newsletter init` made.
        DatabaseError: it does not answer, or has no tables, or another version's.
    """
    url = (found or settings()).database_url.get_secret_value()
    _refuse_elsewhere(url)
    opened = Database.open(url)
    try:
        opened.check_version()
        yield opened
    finally:
        opened.close()


def _refuse_elsewhere(url: str) -> None:
    """Says so in a folder without settings, before SQLite makes an empty file there."""
    usual = settings_module.DATABASE_URL
    here = Path.cwd()
    if url != usual or (here / settings_module.FILE_NAME).exists():
        return
    if not (here / usual.removeprefix("sqlite:///")).exists():
        raise SettingsError(
            f"{here} has neither {settings_module.FILE_NAME} nor a database: go to the folder that "
            "`newsletter init` made, or run `newsletter init` here"
        )


def template_folders(found: Settings) -> tuple[Path, ...]:
    """Your own templates first, then the packaged ones."""
    return found.templates_folder, packaged("templates")


def only_list(db: Database, name: str) -> str:
    """The list of that name or, without one, the only list there is.

    Raises:
        NewsletterError: there is no such list, or not just one.
    """
    with db.read() as session:
        if name:
            return lists.get_list(session, name).name
        names = lists.list_names(session)
    if len(names) != 1:
        known = ", ".join(names) or "none yet: run `newsletter lists sync`"
        raise NewsletterError(f"which list? say --list NAME; there is {known}")
    return names[0]


def split_issue(reference: str) -> tuple[str, str]:
    """`ai-for-science/2026-W06` as its list and its name."""
    list_name, slash, name = reference.partition("/")
    if not (list_name and slash and name):
        raise NotFoundError(
            f"{reference!r} names no issue: write LIST/WEEK, ai-for-science/2026-W06"
        )
    return list_name, name


def show_json(value: object) -> None:
    """`value` on stdout; what JSON has no word for, such as an instant, as text."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def show_table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, cut: int = 1) -> None:
    """Rows under headings, the last `cut` columns cut to the terminal's width, or each row with a
    line a cell where the width is too little for that; not on a terminal, whole and tab-separated,
    so that `cut` can read them."""
    cells = ([_cell(value) for value in row] for row in rows)
    if not out.is_terminal:
        for row in (list(headings), *cells):
            sys.stdout.write("\t".join(row) + "\n")
        return
    shown = list(cells)
    if shown and _least_width(headings, shown, cut) > out.width:
        _show_records(headings, shown)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for index, heading in enumerate(headings):
        table.add_column(heading, overflow="ellipsis", no_wrap=index < len(headings) - cut)
    for row in shown:
        # Each row stays one line: what is cut is whole in --json, and where it is piped.
        table.add_row(*(Text(cell, overflow="ellipsis", no_wrap=True) for cell in row))
    out.print(table, soft_wrap=False)


_READABLE = 16
"""What must be left of a column that is cut, in places of the terminal."""


def _least_width(headings: Sequence[str], rows: Sequence[Sequence[str]], cut: int) -> int:
    """How wide a terminal must be for all columns but the last `cut` to stay whole."""
    widths = [max(map(cell_len, column)) for column in zip(headings, *rows, strict=True)]
    whole = len(widths) - cut
    gaps = 2 * (len(widths) - 1)
    return gaps + sum(widths[:whole]) + sum(min(width, _READABLE) for width in widths[whole:])


def _show_records(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Each row by itself, with a line for each of its cells that says something."""
    for index, row in enumerate(rows):
        if index:
            out.print()
        show_facts([(name, cell) for name, cell in zip(headings, row, strict=True) if cell])


def show_prose(text: str, indent: str = "", first: str | None = None) -> None:
    """One paragraph, each line of it after `indent` (`first` before the first): on a terminal
    broken between words, where the terminal itself would break them; elsewhere one line."""
    line = visible(text)
    begin = indent if first is None else first
    if out.is_terminal:
        # All of rendering comes with it, which few commands need.
        from newsletter.rendering.plaintext import wrap

        out.print(wrap(line, begin, indent, width=out.width))
    else:
        out.print(begin + line)


def show_facts(facts: Mapping[str, object] | Sequence[tuple[str, object]]) -> None:
    """Names and values, one a line; in pairs where a name may come twice."""
    pairs = facts.items() if isinstance(facts, Mapping) else facts
    width = max((len(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        out.print(f"{name.ljust(width)}  {_cell(value)}")


def _cell(value: object) -> str:
    """A value on one line; control characters, which a terminal would obey, made visible."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, (tuple, list, frozenset, set)):
        return ", ".join(map(str, sorted(value) if isinstance(value, (frozenset, set)) else value))
    return visible(str(value))


def visible(text: str) -> str:
    """`text` with its control characters, which a terminal would obey, written out."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class Meter:
    """Progress of long work: a bar on a terminal, a plain line now and then elsewhere."""

    _EVERY = 5.0  # seconds between plain lines

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total = what, total
        self._bar: Progress | None = None
        self._task: Any = None
        self._said = dt.datetime.min.replace(tzinfo=dt.UTC)

    def __enter__(self) -> Meter:
        if err.is_terminal:
            columns = (
                TextColumn(self._what),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            self._bar = Progress(*columns, console=err, transient=True)
            self._task = self._bar.add_task(self._what, total=self._total)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def at(self, done: int) -> None:
        """Shows that `done` of the total are done."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done)
        elif (now() - self._said).total_seconds() >= self._EVERY or done == self._total:
            self._said = now()
            err.print(f"{self._what}: {done} of {self._total}")
