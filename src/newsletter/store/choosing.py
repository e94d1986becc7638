"""Choosing anew what a list sends and when, on record: what, by what way, when."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from sqlmodel import Session

from newsletter.content.choosing import Change, Choices, changes
from newsletter.store.choice_changes import record
from newsletter.store.departures import pause, subscription
from newsletter.store.selections import selected
from newsletter.store.subscribers import set_preferences, set_zone
from newsletter.store.tables import SubscriptionRow
from newsletter.store.values import Way


def choose(
    session: Session,
    list_name: str,
    subscriber_id: int,
    wanted: Choices,
    *,
    way: Way,
    now: dt.datetime,
    today: dt.date,
) -> tuple[Change, ...]:
    """Makes `wanted` what somebody gets of a list, from the next message on; what that changed.

    `today` is the day by which a pause is judged; one that is over is as good as none.

    Raises:
        NotFoundError: they are not on the list.
    """
    row = subscription(session, list_name, subscriber_id)
    before, after = _lasting(choices_of(session, row), today), _lasting(wanted, today)
    found = changes(before, after)
    if after.preferences != before.preferences:
        set_preferences(session, list_name, subscriber_id, after.preferences)
    if after.zone != before.zone:
        set_zone(session, list_name, subscriber_id, after.zone)
    if after.paused_until != before.paused_until:
        pause(session, list_name, subscriber_id, after.paused_until, today=today)
    record(session, subscriber_id, found, list_name=list_name, way=way, now=now)
    return found


def choices_of(session: Session, row: SubscriptionRow) -> Choices:
    """What a subscription has chosen; for this package alone."""
    return Choices(
        preferences=selected(session, row.preferences_id),
        paused_until=row.paused_until,
        zone=row.zone,
    )


def _lasting(choices: Choices, today: dt.date) -> Choices:
    over = choices.paused_until is not None and choices.paused_until <= today
    return replace(choices, paused_until=None) if over else choices
