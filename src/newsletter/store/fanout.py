"""The fan-out: one row for each subscriber of a frozen issue, in chunks that may be repeated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, exists, func, true
from sqlmodel import Session, col, select

from newsletter.addresses import domain_of
from newsletter.content.preferences import Preferences
from newsletter.content.serial import load
from newsletter.errors import AmendedError, ConflictError, NotFoundError
from newsletter.store.editions import keep_plans, newest, planned
from newsletter.store.ignoring import insert_new
from newsletter.store.instants import seconds
from newsletter.store.selections import all_selected
from newsletter.store.tables import (
    DeliveryRow,
    IssueRow,
    MailRow,
    PreferencesRow,
    SubscriberRow,
    SubscriptionRow,
    SuppressionRow,
)
from newsletter.store.values import (
    DeliveryState,
    IssueState,
    SelectedPreferences,
    Skip,
    SubscriptionState,
)
from newsletter.store.welcome_tables import WelcomeIssueRow

_GOT = (DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.IN_DOUBT)

Judge = Callable[[Preferences], Skip | None]
"""Why an issue sends nothing to readers with these preferences; None: it does."""


class Choose(NamedTuple):
    """How an edition of an issue is put together."""

    edition: int
    body: Callable[[Preferences], str]
    """The plan, as text, for readers with these preferences."""


Wave = Callable[[str], dt.datetime | None]
"""When readers get an issue who chose a zone ("" for the list's own); None: at once."""


def fan_out(
    session: Session,
    issue_id: int,
    judge: Judge,
    *,
    today: dt.date,
    chunk: int = 5000,
    wave: Wave | None = None,
    choose: Choose | None = None,
) -> bool:
    """Gives the next `chunk` subscriptions of a frozen issue their rows; whether more are left.

    Everybody who was active when it was frozen gets one row: queued, or skipped with the reason.
    `today` is the day by which a pause is judged, in the list's time zone. `judge` is asked once
    a call for each distinct preferences, and `choose` for those that the issue has something for:
    their plans are kept, so that a sender need not make them. By `wave` a row waits, deferred until
    its reader's hour.

    Raises:
        AmendedError: the issue has another edition by now than the one that `choose` is for.
        ConflictError: the issue is a draft, or cancelled.
    """
    issue = _frozen(session, issue_id)
    if choose is not None and choose.edition != newest(session, issue_id):
        raise AmendedError(f"{issue.list_name}/{issue.name} was amended just now: try again")
    # On PostgreSQL a leave waits for this transaction or this one sees it: else a row could
    # be made for somebody whose leave did not see that row.
    next_ = _next(issue, chunk).with_for_update(read=True, of=SubscriptionRow)
    people = list(session.execute(next_))
    choices = {person.preferences_id for person in people}
    # A plan is kept for those alone who have something to get.
    known = planned(session, choose.edition, choices) if choose is not None else set[int]()
    chosen = all_selected(session, choices - known)
    verdicts = dict.fromkeys(known) | {n: judge(preferences) for n, preferences in chosen.items()}
    rows = []
    for person in people:
        skip = _standing(person, today) or verdicts[person.preferences_id]
        due = wave(person.zone) if wave is not None and skip is None else None
        rows.append(_delivery(issue_id, person, skip, due))
    insert_new(session, DeliveryRow, rows)
    if choose is not None:
        wanted = [number for number in chosen if verdicts[number] is None]
        bodies = {number: choose.body(chosen[number]) for number in wanted}
        keep_plans(session, choose.edition, bodies)
    if people:
        issue.cursor = people[-1].id
        session.add(issue)
        session.flush()
    return len(people) == chunk


def upcoming(session: Session, issue_id: int, chunk: int = 5000) -> list[Preferences]:
    """The distinct preferences of those to whom `fan_out` gives their rows next, without those
    whose plan is kept already.

    Who plans for them before it holds the lock in which rows are made keeps nobody waiting.

    Raises:
        NotFoundError: there is no such issue.
    """
    issue = session.get(IssueRow, issue_id)
    if issue is None:
        raise NotFoundError(f"there is no issue with the id {issue_id}")
    choices = {person.preferences_id for person in session.execute(_next(issue, chunk))}
    known = planned(session, newest(session, issue_id), choices)
    return list(all_selected(session, choices - known).values())


def audience_preview(
    session: Session, list_name: str, *, today: dt.date, corrects: int | None = None
) -> Iterator[tuple[SelectedPreferences, int]]:
    """Each distinct preferences with the number of people an issue frozen now could go to; with
    `corrects`, of those who got that issue.

    Those who are paused or suppressed are not among them.
    """
    rows = session.exec(
        select(PreferencesRow, func.count())
        .join(SubscriptionRow, col(SubscriptionRow.preferences_id) == PreferencesRow.id)
        .join(SubscriberRow, col(SubscriberRow.id) == SubscriptionRow.subscriber_id)
        .outerjoin(SuppressionRow, col(SuppressionRow.address_key) == SubscriberRow.address_key)
        .where(
            SubscriptionRow.list_name == list_name,
            SubscriptionRow.state == SubscriptionState.ACTIVE,
            col(SuppressionRow.address_key).is_(None),
            func.coalesce(SubscriptionRow.paused_until, today) <= today,
            _concerned(corrects),
        )
        .group_by(col(PreferencesRow.id))
        .order_by(func.count().desc(), col(PreferencesRow.id))
    )
    for row, people in rows:
        assert row.id is not None  # noqa: S101 - it was read
        yield SelectedPreferences(id=row.id, preferences=load(Preferences, row.body)), people


def standing_counts(
    session: Session, list_name: str, *, today: dt.date, corrects: int | None = None
) -> dict[Skip, int]:
    """Number of active readers that an issue frozen now would skip whatever it says, by reason."""
    suppressed = col(SuppressionRow.address_key).is_not(None)
    rows = session.exec(
        select(suppressed, func.count())
        .select_from(SubscriptionRow)
        .join(SubscriberRow, col(SubscriberRow.id) == SubscriptionRow.subscriber_id)
        .outerjoin(SuppressionRow, col(SuppressionRow.address_key) == SubscriberRow.address_key)
        .where(
            SubscriptionRow.list_name == list_name,
            SubscriptionRow.state == SubscriptionState.ACTIVE,
            suppressed | (func.coalesce(SubscriptionRow.paused_until, today) > today),
            _concerned(corrects),
        )
        .group_by(suppressed)
    )
    return {Skip.SUPPRESSED if gone else Skip.PAUSED: people for gone, people in rows}


def _frozen(session: Session, issue_id: int) -> IssueRow:
    # Locked, so that no row is made behind the back of who cancels the issue.
    issue = session.get(IssueRow, issue_id, with_for_update=True, populate_existing=True)
    if issue is None:
        raise NotFoundError(f"there is no issue with the id {issue_id}")
    if issue.state == IssueState.DRAFT:
        raise ConflictError(f"{issue.list_name}/{issue.name} is a draft: freeze it first")
    if issue.state == IssueState.CANCELLED:
        raise ConflictError(f"{issue.list_name}/{issue.name} is cancelled: nobody gets it any more")
    return issue


def _next(issue: IssueRow, chunk: int) -> Select[Any]:
    query: Select[Any] = (
        select(
            col(SubscriptionRow.id),
            SubscriptionRow.subscriber_id,
            SubscriptionRow.preferences_id,
            SubscriptionRow.paused_until,
            SubscriptionRow.zone,
            SubscriberRow.address,
            col(SuppressionRow.address_key).label("suppressed"),
        )  # type: ignore[call-overload]  # SQLModel types at most four columns
        .join(SubscriberRow, SubscriberRow.id == SubscriptionRow.subscriber_id)
        .outerjoin(SuppressionRow, SuppressionRow.address_key == SubscriberRow.address_key)
        .where(
            # Not by an index of the list's: SQLite would sort all its readers for every chunk.
            func.coalesce(SubscriptionRow.list_name, "") == issue.list_name,
            SubscriptionRow.state == SubscriptionState.ACTIVE,
            col(SubscriptionRow.id) > issue.cursor,
            # Who joins after the freezing waits for the next issue.
            SubscriptionRow.created_at <= (issue.frozen_at or 0),
            _concerned(issue.corrects),
        )
        .order_by(SubscriptionRow.id)
        .limit(chunk)
    )
    return query


def _concerned(corrects: int | None) -> ColumnElement[bool]:
    """That somebody got, or may have got, an issue that is corrected; without one, everybody."""
    if corrects is None:
        return true()
    reader = col(SubscriptionRow.subscriber_id)
    as_a_reader = exists().where(
        col(DeliveryRow.issue_id) == corrects,
        col(DeliveryRow.subscriber_id) == reader,
        col(DeliveryRow.state).in_(_GOT),
    )
    with_a_welcome = exists().where(
        col(WelcomeIssueRow.issue_id) == corrects,
        col(WelcomeIssueRow.subscriber_id) == reader,
        col(MailRow.id) == col(WelcomeIssueRow.mail_id),
        col(MailRow.state).in_(_GOT),
    )
    return as_a_reader | with_a_welcome


def _standing(person: Row[Any], today: dt.date) -> Skip | None:
    if person.suppressed is not None:
        return Skip.SUPPRESSED
    if person.paused_until is not None and person.paused_until > today:
        return Skip.PAUSED
    return None


def _delivery(
    issue_id: int, person: Row[Any], skip: Skip | None, due: dt.datetime | None
) -> dict[str, Any]:
    waits = f"waits for its hour in {person.zone or 'the zone of the list'}" if due else ""
    state = DeliveryState.DEFERRED if due else DeliveryState.QUEUED
    return {
        "issue_id": issue_id,
        "subscriber_id": person.subscriber_id,
        "state": DeliveryState.SKIPPED if skip else state,
        "reason": skip or waits,
        "domain": domain_of(person.address),
        "due_at": seconds(due) if due else 0,
        "attempts": 0,
        "stage": "",
        "code": 0,
        "enhanced": "",
        "text": "",
        "relay": "",
        "sender": "",
    }
