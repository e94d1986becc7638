"""The ledger's statements, for both databases; each that changes something is run for one row."""

from __future__ import annotations

from sqlalchemy import text

DUE = """
SELECT d.id, d.subscriber_id, COALESCE(d.address, p.address),
       COALESCE(d.preferences_id, s.preferences_id), d.attempts, d.first_at, d.edition_id,
       d.message_id, d.date, d.key_id, d.encoding
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
"""

DUE_CANARY = DUE.replace(
    "AND id > :after",
    "AND id > :after AND id IN (SELECT delivery_id FROM canary_deliveries WHERE issue_id = :issue)",
)

OUTCOME = """
UPDATE deliveries SET state = :state, last_at = :at, relay = :relay, stage = :stage, code = :code,
       enhanced = :enhanced, text = :text, reason = :reason, due_at = :due
WHERE id = :id AND state = 'sending' AND sender = :sender
"""
OUTCOME_NAMES = (
    *("id", "state", "at", "relay", "stage", "code", "enhanced", "text", "reason", "due"),
    "sender",
)

ATTEMPT = """
INSERT INTO attempts (delivery_id, at, state, relay, stage, code, enhanced, text)
VALUES (:id, :at, :state, :relay, :stage, :code, :enhanced, :text)
"""
ATTEMPT_NAMES = ("id", "state", "at", "relay", "stage", "code", "enhanced", "text")

PLAN = """
INSERT INTO plans (edition_id, preferences_id, body) VALUES (:edition, :preferences, :body)
ON CONFLICT DO NOTHING
"""
PLAN_NAMES = ("edition", "preferences", "body")

# The facts are fixed by the first `sending`: a later claim leaves them as they are.
CLAIM = """
UPDATE deliveries SET state = 'sending', sender = :sender, attempts = attempts + 1,
       first_at = COALESCE(first_at, :at), last_at = :at,
       edition_id = COALESCE(edition_id, :edition), address = COALESCE(address, :address),
       preferences_id = COALESCE(preferences_id, :preferences),
       message_id = COALESCE(message_id, :message_id), date = COALESCE(date, :date),
       key_id = COALESCE(key_id, :key_id), encoding = COALESCE(encoding, :encoding)
WHERE id = :id AND state IN ('queued', 'deferred')
  AND EXISTS (SELECT 1 FROM issues i
              JOIN subscriptions s ON s.list_name = i.list_name
              JOIN subscribers p ON p.id = s.subscriber_id
              WHERE i.id = deliveries.issue_id AND i.state = 'sending'
                AND s.subscriber_id = deliveries.subscriber_id AND s.state = 'active'
                AND (s.paused_until IS NULL OR s.paused_until <= :tomorrow)
                AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.address_key = p.address_key))
"""
CLAIM_NAMES = (
    *("id", "edition", "address", "preferences", "message_id", "date", "key_id", "encoding", "at"),
    *("sender", "tomorrow"),
)

# A claim is refused to who left while the row was being made; such a row must not wait for ever.
REFUSED = """
UPDATE deliveries SET state = 'skipped', reason = CASE
    WHEN EXISTS (SELECT 1 FROM suppressions x JOIN subscribers p ON p.address_key = x.address_key
                 WHERE p.id = deliveries.subscriber_id) THEN :suppressed
    WHEN EXISTS (SELECT 1 FROM issues i JOIN subscriptions s ON s.list_name = i.list_name
                 WHERE i.id = deliveries.issue_id AND s.subscriber_id = deliveries.subscriber_id
                   AND s.state = 'active') THEN :paused
    ELSE :gone END
WHERE id = :id AND state IN ('queued', 'deferred')
  AND EXISTS (SELECT 1 FROM issues i WHERE i.id = deliveries.issue_id AND i.state = 'sending')
"""
REFUSED_NAMES = ("id", "suppressed", "paused", "gone")

SKIP = """
UPDATE deliveries SET state = 'skipped', reason = :reason
WHERE id = :id AND state IN ('queued', 'deferred')
"""
SKIP_NAMES = ("id", "reason")

# Their age counts from here, or the last of a provider that never answers would wait for ever.
SET_ASIDE = """
UPDATE deliveries SET state = 'deferred', due_at = :due, reason = :reason,
       first_at = COALESCE(first_at, :at)
WHERE id = :id AND state IN ('queued', 'deferred')
"""
ASIDE_NAMES = ("id", "reason", "at", "due")

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
