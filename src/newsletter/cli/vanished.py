"""Lists whose file is gone from the folder of lists."""

from __future__ import annotations

from pathlib import Path

from sqlmodel import Session

from newsletter.cli.edge import err
from newsletter.store import lists
from newsletter.store.endings import ended_lists


def warn_of_vanished(session: Session, folder: Path) -> None:
    """Says on stderr which lists have no file any more. They go on as they were: a folder that was
    not mounted, or not checked out, must not silence a newsletter.

    Of a list that has ended nothing is said, nor where there is no such folder at all, as on a
    machine that has the database alone.
    """
    if not folder.is_dir():
        return
    ended = ended_lists(session)
    for name in lists.list_names(session):
        file = folder / name / "list.toml"
        if not file.is_file() and name not in ended:
            err.print(
                f"{name}: {file} is gone, and the list goes out as it was: put it back, or let "
                f"it end with `newsletter lists end {name}`"
            )
