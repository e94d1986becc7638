"""`newsletter send LIST --announce note.md`: a message of its own, to all or to those who got an
issue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter import workflow
from newsletter.cli.edge import now, split_issue
from newsletter.errors import NewsletterError
from newsletter.settings import Settings
from newsletter.store import issues
from newsletter.store.database import Database
from newsletter.store.issues import Issue

AnnounceOption = Annotated[
    Path | None,
    typer.Option(
        "--announce", help="Markdown to send to a LIST instead; its first heading is the subject."
    ),
]
AboutOption = Annotated[
    str, typer.Option("--issue", help="With --announce: only to those who got that issue.")
]


def announcement_of(db: Database, found: Settings, list_name: str, file: Path, about: str) -> Issue:
    """The announcement in `file`, to everybody on the list or to those who got the issue `about`.

    Raises:
        NewsletterError: it cannot be read or followed.
    """
    if "/" in list_name:
        name = split_issue(list_name)[0]
        raise NewsletterError(
            f"--announce goes to a list, and {list_name} is an issue: `newsletter send {name} "
            f"--announce {file} --issue {list_name}` goes to those who got it"
        )
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        raise NewsletterError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise NewsletterError(f"{file} is not UTF-8: save it as UTF-8") from None
    corrects = None
    if about:
        with db.read() as session:
            corrects = issues.get_issue(session, *split_issue(about))
    return workflow.announce(
        db,
        list_name,
        text,
        now(),
        source=file.name,
        corrects=corrects,
        public_url=found.public_url,
    )
