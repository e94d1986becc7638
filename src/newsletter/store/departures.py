"""Leaving, pausing and coming back: each takes effect on what is queued in its own transaction."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from sqlalchemy import text
from sqlmodel import Session, col, select

from newsletter.content.mailinglist import MailingList
from newsletter.content.preferences import Preferences
from newsletter.content.serial import load
from newsletter.content.topics import TopicTree
from newsletter.errors import NotFoundError
from newsletter.store.instants import instant, maybe_instant, seconds
from newsletter.store.selections import preferences_id, selected
from newsletter.store.tables import DepartureRow, ListRow, SubscriptionRow
from newsletter.store.values import Skip, SubscriptionState, Way
from newsletter.store.welcome_issues import bring_back, withdraw

_SKIP = text("""
UPDATE deliveries SET state = 'skipped', reason = :reason
WHERE subscriber_id = :subscriber AND state IN ('queued', 'deferred')
  AND issue_id IN (SELECT id FROM issues WHERE list_name = :list)
""")

# What an undone leave had taken out of an issue that is still going out, it gives back: at once,
# or at the hour that it was waiting for.
_RESTORE = text("""
UPDATE deliveries SET state = CASE WHEN due_at > 0 THEN 'deferred' ELSE 'queued' END, reason = ''
WHERE subscriber_id = :subscriber AND state = 'skipped' AND reason = :reason
  AND issue_id IN (SELECT id FROM issues WHERE list_name = :list
                   AND state IN ('frozen', 'sending', 'paused'))
  AND NOT EXISTS (SELECT 1 FROM suppressions x JOIN subscribers p ON p.address_key = x.address_key
                  WHERE p.id = :subscriber)
  AND NOT EXISTS (SELECT 1 FROM welcome_issues w WHERE w.issue_id = deliveries.issue_id
                  AND w.subscriber_id = :subscriber AND w.mail_id IS NOT NULL)
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A leaving: from the whole list, or from one topic if `topic` names it.

    `delivery_id` is the message whose link was followed, where one was.
    """

    list_name: str
    subscriber_id: int
    delivery_id: int | None
    way: Way
    topic: str
    reason: str
    at: dt.datetime
    undone_at: dt.datetime | None


def leave(
    session: Session,
    list_name: str,
    subscriber_id: int,
    *,
    way: Way,
    now: dt.datetime,
    delivery_id: int | None = None,
    topic: str = "",
    reason: str = "",
) -> bool:
    """Takes somebody off a list, or off one of its topics; whether anything changed.

    Whoever left already stays so, and no second departure is recorded. What is queued or deferred
    for them on that list is skipped with the whole list; with a topic, unsent mail follows their
    new choice.

    Raises:
        NotFoundError: they were never on the list, or the list has no such topic.
    """
    row = subscription(session, list_name, subscriber_id)
    if row.state == SubscriptionState.LEFT:
        return False
    if topic:
        if not _mute(session, row, topic):
            return False
    else:
        row.state, row.left_at = SubscriptionState.LEFT, seconds(now)
        session.add(row)
        session.flush()
        _skip(session, row, Skip.LEFT)
    session.add(
        DepartureRow(
            list_name=list_name,
            subscriber_id=subscriber_id,
            delivery_id=delivery_id,
            way=way,
            topic=topic,
            reason=reason,
            at=seconds(now),
        )
    )
    session.flush()
    return True


def undo_leave(
    session: Session, list_name: str, subscriber_id: int, now: dt.datetime, *, topic: str = ""
) -> bool:
    """Takes a leaving back, with what it had taken out of an issue still going out.

    Whether there was one to take back; its departure stays on record as undone.

    Raises:
        NotFoundError: they were never on the list.
    """
    row = subscription(session, list_name, subscriber_id)
    last = _last_departure(session, list_name, subscriber_id, topic)
    if last is None or (not topic and row.state != SubscriptionState.LEFT):
        return False
    last.undone_at = seconds(now)
    if topic:
        _unmute(session, row, topic)
    else:
        row.state, row.left_at = SubscriptionState.ACTIVE, None
        values = {"subscriber": subscriber_id, "list": list_name, "reason": Skip.LEFT}
        session.connection().execute(_RESTORE, values)
        bring_back(session, list_name, subscriber_id, now)
    session.add_all((row, last))
    session.flush()
    return True


def pause(
    session: Session,
    list_name: str,
    subscriber_id: int,
    until: dt.date | None,
    *,
    today: dt.date,
) -> None:
    """Holds mail back until the day `until`, on which it comes again; None ends a pause.

    Raises:
        NotFoundError: they were never on the list.
    """
    row = subscription(session, list_name, subscriber_id)
    row.paused_until = until
    session.add(row)
    session.flush()
    if until is not None and until > today:
        _skip(session, row, Skip.PAUSED)


def departures(session: Session, subscriber_id: int) -> tuple[Departure, ...]:
    """Every leaving of one person, the earliest first."""
    rows = session.exec(
        select(DepartureRow)
        .where(DepartureRow.subscriber_id == subscriber_id)
        .order_by(col(DepartureRow.id))
    )
    return tuple(
        Departure(
            list_name=row.list_name,
            subscriber_id=row.subscriber_id,
            delivery_id=row.delivery_id,
            way=Way(row.way),
            topic=row.topic,
            reason=row.reason,
            at=instant(row.at),
            undone_at=maybe_instant(row.undone_at),
        )
        for row in rows
    )


def subscription(session: Session, list_name: str, subscriber_id: int) -> SubscriptionRow:
    """The row of a subscription, locked until the transaction ends; for this package alone.

    Raises:
        NotFoundError: there is none.
    """
    row = session.exec(
        select(SubscriptionRow)
        .where(
            SubscriptionRow.list_name == list_name, SubscriptionRow.subscriber_id == subscriber_id
        )
        # Two leaves at once must not both think that they were the first.
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFoundError(f"subscriber {subscriber_id} is not on the list {list_name}")
    return row


def _skip(session: Session, row: SubscriptionRow, reason: Skip) -> None:
    values = {"subscriber": row.subscriber_id, "list": row.list_name, "reason": reason}
    session.connection().execute(_SKIP, values)
    withdraw(session, row.list_name, row.subscriber_id, reason)


def _mute(session: Session, row: SubscriptionRow, topic: str) -> bool:
    tree = _topics(session, row.list_name)
    if topic not in tree:
        raise NotFoundError(f"the list {row.list_name} has no topic {topic!r}")
    before = selected(session, row.preferences_id)
    if not before.gets(tree.lineage(topic)):
        return False
    follows = before.follows - {topic} if before.follows is not None else None
    return _choose(session, row, replace(before, follows=follows, mutes=before.mutes | {topic}))


def _unmute(session: Session, row: SubscriptionRow, topic: str) -> bool:
    before = selected(session, row.preferences_id)
    after = replace(before, mutes=before.mutes - {topic})
    if after.follows is not None and not after.gets(_topics(session, row.list_name).lineage(topic)):
        # It was followed by its own name. Where it came with the topic above, it does so again.
        after = replace(after, follows=after.follows | {topic})
    return _choose(session, row, after)


def _topics(session: Session, list_name: str) -> TopicTree:
    found = session.get(ListRow, list_name)
    return TopicTree(()) if found is None else load(MailingList, found.body).topics


def _choose(session: Session, row: SubscriptionRow, preferences: Preferences) -> bool:
    before = row.preferences_id
    row.preferences_id = preferences_id(session, preferences)
    session.add(row)
    session.flush()
    return row.preferences_id != before


def _last_departure(
    session: Session, list_name: str, subscriber_id: int, topic: str
) -> DepartureRow | None:
    query = select(DepartureRow).where(
        DepartureRow.list_name == list_name,
        DepartureRow.subscriber_id == subscriber_id,
        DepartureRow.topic == topic,
        col(DepartureRow.undone_at).is_(None),
    )
    return session.exec(query.order_by(col(DepartureRow.id).desc()).limit(1)).first()
