"""`newsletter issues edit`: the editor's note of an issue, in the editor's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.edge import database, out, split_issue
from newsletter.errors import NewsletterError
from newsletter.store.notes import note_to_edit, set_note


def edit(
    issue: Annotated[
        str, typer.Argument(metavar="ISSUE", help="LIST/WEEK, ai-for-science/2026-W06")
    ],
    lang: Annotated[str, typer.Option(help="The language of the note: en, zh.")],
    file: Annotated[
        str, typer.Option(help="Take the note from this file; `-` is the standard input.")
    ] = "",
) -> None:
    """Write the editor's note of a draft as Markdown, in $EDITOR; an empty one is removed."""
    reference = split_issue(issue)
    with database() as db:
        with db.read() as session:
            before = note_to_edit(session, *reference, lang)
        # Nothing is held open while somebody writes.
        text = _read(file) if file else _written(before, f"{reference[1]}.{lang}.md")
        with db.write() as session:
            changed = set_note(session, *reference, lang, text)
    if not changed:
        said = "unchanged"
    elif not text.strip():
        said = "removed"
    else:
        words = len(text.strip())
        said = f"{'changed' if before else 'written'}, {words} characters"
    out.print(f"{issue}: the {lang} note is {said}")


def _read(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise NewsletterError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise NewsletterError(f"{file} is not UTF-8 text; nothing was changed") from None


def _written(before: str, name: str) -> str:
    """What comes back from the editor, which gets `before` in a file of its own."""
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not command:
        raise NewsletterError(
            "no editor is set: set EDITOR, or give the note with --file FILE or --file -"
        )
    with tempfile.TemporaryDirectory(prefix="newsletter-") as folder:
        path = Path(folder) / name
        path.write_text(before + "\n" if before else "", "utf-8")
        try:
            words = [*shlex.split(command), str(path)]
            done = subprocess.run(words, check=False)  # noqa: S603 - the user's own EDITOR
        except (OSError, ValueError) as error:
            raise NewsletterError(f"the editor {command!r} does not start: {error}") from None
        if done.returncode:
            raise NewsletterError(
                f"the editor {command!r} ended with {done.returncode}; nothing was changed"
            )
        return _read(str(path))
