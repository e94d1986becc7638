"""Issues that come with a welcome: the latest one, once, for who was not sent it as a reader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, select

from newsletter.store.ignoring import insert_new
from newsletter.store.instants import instant, seconds
from newsletter.store.outbox import OPEN, Mail, put
from newsletter.store.tables import DeliveryRow, IssueRow, MailRow
from newsletter.store.values import DeliveryState, IssueState, Skip
from newsletter.store.welcome_tables import WelcomeIssueRow

ARRIVING = (
    DeliveryState.SENT,
    DeliveryState.SENDING,
    DeliveryState.IN_DOUBT,
    DeliveryState.DEFERRED,
    DeliveryState.QUEUED,
)
"""States in which a message has arrived, or may yet."""

WORTH_SENDING_FOR = dt.timedelta(days=1)
"""How long after somebody joined an issue is still the one behind their welcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a message was made of: an edition, a plan, as text, and its own date."""

    edition_id: int
    plan: str
    date: dt.datetime


def latest_unseen(session: Session, list_name: str, subscriber_id: int) -> int | None:
    """The id of the list's latest issue that goes or went out, announcements apart; None when
    there is none, or when this person was sent it, or will be.

    One that is paused is not handed on: whatever it is held for, nobody new is to get it.
    """
    latest = session.exec(
        select(IssueRow.id)
        .where(
            IssueRow.list_name == list_name,
            col(IssueRow.state).in_((IssueState.SENDING, IssueState.SENT)),
            col(IssueRow.announces).is_(False),
        )
        .order_by(col(IssueRow.last_day).desc(), col(IssueRow.id).desc())
        .limit(1)
    ).first()
    if latest is None or _was_sent(session, latest, subscriber_id):
        return None
    return latest


def reserve(
    session: Session,
    *,
    issue_id: int,
    subscriber_id: int,
    edition_id: int,
    plan: str,
    now: dt.datetime,
) -> int:
    """Notes what is to be mailed with a welcome, over what was noted and never mailed; its id."""
    made = {
        "edition_id": edition_id,
        "plan": plan,
        "at": seconds(now),
    }
    whose = {"issue_id": issue_id, "subscriber_id": subscriber_id}
    insert_new(session, WelcomeIssueRow, [whose | made])
    ours = (
        col(WelcomeIssueRow.issue_id) == issue_id,
        col(WelcomeIssueRow.subscriber_id) == subscriber_id,
    )
    session.connection().execute(
        update(WelcomeIssueRow).where(*ours, col(WelcomeIssueRow.mail_id).is_(None)).values(**made)
    )
    found = session.exec(select(WelcomeIssueRow.id).where(*ours)).one()
    assert found is not None  # noqa: S101 - it is stored
    return found


def put_once(session: Session, number: int, mail: Mail, now: dt.datetime) -> bool:
    """Puts the message that was made for `reserve` into the outbox; False if it went before."""
    row = session.get(WelcomeIssueRow, number, with_for_update=True, populate_existing=True)
    if row is None or row.mail_id is not None:
        return False
    row.mail_id = put(session, mail, now)
    session.add(row)
    session.flush()
    return True


def welcome_issue(session: Session, number: int) -> Made | None:
    """What was mailed under that id; None if nothing was, or its reader was erased."""
    row = session.get(WelcomeIssueRow, number)
    if row is None or row.mail_id is None:
        return None
    return Made(edition_id=row.edition_id, plan=row.plan, date=instant(row.at))


def arrived(
    session: Session, issue_ids: Collection[int], subscriber_ids: Collection[int]
) -> Sequence[WelcomeIssueRow]:
    """Which of these issues came, or may come, to these subscribers with a welcome; for this
    package alone."""
    return session.exec(
        select(WelcomeIssueRow)
        .join(MailRow, col(MailRow.id) == WelcomeIssueRow.mail_id)
        .where(
            col(WelcomeIssueRow.issue_id).in_(issue_ids),
            col(WelcomeIssueRow.subscriber_id).in_(subscriber_ids),
            col(MailRow.state).in_(ARRIVING),
        )
    ).all()


def withdraw(session: Session, list_name: str, subscriber_id: int, reason: Skip) -> None:
    """Skips what waits in the outbox of a list's issues for somebody who joined and left."""
    which = _of_welcomes(list_name, subscriber_id) & col(MailRow.state).in_(OPEN)
    session.connection().execute(
        update(MailRow).where(which).values(state=DeliveryState.SKIPPED, reason=reason)
    )


def bring_back(session: Session, list_name: str, subscriber_id: int, now: dt.datetime) -> None:
    """Queues again what a leave that is taken back had withdrawn, while it is a day old at most."""
    which = (
        _of_welcomes(list_name, subscriber_id)
        & (col(MailRow.state) == DeliveryState.SKIPPED)
        & (col(MailRow.reason) == Skip.LEFT)
        & (col(MailRow.created_at) >= seconds(now - WORTH_SENDING_FOR))
    )
    session.connection().execute(
        update(MailRow).where(which).values(state=DeliveryState.QUEUED, reason="")
    )


def _of_welcomes(list_name: str, subscriber_id: int) -> ColumnElement[bool]:
    theirs = select(WelcomeIssueRow.mail_id).where(
        WelcomeIssueRow.subscriber_id == subscriber_id,
        col(WelcomeIssueRow.mail_id).is_not(None),
    )
    return col(MailRow.id).in_(theirs) & (col(MailRow.list_name) == list_name)


def _was_sent(session: Session, issue_id: int, subscriber_id: int) -> bool:
    delivered = select(DeliveryRow.id).where(
        DeliveryRow.issue_id == issue_id,
        DeliveryRow.subscriber_id == subscriber_id,
        col(DeliveryRow.state).in_(ARRIVING),
    )
    welcomed = select(WelcomeIssueRow.id).where(
        WelcomeIssueRow.issue_id == issue_id,
        WelcomeIssueRow.subscriber_id == subscriber_id,
        col(WelcomeIssueRow.mail_id).is_not(None),
    )
    return session.exec(delivered).first() is not None or session.exec(welcomed).first() is not None
