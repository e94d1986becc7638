"""A list with readers and an issue of it, for tests of the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlmodel import Session

from newsletter.content.preferences import Preferences
from newsletter.store import issues, ledger, lists, migrations, subscribers
from newsletter.store.admission import Admission
from newsletter.store.database import Database
from newsletter.store.values import Claim, DeliveryState, Due, Fixed, Outcome, Skip
from tests.builders import make_digest, make_list

NOW = dt.datetime(2026, 2, 12, 7, 0, tzinfo=dt.UTC)
TODAY = NOW.date()
LIST = "ai-for-science"
SENDER = "1-00000001"


def migrate_to(database: Database, revision: str) -> None:
    """Makes the tables of an earlier version."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def everybody(_preferences: Preferences) -> Skip | None:
    return None


def those_who_chose(preferences: Preferences) -> Skip | None:
    return Skip.NOTHING_CHOSEN if preferences.follows == frozenset() else None


def sync(session: Session) -> None:
    lists.sync_list(session, make_list(), {}, now=NOW)


def join(session: Session, address: str, preferences: Preferences | None = None) -> Admission:
    return subscribers.add(
        session, LIST, address, preferences or Preferences(), consent_source="a test", now=NOW
    )


@dataclass(frozen=True)
class Stage:
    """An issue that is going out to some readers."""

    database: Database
    issue_id: int
    edition_id: int

    def due(self, now: dt.datetime = NOW) -> list[Due]:
        with self.database.read() as session:
            return ledger.due(session, self.issue_id, now=now, limit=1000)

    def commit(
        self, outcomes: Sequence[Outcome] = (), claims: Sequence[Claim] = (), sender: str = SENDER
    ) -> frozenset[int]:
        with self.database.write() as session:
            return ledger.commit(session, outcomes, claims, sender=sender)

    def claim(self, due: Due, at: dt.datetime = NOW) -> Claim:
        return Claim(
            delivery_id=due.delivery_id, fixed=due.fixed or self.facts(due), plan="{}", at=at
        )

    def facts(self, due: Due, **_: object) -> Fixed:
        return Fixed(
            edition=self.edition_id,
            address=due.address,
            preferences_id=due.preferences_id,
            message_id=f"<{due.delivery_id}@news.example.org>",
            date=NOW,
            key_id="abcd",
            encoding="8bit",
        )

    def view(self, delivery_id: int) -> ledger.DeliveryView:
        with self.database.read() as session:
            return ledger.delivery(session, delivery_id)

    def state(self, address: str) -> DeliveryState:
        with self.database.read() as session:
            view = ledger.delivery_for(session, self.issue_id, address)
        assert view is not None
        return view.state


def set_stage(database: Database, addresses: Sequence[str]) -> Stage:
    with database.write() as session:
        sync(session)
        for address in addresses:
            join(session, address)
        draft = issues.save_draft(session, make_digest(), NOW)
        edition = issues.freeze(session, draft.id, {"en": b"compiled"}, NOW)
        while issues.fan_out(session, draft.id, everybody, today=TODAY, chunk=1000):
            pass
        issues.begin_sending(session, draft.id)
    return Stage(database, draft.id, edition.id)


def outcome(
    delivery_id: int, state: DeliveryState = DeliveryState.SENT, **changes: object
) -> Outcome:
    values: dict[str, object] = {"relay": "relay.test", "stage": "body", "code": 250, "at": NOW}
    return Outcome(delivery_id=delivery_id, state=state, **(values | changes))  # type: ignore[arg-type]  # as given
