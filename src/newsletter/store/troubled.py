"""Which domains have the most deliveries that wait or have failed."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session

_TROUBLED = text("""
SELECT domain, sum(CASE state WHEN 'deferred' THEN 1 ELSE 0 END) AS deferred,
       sum(CASE state WHEN 'failed' THEN 1 ELSE 0 END) AS failed
FROM deliveries WHERE issue_id = :issue AND state IN ('deferred', 'failed')
GROUP BY domain ORDER BY count(*) DESC, domain LIMIT :most
""")


class Trouble(NamedTuple):
    """A domain's deliveries of an issue that wait or have failed."""

    domain: str
    deferred: int
    failed: int


def troubled_domains(session: Session, issue_id: int, most: int = 5) -> tuple[Trouble, ...]:
    """The `most` domains with the most of them, the worst first."""
    rows = session.connection().execute(_TROUBLED, {"issue": issue_id, "most": most})
    return tuple(Trouble(domain, int(deferred), int(failed)) for domain, deferred, failed in rows)
