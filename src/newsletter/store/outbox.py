"""The outbox: tests, confirmations, welcomes, reminders; each a message of its own for one person.

It has the ledger's states and promises: a mail is `sending` on disk before it is on the wire, and
its outcome before the next one; what a dead sender left is in doubt, and sent again or held.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, Row, exists, func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select, update

from newsletter.addresses import address_key
from newsletter.content.mailinglist import InDoubt
from newsletter.errors import NotFoundError
from newsletter.store.instants import instant, seconds
from newsletter.store.ledger import storable
from newsletter.store.suppressions import BOUNCED
from newsletter.store.tables import MailAttemptRow, MailRow, SuppressionRow
from newsletter.store.values import Claim, DeliveryState, Due, Fixed, Outcome, Skip

OPEN = (DeliveryState.QUEUED, DeliveryState.DEFERRED)

LOST = "its sender ended before the relay answered"
"""Why what a dead sender left is in doubt."""


class MailKind(StrEnum):
    """What a mail is for."""

    TEST = "test"
    CONFIRMATION = "confirmation"
    WELCOME = "welcome"
    ISSUE = "issue"  # the latest one, behind a welcome
    LINKS = "links"  # the way to somebody's choices
    ENTRY = "entry"  # an editor's way in
    REMINDER = "reminder"  # to editors: a draft is there
    ALARM = "alarm"  # to editors: something did not happen


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message ready to go: CRLF line ends, not dot-stuffed, signed if it is to be.

    `encoding` is its MIME transfer encoding (quoted-printable, which every relay takes), and
    `message_id` stands in it. `list_name` is the list that it belongs to.
    """

    kind: MailKind
    list_name: str
    to: str
    subject: str
    envelope_sender: str
    message_id: str
    content: bytes
    encoding: str = "quoted-printable"


class Among(NamedTuple):
    """The mails of certain lists or, with `others`, all but theirs."""

    lists: frozenset[str]
    others: bool = False


def put(session: Session, mail: Mail, now: dt.datetime) -> int:
    """Puts a mail into the outbox, to be sent when the transaction is committed; its id."""
    row = MailRow(
        kind=mail.kind,
        list_name=mail.list_name,
        address=mail.to,
        address_key=address_key(mail.to),
        subject=mail.subject,
        envelope_sender=mail.envelope_sender,
        message_id=mail.message_id,
        encoding=mail.encoding,
        content=mail.content,
        created_at=seconds(now),
        state=DeliveryState.QUEUED,
    )
    session.add(row)
    session.flush()
    assert row.id is not None  # noqa: S101 - it was flushed
    return row.id


def due(
    session: Session, *, now: dt.datetime, limit: int, after: int = 0, among: Among | None = None
) -> list[Due]:
    """The next `limit` mails with an id above `after` that may be sent now, by id."""
    query = columns(
        col(MailRow.id),
        col(MailRow.address),
        col(MailRow.attempts),
        col(MailRow.created_at),
        col(MailRow.message_id),
        col(MailRow.encoding),
    ).where(col(MailRow.id) > after, _is_due(now), *([] if among is None else [_are(among)]))
    found = session.connection().execute(query.order_by(col(MailRow.id)).limit(limit))
    return [_due(row) for row in found]


def is_waiting(session: Session, now: dt.datetime) -> bool:
    """Whether there is a mail that may be sent now, or that a sender is at or has died over."""
    there = _is_due(now) | (col(MailRow.state) == DeliveryState.SENDING)
    return session.exec(select(MailRow.id).where(there).limit(1)).first() is not None


def letter(session: Session, mail_id: int) -> tuple[bytes, str]:
    """The message of a mail and its envelope sender.

    Raises:
        NotFoundError: there is none of that id.
    """
    query = select(MailRow.content, MailRow.envelope_sender).where(MailRow.id == mail_id)
    found = session.exec(query).first()
    if found is None:
        raise NotFoundError(
            f"there is no mail with the id {mail_id} in the outbox: `newsletter outbox` shows "
            "those there are"
        )
    return found


def commit(
    session: Session, outcomes: Sequence[Outcome], claims: Sequence[Claim], *, sender: str
) -> frozenset[int]:
    """Records how attempts ended, then claims the next; the ids that were truly claimed.

    An outcome counts only for a mail that this sender is sending. A claim is granted only while
    the mail is queued or deferred and its address is not suppressed; else it is skipped. An outcome
    of a mail that is claimed beside it ends that claim at once, if it is granted.
    """
    claimed = {claim.delivery_id for claim in claims}
    for outcome in outcomes:
        if outcome.delivery_id not in claimed:
            _record(session, outcome, sender)
    granted = frozenset(c.delivery_id for c in claims if _claim(session, c, sender))
    refused = [c.delivery_id for c in claims if c.delivery_id not in granted]
    if refused:
        _change(
            session,
            col(MailRow.id).in_(refused) & col(MailRow.state).in_(OPEN) & _suppressed(),
            state=DeliveryState.SKIPPED,
            reason=Skip.SUPPRESSED,
        )
    for outcome in outcomes:
        if outcome.delivery_id in granted:
            _record(session, outcome, sender)
    return granted


