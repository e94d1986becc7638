"""What became of an issue and of a list, in numbers; each is of what was measured, and no more.

That a relay accepted a message says nothing of its arrival, nobody's reading is watched, and of an
opened link it is not known who opened it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from newsletter.store.click_reports import ClickReport, click_report
from newsletter.store.growth import Growth, growth
from newsletter.store.instants import instant, maybe_instant
from newsletter.store.lists import get_list
from newsletter.store.tables import (
    DeliveryRow,
    DepartureRow,
    FeedbackRow,
    IssueRow,
    SubscriptionRow,
)
from newsletter.store.values import DeliveryState, IssueState, SubscriptionState

_SPANS = (
    ("within an hour", dt.timedelta(hours=1)),
    ("within a day", dt.timedelta(days=1)),
    ("within a week", dt.timedelta(weeks=1)),
)
LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaves:
    """Leaves through one issue, those that were taken back left out: how many by way, by scope
    (`list`, or a topic's name), by reason if one was given, and by the time since the mail."""

    total: int
    undone: int
    ways: Mapping[str, int]
    scopes: Mapping[str, int]
    reasons: Mapping[str, int]
    since_mail: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueReport:
    """An issue in numbers of deliveries.

    `accepted` is what the relay took, with what came back later; `bounced` is by judgement,
    `deferred` by domain, `failed` and `skipped` by reason; `waiting` has not been tried or is being
    tried now. `clicks` is None where the list does not count them. `growth` is from the issue
    before to this one.
    """

    issue: str
    state: IssueState
    frozen_at: dt.datetime | None
    accepted: int
    bounced: Mapping[str, int]
    deferred: Mapping[str, int]
    failed: Mapping[str, int]
    skipped: Mapping[str, int]
    waiting: int
    in_doubt: int
    complaints: int
    leaves: Leaves
    clicks: ClickReport | None
    growth: Growth | None

    def rate(self, number: int) -> float | None:
        """`number` as a part of what was accepted; None when nothing was."""
        return number / self.accepted if self.accepted else None

    def clicks_known_from(self, now: dt.datetime) -> dt.date | None:
        """The day before which its clicks are forgotten; None where all are known, or none are
        counted."""
        if self.clicks is None or self.frozen_at is None:
            return None
        day = (now.astimezone(dt.UTC) - dt.timedelta(days=self.clicks.kept_days)).date()
        return day if self.frozen_at.astimezone(dt.UTC).date() < day else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReport:
    """A list now, since it began, and by its last issues, the latest first."""

    list: str
    people: Mapping[SubscriptionState, int]
    growth: Growth
    issues: tuple[IssueReport, ...]


def issue_report(session: Session, issue_id: int) -> IssueReport:
    """The report of an issue that was frozen."""
    row = session.get_one(IssueRow, issue_id)
    states = _counts(session, issue_id, DeliveryRow.state)
    return IssueReport(
        issue=f"{row.list_name}/{row.name}",
        state=IssueState(row.state),
        frozen_at=maybe_instant(row.frozen_at),
        accepted=states.get("sent", 0) + states.get("bounced", 0),
        bounced=_reasons(session, issue_id, DeliveryState.BOUNCED),
        deferred=_ordered(
            _counts(session, issue_id, DeliveryRow.domain, state=DeliveryState.DEFERRED)
        ),
        failed=_reasons(session, issue_id, DeliveryState.FAILED),
        skipped=_ordered(
            _counts(session, issue_id, DeliveryRow.reason, state=DeliveryState.SKIPPED)
        ),
        waiting=states.get("queued", 0) + states.get("sending", 0),
        in_doubt=states.get("in doubt", 0),
        complaints=_complaints(session, issue_id),
        leaves=_leaves(session, issue_id),
        clicks=click_report(session, issue_id, _kept_days(session, row.list_name)),
        growth=_growth_to(session, row),
    )


def last_reports(session: Session, list_name: str, most: int) -> tuple[IssueReport, ...]:
    """The reports of the last issues of a list that were frozen, the latest first."""
    rows = session.exec(
        select(IssueRow.id)
        .where(IssueRow.list_name == list_name, col(IssueRow.frozen_at).is_not(None))
        .order_by(col(IssueRow.frozen_at).desc(), col(IssueRow.id).desc())
        .limit(most)
    ).all()
    return tuple(issue_report(session, number) for number in rows if number is not None)


def list_report(session: Session, list_name: str, now: dt.datetime, most: int) -> ListReport:
    """The report of a list with its last `most` issues."""
    people: dict[str, int] = dict(
        session.exec(
            select(SubscriptionRow.state, func.count())
            .where(SubscriptionRow.list_name == list_name)
            .group_by(col(SubscriptionRow.state))
        ).all()
    )
    return ListReport(
        list=list_name,
        people={state: people.get(state, 0) for state in SubscriptionState},
        growth=growth(session, list_name, None, now),
        issues=last_reports(session, list_name, most),
    )


def _kept_days(session: Session, list_name: str) -> int:
    return get_list(session, list_name).policies.retention_days


def _counts(
    session: Session, issue_id: int, column: Any, *, state: DeliveryState | None = None
) -> dict[str, int]:
    query = select(column, func.count()).where(DeliveryRow.issue_id == issue_id)
    if state is not None:
        query = query.where(DeliveryRow.state == state)
    return dict(session.exec(query.group_by(column)).all())


def _reasons(session: Session, issue_id: int, state: DeliveryState) -> Mapping[str, int]:
    """By what stands before a colon: `bad address: no such mailbox` is a bad address."""
    found: Counter[str] = Counter()
    for reason, number in _counts(session, issue_id, DeliveryRow.reason, state=state).items():
        found[_kind(reason)] += number
    return _ordered(found)


def _kind(reason: str) -> str:
    return reason.partition(":")[0] or "no reason given"


def _ordered(counts: Mapping[str, int]) -> Mapping[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _complaints(session: Session, issue_id: int) -> int:
    query = (
        select(func.count())
        .select_from(FeedbackRow)
        .join(DeliveryRow, col(DeliveryRow.id) == FeedbackRow.delivery_id)
        .where(DeliveryRow.issue_id == issue_id, FeedbackRow.kind == "complaint")
    )
    return session.exec(query).one()


def _leaves(session: Session, issue_id: int) -> Leaves:
    rows = session.exec(
        select(DepartureRow, DeliveryRow.last_at)
        .join(DeliveryRow, col(DeliveryRow.id) == DepartureRow.delivery_id)
        .where(DeliveryRow.issue_id == issue_id)
    ).all()
    stayed = [row for row, _ in rows if row.undone_at is not None]
    left = [(row, mailed) for row, mailed in rows if row.undone_at is None]
    return Leaves(
        total=len(left),
        undone=len(stayed),
        ways=_tally([row.way for row, _ in left]),
        scopes=_tally([row.topic or "list" for row, _ in left]),
        reasons=_tally([_kind(row.reason) for row, _ in left if row.reason]),
        since_mail=_tally([_span(row.at - mailed) for row, mailed in left if mailed is not None]),
    )


def _tally(words: Sequence[str]) -> Mapping[str, int]:
    return _ordered(Counter(words))


def _span(passed: int) -> str:
    for name, most in _SPANS:
        if passed <= most.total_seconds():
            return name
    return LATER


def _growth_to(session: Session, issue: IssueRow) -> Growth | None:
    if issue.frozen_at is None:
        return None
    before = session.exec(
        select(func.max(col(IssueRow.frozen_at))).where(
            IssueRow.list_name == issue.list_name, col(IssueRow.frozen_at) < issue.frozen_at
        )
    ).one()
    return growth(session, issue.list_name, maybe_instant(before), instant(issue.frozen_at))
