"""All that is stored of one person: as a history to read, and whole, as the law lets them ask."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, or_, select
from sqlmodel import Session, SQLModel, col
from sqlmodel import select as rows_of

from newsletter.addresses import address_key
from newsletter.store.choice_tables import ChangeRow
from newsletter.store.erasures import Erasure
from newsletter.store.instants import instant
from newsletter.store.mentions import reports_naming
from newsletter.store.tables import (
    AttemptRow,
    DeliveryRow,
    DepartureRow,
    FeedbackRow,
    IssueRow,
    MailRow,
    SubscriptionRow,
    SuppressionRow,
)
from newsletter.store.values import DeliveryState, SubscriptionState
from newsletter.store.welcome_tables import WelcomeIssueRow

_BY_ADDRESS = ("suppressions", "outbox", "confirmations", "editors")
# The whole bytes of a mail, of which its other columns tell, and what would let somebody in.
_NOT_THEIRS = frozenset({"content", "session", "link"})
_CAME_BACK = {
    "lifted": "may be mailed again",
    "unproven": "a report that anybody could have written",
    "dismissed": "a report that was passed over",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a person on a list; `list_name` is "" when it was on all."""

    at: dt.datetime
    what: str
    list_name: str = ""
    issue: str = ""
    detail: str = ""


def history(
    session: Session, subscriber_id: int, address: str, *, erased: Erasure | None = None
) -> tuple[Event, ...]:
    """Everything that happened to a person, the earliest first; `erased` is what was done to the
    one who had their address before, if anybody."""
    events = [
        *_erasures(erased),
        *_consents(session, subscriber_id),
        *_changes(session, subscriber_id),
        *_deliveries(session, subscriber_id),
        *_with_a_welcome(session, subscriber_id),
        *_departures(session, subscriber_id),
        *_feedback(session, subscriber_id),
        *_suppressions(session, address),
    ]
    return tuple(sorted(events, key=lambda event: event.at))


def _erasures(erased: Erasure | None) -> Iterator[Event]:
    if erased is not None:
        yield Event(at=erased.at, what="erased", detail=erased.reason)


def everything(session: Session, subscriber_id: int, address: str) -> Mapping[str, Any]:
    """Every row that tells of a person, by table, instants in ISO 8601."""
    found: dict[str, list[dict[str, Any]]] = {}
    tables = SQLModel.metadata.tables
    for name, table in sorted(tables.items()):
        theirs = [table.c.subscriber_id == subscriber_id] if "subscriber_id" in table.c else []
        if name in _BY_ADDRESS:
            theirs.append(table.c.address_key == address_key(address))
        if name == "feedback":
            theirs.append(table.c.id.in_(reports_naming(session, address)))
        if theirs:
            found[name] = _rows(session, table, or_(*theirs))
    person = tables["subscribers"]
    found["subscribers"] = _rows(session, person, person.c.id == subscriber_id)
    attempts, opened = tables["attempts"], tables["recent_clicks"]
    deliveries = select(DeliveryRow.id).where(col(DeliveryRow.subscriber_id) == subscriber_id)  # type: ignore[call-overload]  # SQLModel's id may be None
    found["attempts"] = _rows(session, attempts, attempts.c.delivery_id.in_(deliveries))
    found["recent_clicks"] = _rows(session, opened, opened.c.delivery_id.in_(deliveries))
    choices = tables["preferences"]
    chosen = {
        row["preferences_id"]
        for name in ("subscriptions", "deliveries", "confirmations")
        for row in found[name]
    }
    found["preferences"] = _rows(session, choices, choices.c.id.in_(chosen))
    return {name: rows for name, rows in found.items() if rows}


def _rows(session: Session, table: Table, wanted: Any) -> list[dict[str, Any]]:
    rows = session.connection().execute(select(table).where(wanted)).mappings()
    return [{k: _told(k, v) for k, v in row.items() if k not in _NOT_THEIRS} for row in rows]


def _told(column: str, value: Any) -> Any:
    is_instant = column == "at" or column.endswith("_at")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return instant(value).isoformat() if is_instant and isinstance(value, int) else value


def _consents(session: Session, subscriber_id: int) -> Iterator[Event]:
    query = rows_of(SubscriptionRow).where(SubscriptionRow.subscriber_id == subscriber_id)
    for row in session.exec(query):
        at = instant(row.consent_at if row.consent_at is not None else row.created_at)
        what = "asked to join" if row.state == SubscriptionState.PENDING else "joined"
        yield Event(at=at, what=what, list_name=row.list_name, detail=row.consent_source)


