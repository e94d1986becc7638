"""An issue that was accepted by the relay for some readers, for tests of what comes back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from newsletter.content.entry import Period
from newsletter.store import issues, ledger
from newsletter.store.database import Database
from newsletter.store.departures import departures
from newsletter.store.subscribers import Subscriber, show
from newsletter.store.tables import DeliveryRow
from newsletter.store.values import DeliveryState, Way
from newsletter.tracking.inbound import Taken, take_in
from tests.builders import WEEK, make_digest
from tests.store.stage import NOW, TODAY, Stage, everybody, outcome, set_stage
from tests.tracking.returned_mail import RING, message_id


@dataclass(frozen=True)
class Mailed:
    stage: Stage
    ids: dict[str, int]

    def take(self, *messages: bytes, now: dt.datetime = NOW) -> Taken:
        return take_in(self.stage.database, RING, messages, lambda: now)

    def person(self, address: str) -> Subscriber:
        with self.stage.database.read() as session:
            return show(session, address)

    def suppressed(self, address: str) -> str:
        """The reason for which an address is suppressed, or ""."""
        found = self.person(address).suppression
        return found.reason if found else ""

    def ways(self, address: str) -> list[Way]:
        with self.stage.database.read() as session:
            found = departures(session, show(session, address).id)
        return [departure.way for departure in found if departure.undone_at is None]

    def state(self, address: str) -> DeliveryState:
        return self.stage.state(address)


def mail(database: Database, addresses: Sequence[str]) -> Mailed:
    """The week's issue, sent to `addresses`."""
    return _send(set_stage(database, addresses))


def mail_again(database: Database, weeks: int) -> Mailed:
    """The issue of a later week, sent to everybody who is still on the list."""
    later = dt.timedelta(weeks=weeks)
    with database.write() as session:
        digest = make_digest(entries=[], window=Period(WEEK.first + later, WEEK.last + later))
        draft = issues.save_draft(session, digest, NOW)
        edition = issues.freeze(session, draft.id, {"en": b"compiled"}, NOW + later)
        while issues.fan_out(session, draft.id, everybody, today=TODAY, chunk=1000):
            pass
        issues.begin_sending(session, draft.id)
    return _send(Stage(database, draft.id, edition.id), NOW + later)


def _send(stage: Stage, at: dt.datetime = NOW) -> Mailed:
    due = stage.due(at)
    claims = [stage.claim(one, at) for one in due]
    ours = [
        c._replace(fixed=c.fixed._replace(message_id=message_id(c.delivery_id))) for c in claims
    ]
    stage.commit(claims=ours)
    stage.commit([outcome(one.delivery_id, at=at) for one in due])
    return Mailed(stage, {one.address: one.delivery_id for one in due})


def refuse(database: Database, issue_id: int, addresses: Iterable[str], reason: str) -> None:
    """Makes accepted deliveries of an issue ones that were refused while it was sent."""
    with database.write() as session:
        for address in addresses:
            view = ledger.delivery_for(session, issue_id, address)
            assert view is not None
            row = session.get(DeliveryRow, view.id)
            assert row is not None
            row.state, row.reason = DeliveryState.FAILED, reason
            session.add(row)
