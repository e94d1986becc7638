"""How much waits, in numbers without a person in them: what a monitor watches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlmodel import Session

from newsletter.store.instants import instant

# Of issues that have ended nothing waits, and counting their rows would take ever longer.
_WAITING = text("""
SELECT i.state, d.state, count(*) FROM issues i JOIN deliveries d ON d.issue_id = i.id
WHERE i.state IN ('frozen', 'sending', 'paused')
  AND d.state IN ('queued', 'sending', 'deferred', 'in doubt')
GROUP BY i.state, d.state
""")
_ISSUES = text("SELECT state, count(*) FROM issues GROUP BY state")
_OUTBOX = text("""
SELECT state, count(*) FROM outbox
WHERE state IN ('queued', 'sending', 'deferred', 'in doubt') GROUP BY state
""")
_FINISHED = text("""
SELECT list_name, max(finished_at) FROM issues WHERE finished_at IS NOT NULL GROUP BY list_name
""")
# Only the one that was tried last: another is none of the settings any more.
_MAILBOXES = text("""
SELECT place, read_at FROM readings
WHERE read_at IS NOT NULL AND tried_at = (SELECT max(tried_at) FROM readings)
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """`waiting` is keyed by the states of issue and delivery, `finished` by list, `mailboxes` by
    place: when each was last read."""

    waiting: Mapping[tuple[str, str], int]
    issues: Mapping[str, int]
    outbox: Mapping[str, int]
    finished: Mapping[str, dt.datetime]
    mailboxes: Mapping[str, dt.datetime]


def gauges(session: Session) -> Gauges:
    """What stands in the database now."""
    ask = session.connection().execute
    return Gauges(
        waiting={(issue, state): number for issue, state, number in ask(_WAITING)},
        issues=_numbers(ask(_ISSUES)),
        outbox=_numbers(ask(_OUTBOX)),
        finished={name: instant(at) for name, at in ask(_FINISHED)},
        mailboxes={place: instant(at) for place, at in ask(_MAILBOXES)},
    )


def _numbers(rows: Iterable[Row[Any]]) -> dict[str, int]:
    return dict(map(tuple, rows))
