"""A mailbox of returned mail, a server's or a Maildir, read as far as it was not read before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from newsletter.errors import MailboxError
from newsletter.store.database import Database
from newsletter.store.readings import note_failed, note_read
from newsletter.tokens import Keyring
from newsletter.tracking.imap import unread_on
from newsletter.tracking.inbound import Taken, take_in_unread
from newsletter.tracking.mailbox import unread_in
from newsletter.tracking.mailbox_url import is_imap, parse_imap


def read_mailbox(
    database: Database,
    keyring: Keyring,
    mailbox: str,
    clock: Callable[[], dt.datetime],
    *,
    stop: Callable[[], bool] = lambda: False,
) -> Taken:
    """Takes in what is unread in a mailbox, given as a URL or a path, and notes how that went.

    Raises:
        MailboxError: it cannot be read, which is noted; what was read before is recorded.
        DatabaseError: it cannot be written.
    """
    place = place_of(mailbox)
    try:
        taken = take_in_unread(database, keyring, _unread(mailbox, stop), clock)
    except MailboxError as error:
        with database.write() as session:
            note_failed(session, place, str(error), clock())
        raise
    with database.write() as session:
        note_read(session, place, sum(taken.messages.values()), clock())
    return taken


def place_of(mailbox: str) -> str:
    """What a mailbox is called where others read it: no user, no password."""
    return str(parse_imap(mailbox)) if is_imap(mailbox) else mailbox


def _unread(mailbox: str, stop: Callable[[], bool]) -> Iterator[Sequence[bytes]]:
    if is_imap(mailbox):
        return unread_on(parse_imap(mailbox), stop=stop)
    return unread_in(Path(mailbox), stop=stop)
