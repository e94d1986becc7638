"""Whose mail came back, as far as a report proves it; see `store.unproven` for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from newsletter.addresses import address_key, domain_of
from newsletter.store.tables import DeliveryRow, IssueRow, SubscriberRow, SubscriptionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Returner:
    """The delivery that came back and whose it was; `address` is where it went.

    What belonged to no issue, such as a welcome, has no delivery, and the epoch second of the
    consent that it followed.
    """

    delivery_id: int | None
    issue_id: int | None
    list_name: str
    subscriber_id: int
    address: str
    domain: str
    consent_at: int | None = None


def returner(
    session: Session,
    *,
    signed: Sequence[int] = (),
    message_ids: Sequence[tuple[int, str]] = (),
    addresses: Sequence[str] = (),
) -> Returner | None:
    """Whose mail came back, by what a stranger cannot know: the token of its envelope and header,
    else its Message-ID beside the address that it went to. None when neither is there.

    A Message-ID alone is not enough: each reader has one, and their neighbours' are much like it.
    """
    for number in signed:
        if (row := session.get(DeliveryRow, number)) is not None:
            return returner_of(session, row)
    keys = set(map(address_key, addresses))
    for number, message_id in message_ids:
        row = session.get(DeliveryRow, number)
        if (
            row is not None
            and (row.message_id or "").lower() == message_id.lower()
            and address_key(row.address or "") in keys
        ):
            return returner_of(session, row)
    return None


def subscribed(session: Session, subscription_id: int) -> Returner | None:
    """Whose mail it was that came back, when it belonged to no issue: a subscription's."""
    found = session.exec(
        select(SubscriptionRow, SubscriberRow)
        .join(SubscriberRow, col(SubscriberRow.id) == SubscriptionRow.subscriber_id)
        .where(SubscriptionRow.id == subscription_id)
    ).first()
    if found is None:
        return None
    row, person = found
    return Returner(
        delivery_id=None,
        issue_id=None,
        list_name=row.list_name,
        subscriber_id=row.subscriber_id,
        address=person.address,
        domain=domain_of(person.address),
        consent_at=row.consent_at,
    )


def returner_of(session: Session, row: DeliveryRow) -> Returner | None:
    """Whose a delivery is; for this package alone."""
    issue = session.get(IssueRow, row.issue_id)
    if issue is None:
        return None
    return Returner(
        delivery_id=row.id or 0,
        issue_id=row.issue_id,
        list_name=issue.list_name,
        subscriber_id=row.subscriber_id,
        address=row.address or "",
        domain=row.domain,
    )
