"""The clock's loop body: whatever is due of any list at a time that the caller says, done once.

One clock works at a time: it holds a lock that dies with it, and each change of a slot expects the
state that was read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import structlog

from newsletter.content.mailinglist import MailingList
from newsletter.errors import ConflictError, DatabaseError, NotFoundError
from newsletter.schedule.hands import Hands
from newsletter.schedule.planning import plan
from newsletter.schedule.stepping import Event, Work
from newsletter.store import lists, senders, slots
from newsletter.store.database import Database
from newsletter.store.endings import going_lists, has_ended


def tick(db: Database, hands: Hands, now: dt.datetime) -> tuple[Event, ...]:
    """Does what is due at `now`.

    Raises:
        ConflictError: another clock is at it just now; nothing was done.
        DatabaseError: the database does not answer; the next tick goes on.
    """
    with _held(db):
        return tuple(_all(db, hands, now))


def next_due(db: Database, now: dt.datetime) -> dt.datetime | None:
    """When the first step of any slot is due after `now`; None: none is planned."""
    with db.read() as session:
        found = [
            at
            for name in going_lists(session)
            for slot in slots.open_slots(session, name)
            for at in (slot.assemble_at, slot.remind_at, slot.send_at, slot.due_at)
            if at > now
        ]
    return min(found, default=None)


@contextmanager
def _held(db: Database) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(senders.hold_issue(db, senders.CLOCK))
        except ConflictError:
            raise ConflictError(
                "another clock is at work and does what is due: `newsletter schedule` shows it"
            ) from None
        yield


def _all(db: Database, hands: Hands, now: dt.datetime) -> Iterator[Event]:
    with db.read() as session:
        found = [lists.get_list(session, name) for name in going_lists(session)]
    for mailing_list in found:
        for name in _planned(db, mailing_list, now):
            yield from _worked(Work(db, hands, mailing_list, name, now))


def _worked(work: Work) -> Iterator[Event]:
    """What was done of one slot; a fault that it could not even note must not keep the others."""
    try:
        yield from work.done()
    except DatabaseError:
        raise
    except NotFoundError as error:  # its list has ended since it was planned
        log = structlog.get_logger("newsletter.schedule")
        log.info("not done", issue=f"{work.mailing_list.name}/{work.name}", reason=str(error))
    except Exception:  # whatever it was; the next tick tries again
        log = structlog.get_logger("newsletter.schedule")
        log.exception("not done", issue=f"{work.mailing_list.name}/{work.name}")


def _planned(db: Database, mailing_list: MailingList, now: dt.datetime) -> list[str]:
    """The names of the list's issues of which something is left to be done; none where it cannot
    be planned, which must not keep the other lists."""
    try:
        with db.write() as session:
            if has_ended(session, mailing_list.name):
                return []
            plan(session, mailing_list, now)
            return [slot.issue for slot in slots.open_slots(session, mailing_list.name)]
    except DatabaseError:
        raise
    except Exception:  # such as a zone that this machine does not know any more
        log = structlog.get_logger("newsletter.schedule")
        log.exception("not planned", list=mailing_list.name)
        return []
