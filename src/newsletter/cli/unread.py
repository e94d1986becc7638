"""What stays unread: mailboxes that could not be read, and reports that no rule understood."""

from __future__ import annotations

import datetime as dt

from sqlmodel import Session

from newsletter.cli.edge import err, settings
from newsletter.settings import Settings
from newsletter.store import feedback
from newsletter.store.database import Database
from newsletter.store.readings import readings
from newsletter.tracking.returned_mail import place_of


def warn_of_unread_mail(session: Session) -> None:
    """Says on stderr if the settings' mailbox could not be read when it was last tried."""
    mailbox = settings().mailbox
    if not mailbox:
        return
    place = place_of(mailbox)
    for one in readings(session):
        if one.place == place and one.failures:
            since = f"since {one.read_at:%Y-%m-%d %H:%M} UTC" if one.read_at else "ever"
            times = "once" if one.failures == 1 else f"{one.failures} times"
            err.print(f"returned mail: not read {since}, tried {times}: {one.reason}")


def forget_unread(db: Database, found: Settings, now: dt.datetime) -> None:
    """Drops what was kept of unread reports for longer than `unread_days`."""
    with db.write() as session:
        feedback.forget_unread(session, now - dt.timedelta(days=found.unread_days))
