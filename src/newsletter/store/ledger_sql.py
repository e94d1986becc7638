"""The ledger's statements, for both databases.

The rows of a group travel as one JSON parameter, so that a group costs one statement, whatever
its size, and the statement stays the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import text

from newsletter.store.direct import Within, on_driver, spelt

Fields = tuple[tuple[str, str], ...]
"""Names of a row's items, in their order, and their types on PostgreSQL."""

DUE = text("""
SELECT d.id, d.subscriber_id, d.attempts, d.first_at, d.edition_id, d.message_id, d.date,
       d.key_id, d.encoding,
       COALESCE(d.address, p.address) AS address,
       COALESCE(d.preferences_id, s.preferences_id) AS preferences_id
FROM (SELECT * FROM (SELECT * FROM deliveries
                     WHERE issue_id = :issue AND state = 'queued' AND id > :after
                     ORDER BY id LIMIT :limit) AS fresh
      UNION ALL
      SELECT * FROM (SELECT * FROM deliveries
                     WHERE issue_id = :issue AND state = 'deferred' AND id > :after
                       AND due_at <= :now
                     ORDER BY id LIMIT :limit) AS again) AS d
JOIN issues i ON i.id = d.issue_id
JOIN subscribers p ON p.id = d.subscriber_id
JOIN subscriptions s ON s.list_name = i.list_name AND s.subscriber_id = d.subscriber_id
ORDER BY d.id LIMIT :limit
""")

DUE_CANARY = text(
    DUE.text.replace(
        "AND id > :after",
        "AND id > :after AND id IN "
        "(SELECT delivery_id FROM canary_deliveries WHERE issue_id = :issue)",
    )
)

OUTCOME_FIELDS: Fields = (
    ("id", "bigint"),
    ("state", "text"),
    ("at", "bigint"),
    ("relay", "text"),
    ("stage", "text"),
    ("code", "int"),
    ("enhanced", "text"),
    ("text", "text"),
    ("reason", "text"),
    ("due", "bigint"),
)

OUTCOMES = """
UPDATE deliveries SET state = o.state, last_at = o.at, relay = o.relay, stage = o.stage,
       code = o.code, enhanced = o.enhanced, text = o.text, reason = o.reason, due_at = o.due
FROM ({rows}) AS o
WHERE deliveries.id = o.id AND deliveries.state = 'sending' AND deliveries.sender = :sender
RETURNING deliveries.id
"""

ATTEMPTS = """
INSERT INTO attempts (delivery_id, at, state, relay, stage, code, enhanced, text)
SELECT o.id, o.at, o.state, o.relay, o.stage, o.code, o.enhanced, o.text FROM ({rows}) AS o
"""

PLANS = """
INSERT INTO plans (edition_id, preferences_id, body)
SELECT o.edition, o.preferences, o.body FROM ({rows}) AS o WHERE true
ON CONFLICT DO NOTHING
"""

PLAN_FIELDS: Fields = (
    ("edition", "bigint"),
    ("preferences", "bigint"),
    ("body", "text"),
)

CLAIM_FIELDS: Fields = (
    ("id", "bigint"),
    ("edition", "bigint"),
    ("address", "text"),
    ("preferences", "bigint"),
    ("message_id", "text"),
    ("date", "bigint"),
    ("key_id", "text"),
    ("encoding", "text"),
    ("at", "bigint"),
)

# The facts are fixed by the first `sending`: a later claim leaves them as they are.
CLAIMS = """
UPDATE deliveries SET state = 'sending', sender = :sender, attempts = attempts + 1,
       first_at = COALESCE(first_at, c.at), last_at = c.at,
       edition_id = COALESCE(edition_id, c.edition),
       address = COALESCE(deliveries.address, c.address),
       preferences_id = COALESCE(preferences_id, c.preferences),
       message_id = COALESCE(deliveries.message_id, c.message_id),
       date = COALESCE(deliveries.date, c.date), key_id = COALESCE(deliveries.key_id, c.key_id),
       encoding = COALESCE(deliveries.encoding, c.encoding)
FROM ({rows}) AS c
WHERE deliveries.id = c.id AND deliveries.state IN ('queued', 'deferred')
  AND EXISTS (SELECT 1 FROM issues i
              JOIN subscriptions s ON s.list_name = i.list_name
              JOIN subscribers p ON p.id = s.subscriber_id
              WHERE i.id = deliveries.issue_id AND i.state = 'sending'
                AND s.subscriber_id = deliveries.subscriber_id AND s.state = 'active'
                AND (s.paused_until IS NULL OR s.paused_until <= :tomorrow)
                AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.address_key = p.address_key))
RETURNING deliveries.id
"""

