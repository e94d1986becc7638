"""An issue's choices, one at a time: what each is now, and another in its place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlmodel import Session

from newsletter.content.arranging import Editorial
from newsletter.content.digest import Digest
from newsletter.content.entry import Tier
from newsletter.content.serial import dump, load
from newsletter.errors import ConflictError, NotFoundError
from newsletter.store.arrangements import Decided, decide, decided
from newsletter.store.drafting import redraw
from newsletter.store.edits import EditKind
from newsletter.store.tables import IssueRow
from newsletter.store.values import IssueState


def draft(session: Session, issue_id: int, *, announced: bool = False) -> IssueRow:
    """The row of a draft, held until the transaction ends; with `announced` an announcement's, too.

    Raises:
        NotFoundError: there is no such issue.
        ConflictError: it is no draft any more, or an announcement.
    """
    row = session.get(IssueRow, issue_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFoundError(f"there is no issue with the id {issue_id}")
    ref = f"{row.list_name}/{row.name}"
    if row.announces and not announced:
        raise ConflictError(f"{ref} is an announcement: it has notes alone")
    if row.state != IssueState.DRAFT:
        mend = f"correct its entries and `newsletter issues amend {ref}`"
        if row.state in (IssueState.SENT, IssueState.CANCELLED):
            mend = f"`newsletter send {row.list_name} --announce FILE --issue {ref}` corrects it"
        raise ConflictError(f"{ref} is {row.state} and stays as it was frozen: {mend}")
    return row


def put(
    session: Session, row: IssueRow, kind: EditKind, entry_id: int | None, language: str, to: Any
) -> None:
    """Sets one choice, or the note of a language, and puts the draft together anew."""
    if kind is EditKind.NOTE:
        digest = load(Digest, row.digest)
        kept = {code: note for code, note in digest.notes.items() if code != language}
        row.digest = dump(replace(digest, notes=kept | ({language: to} if to else {})))
        session.add(row)
        session.flush()
        return
    choices, number = decided(session, row.id or 0), entry_id or 0
    match kind:
        case EditKind.ORDER:
            choices = replace(choices, order=tuple(to))
        case EditKind.TIER:
            choices = retiered(choices, number, None if to is None else Tier(to))
        case EditKind.DROPPED:
            dropped = choices.dropped | {number} if to else choices.dropped - {number}
            choices = replace(choices, dropped=dropped)
        case _:
            choices = _worded(choices, Editorial(kind.value), language, to)
    store_choices(session, row, choices)


def current(
    session: Session, row: IssueRow, kind: EditKind, entry_id: int | None, language: str
) -> Any:
    """What was chosen: of a note its text, of an editorial its text or None, else a truth."""
    if kind is EditKind.NOTE:
        return load(Digest, row.digest).notes.get(language, "")
    choices = decided(session, row.id or 0)
    if kind is EditKind.DROPPED:
        return entry_id in choices.dropped
    return choices.editorial.get(Editorial(kind.value), {}).get(language)


def retiered(choices: Decided, entry_id: int, tier: Tier | None) -> Decided:
    """`choices` with another tier of an entry for this issue; None: its own."""
    kept = {number: found for number, found in choices.tiers.items() if number != entry_id}
    return replace(choices, tiers=kept | ({} if tier is None else {entry_id: tier}))


def _worded(choices: Decided, part: Editorial, language: str, text: str | None) -> Decided:
    said = {code: own for code, own in choices.editorial.get(part, {}).items() if code != language}
    said |= {} if text is None else {language: text}
    kept = {other: texts for other, texts in choices.editorial.items() if other != part}
    return replace(choices, editorial=kept | ({part: said} if said else {}))


def store_choices(session: Session, row: IssueRow, choices: Decided) -> None:
    """Stores what is decided of an issue, and puts the draft together by it."""
    decide(session, row.id or 0, choices)
    redraw(session, row)
