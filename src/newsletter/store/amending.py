"""A second edition: what an issue says from now on, to those who have not been sent it yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlmodel import Session, select

from newsletter.content.digest import Digest
from newsletter.content.links import Target
from newsletter.content.serial import dump
from newsletter.errors import ConflictError
from newsletter.store import printed
from newsletter.store.arrangements import left_out
from newsletter.store.clicks import store_links
from newsletter.store.editions import newest
from newsletter.store.instants import seconds
from newsletter.store.issues import Issue, issue_by_id
from newsletter.store.tables import CompiledRow, EditionRow, IssueRow
from newsletter.store.values import DeliveryState, IssueState, Skip
from newsletter.store.waves import waves_of

OPEN = (IssueState.FROZEN, IssueState.SENDING, IssueState.PAUSED)
"""The states in which an issue may be amended."""

# The first edition had nothing for them; whether the next has is judged when their turn comes.
_AGAIN = text("""
UPDATE deliveries SET state = :state, reason = '', due_at = :due
WHERE issue_id = :issue AND state = 'skipped' AND reason = :reason AND message_id IS NULL
  AND subscriber_id IN (SELECT subscriber_id FROM subscriptions
                        WHERE list_name = :list AND zone = :zone)
""")
_ZONES = text("""
SELECT DISTINCT s.zone FROM deliveries d
JOIN subscriptions s ON s.list_name = :list AND s.subscriber_id = d.subscriber_id
WHERE d.issue_id = :issue AND d.state = 'skipped' AND d.reason = :reason AND d.message_id IS NULL
""")


def amend(
    session: Session,
    issue_id: int,
    digest: Digest,
    compiled: Mapping[str, bytes],
    now: dt.datetime,
    targets: Sequence[Target] = (),
) -> Issue:
    """Makes `digest` the issue's next edition, with its compiled forms by languages and the links
    that are counted in them; those of the first stay what they are in its messages.

    Whose message is settled keeps the edition that it was settled with, also for later attempts.
    Nobody may be sending the issue meanwhile: the caller holds it.

    Raises:
        ConflictError: it is a draft or has ended, or the new edition is the old one.
    """
    row = session.get(IssueRow, issue_id, with_for_update=True, populate_existing=True)
    if row is None or row.state not in OPEN:
        said = f"{row.list_name}/{row.name} is {row.state}" if row else "the issue is gone"
        raise ConflictError(f"{said}: there is nothing to amend")
    last = session.get_one(EditionRow, newest(session, issue_id))
    body = dump(digest)
    if body == last.digest and compiled == _forms(session, last.id):
        raise ConflictError(
            f"{row.list_name}/{row.name} would say the same as before: correct its entries with "
            "`newsletter entries edit` or its template first"
        )
    edition = EditionRow(
        issue_id=issue_id, number=last.number + 1, digest=body, frozen_at=seconds(now)
    )
    row.digest = body
    session.add_all((row, edition))
    session.flush()
    session.add_all(
        CompiledRow(edition_id=edition.id or 0, languages=languages, body=form)
        for languages, form in compiled.items()
    )
    session.flush()
    store_links(session, edition.id or 0, targets)
    printed.note(session, edition.id or 0, digest, left_out(session, issue_id))
    _open_again(session, row, digest, now)
    return issue_by_id(session, issue_id)


def _open_again(session: Session, row: IssueRow, digest: Digest, now: dt.datetime) -> None:
    """Whoever had nothing in the last edition waits, with waves for the hour of their own zone."""
    wave = waves_of(session, digest.list, row.name, now)
    which = {"issue": row.id, "list": row.list_name, "reason": Skip.NOTHING_FOUND}
    for zone in session.connection().execute(_ZONES, which).scalars().all():
        due = wave(zone) if wave is not None else None
        state = DeliveryState.QUEUED if due is None else DeliveryState.DEFERRED
        values = {"zone": zone, "state": state, "due": seconds(due) if due else 0}
        session.connection().execute(_AGAIN, which | values)


def _forms(session: Session, edition_id: int | None) -> dict[str, bytes]:
    rows = session.exec(select(CompiledRow).where(CompiledRow.edition_id == edition_id))
    return {row.languages: row.body for row in rows}