# A claim is refused to who left while the row was being made; such a row must not wait for ever.
REFUSED = """
UPDATE deliveries SET state = 'skipped', reason = CASE
    WHEN EXISTS (SELECT 1 FROM suppressions x JOIN subscribers p ON p.address_key = x.address_key
                 WHERE p.id = deliveries.subscriber_id) THEN :suppressed
    WHEN EXISTS (SELECT 1 FROM issues i JOIN subscriptions s ON s.list_name = i.list_name
                 WHERE i.id = deliveries.issue_id AND s.subscriber_id = deliveries.subscriber_id
                   AND s.state = 'active') THEN :paused
    ELSE :gone END
WHERE id IN (SELECT id FROM ({rows}) AS c) AND state IN ('queued', 'deferred')
  AND EXISTS (SELECT 1 FROM issues i WHERE i.id = deliveries.issue_id AND i.state = 'sending')
"""

SKIP = """
UPDATE deliveries SET state = 'skipped', reason = :reason
WHERE id IN (SELECT id FROM ({rows}) AS c) AND state IN ('queued', 'deferred')
"""

ASIDE_FIELDS: Fields = (
    ("id", "bigint"),
    ("reason", "text"),
    ("at", "bigint"),
    ("due", "bigint"),
)

# Their age counts from here, or the last of a provider that never answers would wait for ever.
SET_ASIDE = """
UPDATE deliveries SET state = 'deferred', due_at = o.due, reason = o.reason,
       first_at = COALESCE(first_at, o.at)
FROM ({rows}) AS o
WHERE deliveries.id = o.id AND deliveries.state IN ('queued', 'deferred')
"""

SENDERS = text(
    "SELECT DISTINCT sender FROM deliveries WHERE issue_id = :issue AND state = 'sending'"
)
ABANDON = text("""
UPDATE deliveries SET state = :state, last_at = :now, stage = '', code = 0, enhanced = '',
       text = '', reason = 'its sender ended before the relay answered'
WHERE issue_id = :issue AND state = 'sending' AND sender = :sender
RETURNING id
""")
LOST = text("""
INSERT INTO attempts (delivery_id, at, state, relay, stage, code, enhanced, text)
VALUES (:id, :now, 'in doubt', '', '', 0, '', 'its sender ended before the relay answered')
""")

IDS: Fields = (("id", "bigint"),)


@cache
def prepared(statement: str, fields: Fields, dialect: str) -> str:
    """`statement` in the driver's own spelling, with the rows of the JSON parameter `:rows`,
    named by `fields`, at `{rows}`."""
    if dialect == "postgresql":
        columns = (f"(value ->> {at})::{kind} AS {name}" for at, (name, kind) in enumerate(fields))
        source = "jsonb_array_elements(CAST(:rows AS jsonb))"
    else:
        # Not `->>`, which SQLite has only since 3.38.
        columns = (
            f"json_extract(value, '$[{at}]') AS {name}" for at, (name, _) in enumerate(fields)
        )
        source = "json_each(:rows)"
    rows = " ".join(("SELECT", ", ".join(columns), "FROM", source))
    return spelt(statement.format(rows=rows), dialect)


def run(
    within: Within, statement: str, fields: Fields, rows: list[Any], **values: Any
) -> Sequence[Any]:
    """Runs `statement` over `rows`, tuples in the order of `fields`."""
    cursor, dialect = on_driver(within)
    cursor.execute(prepared(statement, fields, dialect), {"rows": json.dumps(rows), **values})
    return cursor.fetchall() if cursor.description else []