def _changes(session: Session, subscriber_id: int) -> Iterator[Event]:
    query = rows_of(ChangeRow).where(ChangeRow.subscriber_id == subscriber_id)
    for row in session.exec(query.order_by(col(ChangeRow.id))):
        yield Event(
            at=instant(row.at),
            what=f"changed {row.what}",
            list_name=row.list_name,
            detail=", ".join(filter(None, (f"by {row.way}", row.how))),
        )


def _deliveries(session: Session, subscriber_id: int) -> Iterator[Event]:
    query = (
        rows_of(DeliveryRow, IssueRow.list_name, IssueRow.name, IssueRow.created_at)
        .join(IssueRow, col(IssueRow.id) == DeliveryRow.issue_id)
        .where(DeliveryRow.subscriber_id == subscriber_id)
    )
    for row, list_name, issue, made in session.exec(query):
        for attempt in session.exec(rows_of(AttemptRow).where(AttemptRow.delivery_id == row.id)):
            detail = f"{attempt.code or ''} {attempt.text}".strip()
            what = f"attempt: {attempt.state}"
            yield Event(
                at=instant(attempt.at), what=what, list_name=list_name, issue=issue, detail=detail
            )
        at = instant(row.last_at if row.last_at is not None else made)
        what, why = _answered(row)
        yield Event(at=at, what=what, list_name=list_name, issue=issue, detail=why)


def _answered(row: DeliveryRow) -> tuple[str, str]:
    """What became of a delivery by its last attempt, and why; a bounce came later, and has a line
    of its own among the feedback."""
    if row.state == DeliveryState.SENT:
        return "accepted by the relay", row.reason
    if row.state != DeliveryState.BOUNCED:
        return row.state, row.reason
    # It may have come back without the relay's answer ever having been seen.
    return "accepted by the relay" if row.code // 100 == 2 else DeliveryState.IN_DOUBT, ""


def _with_a_welcome(session: Session, subscriber_id: int) -> Iterator[Event]:
    query = (
        rows_of(WelcomeIssueRow, MailRow, IssueRow)
        .join(MailRow, col(MailRow.id) == WelcomeIssueRow.mail_id)
        .join(IssueRow, col(IssueRow.id) == WelcomeIssueRow.issue_id)
        .where(WelcomeIssueRow.subscriber_id == subscriber_id)
    )
    for made, mail, issue in session.exec(query):
        what = "accepted by the relay" if mail.state == DeliveryState.SENT else mail.state
        yield Event(
            at=instant(mail.last_at if mail.last_at is not None else made.at),
            what=what,
            list_name=issue.list_name,
            issue=issue.name,
            detail=": ".join(filter(None, ("behind the welcome", mail.reason))),
        )


def _departures(session: Session, subscriber_id: int) -> Iterator[Event]:
    query = (
        rows_of(DepartureRow, IssueRow.name, DeliveryRow.last_at)
        .outerjoin(DeliveryRow, col(DeliveryRow.id) == DepartureRow.delivery_id)
        .outerjoin(IssueRow, col(IssueRow.id) == DeliveryRow.issue_id)
        .where(DepartureRow.subscriber_id == subscriber_id)
    )
    for row, issue, mailed in session.exec(query):
        scope = f"the topic {row.topic}" if row.topic else "the list"
        since = f"{dt.timedelta(seconds=row.at - mailed)} after the mail" if mailed else ""
        said = (f"by {row.way}", since, row.reason)
        what, detail = f"left {scope}", ", ".join(filter(None, said))
        place = {"list_name": row.list_name, "issue": issue or ""}
        yield Event(at=instant(row.at), what=what, detail=detail, **place)
        if row.undone_at is not None:
            yield Event(at=instant(row.undone_at), what=f"came back to {scope}", **place)


def _feedback(session: Session, subscriber_id: int) -> Iterator[Event]:
    query = (
        rows_of(FeedbackRow, IssueRow.list_name, IssueRow.name)
        .outerjoin(DeliveryRow, col(DeliveryRow.id) == FeedbackRow.delivery_id)
        .outerjoin(IssueRow, col(IssueRow.id) == DeliveryRow.issue_id)
        .where(FeedbackRow.subscriber_id == subscriber_id)
    )
    for row, list_name, issue in session.exec(query):
        yield Event(
            at=instant(row.at),
            what=_CAME_BACK.get(row.kind, f"{row.kind} came back"),
            list_name=list_name or "",
            issue=issue or "",
            detail=": ".join(filter(None, (row.judgement, row.text))),
        )


def _suppressions(session: Session, address: str) -> Iterator[Event]:
    row = session.get(SuppressionRow, address_key(address))
    if row is not None:
        detail = ": ".join(filter(None, (row.reason, row.detail)))
        yield Event(at=instant(row.at), what="suppressed", detail=detail)
