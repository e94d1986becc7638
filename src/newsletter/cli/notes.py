"""`newsletter issues edit`: what an editor says of an issue, in the editor's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.arguments import IssueArgument
from newsletter.cli.edge import database, err, now, out, split_issue
from newsletter.cli.identity import who
from newsletter.content.digest import Digest
from newsletter.content.notesheet import FIELDS, Parts, read_sheet, write_sheet
from newsletter.errors import ConflictError, NewsletterError
from newsletter.store import editing, issues
from newsletter.store.database import Database
from newsletter.store.issues import Issue


def edit(
    issue: IssueArgument,
    lang: Annotated[
        str, typer.Option(help="The note in this language alone: en, zh; without it, all there is.")
    ] = "",
    file: Annotated[
        str, typer.Option(help="Take it from this file; `-` is the standard input.")
    ] = "",
) -> None:
    """Write an issue's notes, summary and takeaway.

    As one sheet of Markdown, in $EDITOR; what is empty goes.
    """
    with database() as db:
        with db.read() as session:
            found = issues.get_issue(session, *split_issue(issue))
            editing.check_draft(session, found.id, lang)
        before, languages = _said(found.digest), found.digest.list.languages
        name = f"{found.name}.{lang}.md" if lang else f"{found.name}.md"
        if lang:
            given = before.get((lang, "note"), "")
        else:
            given = write_sheet(before, languages, _about(found))
        # Nothing is held open while somebody writes.
        data = _read(file) if file else _written(given, name)
        try:
            text = _decoded(data, file or name)
            wanted = {(lang, "note"): text} if lang else read_sheet(text, languages, file or name)
            changed = _store(db, found, before, wanted)
        except NewsletterError:
            if file in ("", "-"):
                _keep(data, name)
            raise
    _tell(issue, before, changed, lang)


def _said(digest: Digest) -> dict[tuple[str, str], str]:
    return {
        (language, field): text
        for field, texts in editing.said(digest).items()
        for language, text in texts.items()
    }


def _about(issue: Issue) -> str:
    return (
        f"{issue.ref}, {issue.period.first} to {issue.period.last}. Markdown below each heading. "
        "What you leave empty is taken out; a part whose heading you delete stays as it is."
    )


def _store(db: Database, issue: Issue, before: Parts, wanted: Parts) -> Parts:
    """Sets what was changed, all or nothing; those parts.

    Raises:
        ConflictError: somebody else changed such a part meanwhile.
    """
    texts = {part: text.replace("\r\n", "\n").strip() for part, text in wanted.items()}
    changed = {part: text for part, text in texts.items() if text != before.get(part, "").strip()}
    with db.write() as session:
        there = _said(issues.issue_by_id(session, issue.id).digest)
        for (language, field), text in changed.items():
            if there.get((language, field), "") != before.get((language, field), ""):
                raise ConflictError(
                    f"{issue.ref}: somebody changed the {language} {field} while you wrote; "
                    "nothing of yours was stored: put both together"
                )
            editing.set_note(session, issue.id, language, field, text, who=who(), now=now())
    return changed


def _tell(issue: str, before: Parts, changed: Parts, lang: str) -> None:
    if not changed:
        out.print(f"{issue}: {f'the {lang} note is' if lang else 'all is'} unchanged")
    for language, field in sorted(changed, key=lambda part: (part[0], FIELDS.index(part[1]))):
        text = changed[language, field]
        verb = "changed" if before.get((language, field)) else "written"
        said = f"{verb}, {len(text)} characters" if text else "removed"
        out.print(f"{issue}: the {language} {field} is {said}")


def _keep(data: bytes, name: str) -> None:
    """Puts what was written by hand, and not taken, where it can be mended."""
    kept = Path(tempfile.mkdtemp(prefix="newsletter-")) / name
    kept.write_bytes(data)
    err.print(f"newsletter: what you wrote is in {kept}; mend it and give it with --file {kept}")


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise NewsletterError(f"{file} cannot be read: {error.strerror}") from None


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NewsletterError(
            f"{name} is not UTF-8: save it as UTF-8; nothing was changed"
        ) from None


def _written(before: str, name: str) -> bytes:
    """What comes back from the editor, which gets `before` in a file of its own."""
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not command:
        raise NewsletterError(
            "no editor is set: set EDITOR, or give the note with --file FILE or --file -"
        )
    with tempfile.TemporaryDirectory(prefix="newsletter-") as folder:
        path = Path(folder) / name
        path.write_text(before if before.endswith("\n") or not before else before + "\n", "utf-8")
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
