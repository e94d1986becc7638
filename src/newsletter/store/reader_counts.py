"""What the readers of a list chose, in numbers: languages, form, time zones, pauses."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from newsletter.content.preferences import Preferences
from newsletter.content.serial import load
from newsletter.store.tables import (
    PreferencesRow,
    SubscriberRow,
    SubscriptionRow,
    SuppressionRow,
)
from newsletter.store.values import SubscriptionState


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderCounts:
    """Numbers of active readers, the greatest first: `languages` as `en+zh`, `zones` with "" for
    the list's own. Those who are `paused` or `suppressed` are among them."""

    languages: Mapping[str, int]
    formats: Mapping[str, int]
    zones: Mapping[str, int]
    paused: int
    suppressed: int


def reader_counts(session: Session, list_name: str, today: dt.date) -> ReaderCounts:
    """The readers of a list by what they chose; `today` is the day by which a pause is judged."""
    active = (
        SubscriptionRow.list_name == list_name,
        SubscriptionRow.state == SubscriptionState.ACTIVE,
    )
    number = select(func.count()).select_from(SubscriptionRow).where(*active)
    paused = number.where(col(SubscriptionRow.paused_until) > today)
    suppressed = number.join(
        SubscriberRow, col(SubscriberRow.id) == SubscriptionRow.subscriber_id
    ).join(SuppressionRow, col(SuppressionRow.address_key) == SubscriberRow.address_key)
    zones = session.exec(
        select(SubscriptionRow.zone, func.count()).where(*active).group_by(SubscriptionRow.zone)
    )
    languages, formats = _by_choice(session, *active)
    return ReaderCounts(
        languages=dict(languages.most_common()),
        formats=dict(formats.most_common()),
        zones=dict(Counter(dict(zones.all())).most_common()),
        paused=session.exec(paused).one(),
        suppressed=session.exec(suppressed).one(),
    )


def _by_choice(session: Session, *active: Any) -> tuple[Counter[str], Counter[str]]:
    """Readers by their languages, and by the form of their mail."""
    languages: Counter[str] = Counter()
    formats: Counter[str] = Counter()
    choices = session.exec(
        select(PreferencesRow.body, func.count())
        .join(SubscriptionRow, col(SubscriptionRow.preferences_id) == PreferencesRow.id)
        .where(*active)
        .group_by(col(PreferencesRow.id), col(PreferencesRow.body))
    )
    for body, people in choices:
        choice = load(Preferences, body)
        languages["+".join(choice.languages)] += people
        formats["HTML" if choice.html else "text"] += people
    return languages, formats
