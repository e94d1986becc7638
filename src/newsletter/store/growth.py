"""How a list grows: how often people joined it and left it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, and_, col, select

from newsletter.store.choice_changes import CONSENT
from newsletter.store.choice_tables import ChangeRow
from newsletter.store.instants import seconds
from newsletter.store.tables import DepartureRow, SubscriptionRow
from newsletter.store.values import SubscriptionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How often people joined a list and left it in a span of time, however they did; who comes
    back joins once more. The erased are in neither number."""

    since: dt.datetime | None
    until: dt.datetime
    joined: int
    left: Mapping[str, int]


def growth(
    session: Session, list_name: str, since: dt.datetime | None, until: dt.datetime
) -> Growth:
    """How often people joined and left after `since`, None for ever, and no later than `until`."""
    first, last = (seconds(since) if since else -1), seconds(until)
    return Growth(
        since=since,
        until=until,
        joined=_joined(session, list_name, first, last),
        left=_left(session, list_name, first, last),
    )


def _joined(session: Session, list_name: str, first: int, last: int) -> int:
    """The joining of those who are new, and of those who came back."""
    new = (
        select(func.count())
        .select_from(SubscriptionRow)
        .where(
            SubscriptionRow.list_name == list_name,
            SubscriptionRow.state != SubscriptionState.PENDING,
            SubscriptionRow.created_at > first,
            SubscriptionRow.created_at <= last,
        )
    )
    again = (
        select(func.count())
        .select_from(ChangeRow)
        .where(
            ChangeRow.list_name == list_name,
            ChangeRow.what == CONSENT,
            ChangeRow.at > first,
            ChangeRow.at <= last,
        )
    )
    return session.exec(new).one() + session.exec(again).one()


def _left(session: Session, list_name: str, first: int, last: int) -> dict[str, int]:
    """The leaving by way, the commonest first."""
    rows = session.exec(
        select(DepartureRow.way, func.count())
        .join(
            SubscriptionRow,
            and_(
                col(SubscriptionRow.subscriber_id) == DepartureRow.subscriber_id,
                col(SubscriptionRow.list_name) == DepartureRow.list_name,
            ),
        )
        .where(
            DepartureRow.list_name == list_name,
            DepartureRow.topic == "",
            col(DepartureRow.undone_at).is_(None),
            DepartureRow.at > first,
            DepartureRow.at <= last,
        )
        .group_by(col(DepartureRow.way))
        .order_by(func.count().desc(), col(DepartureRow.way))
    )
    return dict(rows.all())
