"""`newsletter subscribers import`: a file of people, however long, onto a list."""

from __future__ import annotations

import re
import tomllib
from contextlib import nullcontext
from dataclasses import dataclass, field
from json import dumps
from pathlib import Path
from typing import Annotated

import typer

from newsletter.audience.subscriber_csv import Problem, stream_subscribers
from newsletter.cli.arguments import ListOption
from newsletter.cli.departing import erasure_key
from newsletter.cli.edge import (
    JsonOption,
    Meter,
    database,
    err,
    now,
    only_list,
    out,
    settings,
    show_json,
)
from newsletter.content.numbers import counted
from newsletter.content.serial import plain
from newsletter.errors import ImportFileError
from newsletter.store import lists
from newsletter.store.admission import Added
from newsletter.store.chunks import chunks
from newsletter.store.database import Database
from newsletter.store.erasures import ErasureKey, erased_among
from newsletter.store.given_up import GivenUp
from newsletter.store.members import import_rows

_CHUNK = 20_000  # people in one transaction: the pages and a sender write in between
_METERED = 20_000  # lines from which on progress is shown
_MOST_TOLD = 1_000
_SINCE = re.compile(r"date|time|join|sign|since|consent|日期|时间", re.IGNORECASE)
"""What a column is called that says since when."""
_CHOSEN = re.compile(r"topic|interest|主题|兴趣", re.IGNORECASE)
"""What a column is called that says of what they want to read."""

ForceOption = Annotated[
    str,
    typer.Option(
        "--force-resubscribe",
        metavar="REASON",
        help="Even who left, bounced, complained, moved or was erased: say why you may.",
    ),
]


@dataclass(slots=True)
class Problems:
    """Rows that were not taken: how many, and the first of them; `notices` are of the file,
    `passed_over` its columns that nothing was taken from."""

    number: int = 0
    first: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)

    def add(self, problem: Problem) -> None:
        """Counts a problem, and keeps it if there are not many yet."""
        self.number += 1
        if len(self.first) < _MOST_TOLD:
            self.first.append(problem)


def import_(
    file: Annotated[Path, typer.Argument(help="CSV, with any delimiter and encoding.")],
    list_name: ListOption = "",
    topics: Annotated[
        str, typer.Option(help="`all`, or the column that names each person's topics.")
    ] = "",
    map_file: Annotated[
        Path | None, typer.Option("--map", help="TOML, their column = our column, a line each.")
    ] = None,
    force: ForceOption = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen; change nothing.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Put the people of a file on a list.

    Who left is never brought back; bad rows are reported, and the rest is kept. Exports of
    Mailchimp, listmonk, Substack and Ghost are known by their header.
    """
    found = settings()
    with database(found) as db:
        name = only_list(db, list_name)
        added, problems = import_file(
            db,
            name,
            file,
            topics,
            map_file,
            key=erasure_key(found),
            force=force,
            dry_run=dry_run,
            meter=not json,
        )
    if json:
        show_json({"list": name, "dry_run": dry_run, **_json(added, problems)})
    else:
        _describe(name, file, added, problems, dry_run=dry_run)
    if problems.number:
        raise typer.Exit(1)


def import_file(
    db: Database,
    list_name: str,
    file: Path,
    topics: str = "",
    map_file: Path | None = None,
    *,
    key: ErasureKey | None = None,
    force: str = "",
    dry_run: bool = False,
    meter: bool = False,
) -> tuple[Added, Problems]:
    """Puts the people of a file on a list, some thousands in a transaction. Doing it again after
    it was cut short does what is left.

    Raises:
        ImportFileError: the file cannot be read, or nobody in it.
    """
    problems, added, source = Problems(), Added(), f"import of {file.name}"
    with db.read() as session:
        tree = lists.get_list(session, list_name)
    try:
        people = stream_subscribers(
            lambda: file.open("rb"),
            file.name,
            mailing_list=tree,
            topics=topics,
            mapping=_read_map(map_file),
            problem=problems.add,
            notice=problems.notices.append,
            passed_over=problems.passed_over.extend,
        )
        lines = _lines(file)
        with Meter("importing", lines) if meter and lines >= _METERED else nullcontext() as shown:
            for chunk in chunks(people, _CHUNK):
                with db.write() as session:
                    added += import_rows(
                        session,
                        list_name,
                        chunk,
                        source=source,
                        now=now(),
                        erased=erased_among(session, key),
                        given_up=GivenUp(session, key),
                        force=force,
                    )
                    if dry_run:
                        session.rollback()
                if shown is not None:
                    shown.at(min(chunk[-1].line, lines))
    except OSError as error:
        raise ImportFileError(f"{error.filename}: cannot be read: {error.strerror}") from None
    return added, problems


def _read_map(file: Path | None) -> dict[str, str]:
    """Our names of the columns by theirs; of no file, none."""
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ImportFileError(f"{file} is not TOML: {error}") from None


def _lines(file: Path) -> int:
    with file.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))


def _describe(name: str, file: Path, added: Added, problems: Problems, *, dry_run: bool) -> None:
    for notice in problems.notices:
        err.print(f"{file.name}: {notice}")
    for problem in problems.first:
        err.print(f"{file.name}:{problem.line}: {problem.reason}")
    for refusal in added.refusals:
        err.print(f"{file.name}:{refusal.member.line}: {refusal}")
    untold = problems.number - len(problems.first) + added.refused - len(added.refusals)
    if untold:
        err.print(f"{file.name}: and {untold} more")
    out.print(
        ("dry run: nothing was changed. " if dry_run else "")
        + f"{name}: {added.added} added{_of_them_gone(added)}, {added.known} known, "
        + f"{added.leaving} left, "
        + (f"{added.revived} on it again, " if added.revived else "")
        + f"{added.refused} refused ({_why(added)}), "
        + f"{counted(problems.number, 'problem')} in the file"
    )
    if problems.passed_over:
        columns = [_printable(column) for column in problems.passed_over]
        out.print(
            f"columns passed over: {', '.join(columns)} (--map FILE takes them in, by lines such "
            f"as {_mapping(columns)})"
        )
    if problems.number and not dry_run:
        out.print("mend those lines and import the file again: whoever is known stays as they are")


def _why(added: Added) -> str:
    moved = f"; {added.moved} moved to another address" if added.moved else ""
    return f"left before, or not to be mailed{moved}"


def _of_them_gone(added: Added) -> str:
    return f" ({added.gone} of them as left or not to be mailed)" if added.gone else ""


def _mapping(columns: list[str]) -> str:
    """A line of a map that fits one of some columns, as far as their names tell."""
    for pattern, ours in ((_CHOSEN, "topics"), (_SINCE, "consent_at")):
        if (theirs := next(filter(pattern.search, columns), None)) is not None:
            return f'{dumps(theirs, ensure_ascii=False)} = "{ours}"'
    return '"Date" = "consent_at"'


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _json(added: Added, problems: Problems) -> dict[str, object]:
    return {
        "added": added.added,
        "added_as_left": added.gone,
        "known": added.known,
        "revived": added.revived,
        "left": added.leaving,
        "refusals": added.refused,
        "moved": added.moved,
        "refused": [{"line": r.member.line, "reason": r.admission.value} for r in added.refusals],
        "notices": problems.notices,
        "passed_over": problems.passed_over,
        "problem_rows": problems.number,
        "problems": [plain(problem) for problem in problems.first],
    }
