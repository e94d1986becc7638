"""A database with many readers, each with their own selection, and an issue of a given size."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

from sqlalchemy import text

from newsletter.content.digest import Digest
from newsletter.content.entry import Entry, EntryText, Tier
from newsletter.content.links import Links
from newsletter.content.planning import plan
from newsletter.content.preferences import Preferences
from newsletter.content.serial import dump
from newsletter.content.topics import GENERAL, Topic, TopicTree
from newsletter.packaged import packaged
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.compiling import compile_issue
from newsletter.rendering.encoding import Encoding
from newsletter.rendering.templates import load_template
from newsletter.store import issues, lists
from newsletter.store.database import Database
from newsletter.tokens import Keyring
from tests.builders import make_digest, make_entry, make_values

NOW = dt.datetime(2026, 2, 12, 7, 0, tzinfo=dt.UTC)
KEYRING = Keyring.of(["a key of sufficient length for a bench"])
SUBJECTS = 12
"""Topics to choose from: 4 095 ways to follow at least one."""

TOPICS = TopicTree(
    (
        *(
            Topic(name=f"subject-{n}", titles={"en": f"Subject {n}"}, keywords=(f"subject{n}",))
            for n in range(SUBJECTS)
        ),
        Topic(name=GENERAL, titles={"en": "General"}),
    )
)
_SUMMARY = (
    "A model of the potential energy surface is trained on forces alone, checked on seven systems "
    "that it has not seen, and run for a microsecond without a single bond breaking; the code, the "
    "weights and every trajectory are public, so that the claim can be tested by whoever doubts it."
)


def selection(number: int, html: bool = True) -> Preferences:
    """The `number`th of as many different selections as are wanted."""
    chosen, limit = number % (2**SUBJECTS - 1) + 1, number // (2**SUBJECTS - 1)
    return Preferences(
        follows=frozenset(f"subject-{n}" for n in range(SUBJECTS) if chosen >> n & 1),
        most=1000 - limit if limit else None,
        html=html,
    )


def entry(number: int) -> Entry:
    """Half of them are general, the others on one subject each."""
    subject = f" in subject{number // 2 % SUBJECTS}" if number % 2 else ""
    texts = {
        "en": EntryText(summary=f"{_SUMMARY} ({number})"),
        "zh": EntryText(summary="摘要。" * 40),
    }
    return make_entry(
        number, tier=Tier.NOTABLE, title=f"Paper {number}: forces and fields{subject}", texts=texts
    )


def digest_of(entries: int) -> Digest:
    return make_digest(
        [entry(number) for number in range(1, entries + 1)], topics=TOPICS, languages=("en",)
    )


def compiled(digest: Digest, languages: tuple[str, ...] = ("en",)) -> Compiled:
    template = load_template([packaged("templates")], "weekly")
    return compile_issue(template, digest, languages, links=Links(digest.list.public_url))


def samples(digest: Digest, form: Compiled, html: bool, count: int = 64) -> list[bytes]:
    """Messages of some of the readers."""
    every = (2**SUBJECTS - 1) // count
    return [
        form.assemble(
            plan(digest, selection(number * every, html), form), make_values(), Encoding.EIGHT_BIT
        )
        for number in range(count)
    ]


def octets(messages: list[bytes]) -> int:
    """Their mean size."""
    return sum(map(len, messages)) // len(messages)


def sized(wanted: int, html: bool) -> tuple[Digest, Compiled]:
    """A digest whose messages have about `wanted` octets on average."""
    few, many = 2, 60
    sizes = [octets(samples(digest_of(n), compiled(digest_of(n)), html)) for n in (few, many)]
    each = (sizes[1] - sizes[0]) / (many - few)
    digest = digest_of(max(1, round(few + (wanted - sizes[0]) / each)))
    return digest, compiled(digest)


def set_stage(
    path: Path, digest: Digest, form: Compiled, readers: int, distinct: int, html: bool = True
) -> int:
    """A new database whose issue, of the id given, is frozen; its readers are made in bulk."""
    database = Database.open(f"sqlite:///{path}")
    try:
        database.upgrade()
        with database.write() as session:
            lists.sync_list(session, digest.list, {}, now=NOW)
            draft = issues.save_draft(session, digest, NOW)
            issues.freeze(session, draft.id, {"en": form.dumps()}, NOW)
            connection = session.connection()
            for start in range(0, distinct, 5000):
                numbers = range(start, min(start + 5000, distinct))
                bodies = [dump(selection(number, html)) for number in numbers]
                rows = [{"id": hashlib.sha256(b.encode()).hexdigest(), "body": b} for b in bodies]
                connection.execute(_PREFERENCES, rows)
            for statement in _PEOPLE:
                connection.execute(statement, {"readers": readers, "distinct": distinct})
        return draft.id
    finally:
        database.close()


_PREFERENCES = text("INSERT INTO preferences (digest, body) VALUES (:id, :body)")
_PEOPLE = (
    text("""
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :readers)
    INSERT INTO subscribers (id, address, address_key, created_at)
    SELECT i, 'reader' || i || '@example.org', 'reader' || i || '@example.org', 0 FROM n
    """),
    text("""
    INSERT INTO subscriptions (list_name, subscriber_id, state, preferences_id, consent_source,
                               created_at)
    SELECT 'ai-for-science', id, 'active', 1 + id % :distinct, 'bench', 0 FROM subscribers
    """),
)