def skip(session: Session, mail_ids: Iterable[int], reason: str) -> None:
    """Skips those of the mails that are queued or deferred."""
    which = col(MailRow.id).in_(list(mail_ids)) & col(MailRow.state).in_(OPEN)
    _change(session, which, state=DeliveryState.SKIPPED, reason=reason)


def set_aside(session: Session, mail_id: int, until: dt.datetime, reason: str) -> None:
    """Lets a mail wait that is queued or deferred, without an attempt."""
    which = (col(MailRow.id) == mail_id) & col(MailRow.state).in_(OPEN)
    _change(session, which, state=DeliveryState.DEFERRED, due_at=seconds(until), reason=reason)


def abandon(
    session: Session,
    alive: Callable[[str], bool],
    policy: Callable[[str], InDoubt],
    now: dt.datetime,
) -> tuple[int, ...]:
    """Finds what dead senders left in `sending`; the ids of those mails.

    Where the `policy` for the list of that name is RESEND they are queued, to repeat the same
    bytes; else they are in doubt.
    """
    query = select(MailRow.id, MailRow.sender, MailRow.list_name)
    rows = session.exec(query.where(MailRow.state == DeliveryState.SENDING)).all()
    found = {number or 0: name for number, sender, name in rows if not alive(sender)}
    for number, name in sorted(found.items()):
        again = policy(name) is InDoubt.RESEND
        state = DeliveryState.QUEUED if again else DeliveryState.IN_DOUBT
        which = (col(MailRow.id) == number) & (col(MailRow.state) == DeliveryState.SENDING)
        _change(session, which, state=state, last_at=seconds(now), reason=LOST)
        _remember(
            session,
            Outcome(delivery_id=number, state=DeliveryState.IN_DOUBT, at=now, relay="", text=LOST),
        )
    return tuple(sorted(found))


def _are(among: Among) -> ColumnElement[bool]:
    inside = col(MailRow.list_name).in_(among.lists)
    return ~inside if among.others else inside


def _is_due(now: dt.datetime) -> ColumnElement[bool]:
    queued = col(MailRow.state) == DeliveryState.QUEUED
    return queued | (
        (col(MailRow.state) == DeliveryState.DEFERRED) & (col(MailRow.due_at) <= seconds(now))
    )


def _suppressed() -> ColumnElement[bool]:
    """That an address must not get this mail. One that bounced may be asked, if somebody wishes
    something from it, whether it works again: see `store.lifting`."""
    asks = (col(MailRow.kind) == MailKind.CONFIRMATION) & (col(SuppressionRow.reason) == BOUNCED)
    return exists().where(col(SuppressionRow.address_key) == col(MailRow.address_key), ~asks)


def _change(session: Session, which: ColumnElement[bool], **values: object) -> int:
    return session.connection().execute(update(MailRow).where(which).values(**values)).rowcount


def _record(session: Session, outcome: Outcome, sender: str) -> None:
    mine = (
        (col(MailRow.id) == outcome.delivery_id)
        & (col(MailRow.state) == DeliveryState.SENDING)
        & (col(MailRow.sender) == sender)
    )
    recorded = _change(
        session,
        mine,
        state=outcome.state,
        last_at=seconds(outcome.at),
        relay=outcome.relay,
        stage=outcome.stage,
        code=outcome.code,
        enhanced=outcome.enhanced,
        text=storable(outcome.text),
        reason=outcome.reason,
        due_at=seconds(outcome.due) if outcome.due else 0,
    )
    if recorded and outcome.state is not DeliveryState.SENT:
        _remember(session, outcome)


def _remember(session: Session, outcome: Outcome) -> None:
    session.add(
        MailAttemptRow(
            mail_id=outcome.delivery_id,
            at=seconds(outcome.at),
            state=outcome.state,
            relay=outcome.relay,
            stage=outcome.stage,
            code=outcome.code,
            enhanced=outcome.enhanced,
            text=storable(outcome.text),
        )
    )
    session.flush()


def _claim(session: Session, claim: Claim, sender: str) -> bool:
    at = seconds(claim.at)
    which = (col(MailRow.id) == claim.delivery_id) & col(MailRow.state).in_(OPEN) & ~_suppressed()
    claimed = _change(
        session,
        which,
        state=DeliveryState.SENDING,
        sender=sender,
        attempts=col(MailRow.attempts) + 1,
        first_at=func.coalesce(col(MailRow.first_at), at),
        last_at=at,
    )
    return claimed == 1


def _due(row: Row[int | None, str, int, int, str, str]) -> Due:
    mail_id, address, attempts, created, message_id, encoding = row
    fixed = Fixed(
        edition=0,
        address=address,
        preferences_id=0,
        message_id=message_id,
        date=instant(created),
        key_id="",
        encoding=encoding,
    )
    return Due(
        delivery_id=mail_id or 0,
        subscriber_id=0,
        address=address,
        preferences_id=0,
        attempts=attempts,
        fixed=fixed,
    )
