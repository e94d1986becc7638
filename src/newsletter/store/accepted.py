"""How many messages a relay has accepted since a moment."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text
from sqlmodel import Session

from newsletter.store.instants import seconds

# Only issues that were going out since then: the index leads to their rows alone.
_ACCEPTED = text("""
SELECT (SELECT count(*) FROM deliveries d JOIN issues i ON i.id = d.issue_id
        WHERE (i.finished_at IS NULL OR i.finished_at >= :since)
          AND d.state IN ('sent', 'bounced') AND d.relay = :relay AND d.last_at >= :since)
     + (SELECT count(*) FROM outbox
        WHERE state IN ('sent', 'bounced') AND relay = :relay AND last_at >= :since)
""")


def accepted_since(session: Session, relay: str, since: dt.datetime) -> int:
    """Messages of issues and of the outbox that the relay of that name has taken since then."""
    values = {"relay": relay, "since": seconds(since)}
    return int(session.connection().execute(_ACCEPTED, values).scalar_one())
