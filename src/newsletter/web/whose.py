"""Whose a personal link is: that of a delivery or, in mail of no issue, of a subscription."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from newsletter.errors import TokenError
from newsletter.store.readers import Reader, reader, subscription_reader
from newsletter.tokens import Keyring, Purpose

_OF_A_DELIVERY = {
    Purpose.LEAVE: (Purpose.LEAVE, Purpose.ENVELOPE),  # the text's, and the header's
    Purpose.MANAGE: (Purpose.MANAGE,),
}
_OF_A_SUBSCRIPTION = {
    Purpose.LEAVE: (Purpose.LEAVE_LIST, Purpose.ENVELOPE_LIST),
    Purpose.MANAGE: (Purpose.MANAGE_LIST,),
}


@dataclass(frozen=True, slots=True)
class Whose:
    """What a link names: one of the two."""

    delivery_id: int | None = None
    subscription_id: int | None = None

    def reader(self, session: Session) -> Reader | None:
        """Who that is as they stand now; None when they were erased, or in a test message."""
        if self.delivery_id is not None:
            return reader(session, self.delivery_id)
        return subscription_reader(session, self.subscription_id or 0)


def whose(keyring: Keyring, purpose: Purpose, token: str) -> Whose:
    """Whose link a token for LEAVE or MANAGE is; the header's leaves as the text's does.

    Raises:
        TokenError: it is not one of ours, or not for this purpose.
    """
    try:
        return Whose(delivery_id=keyring.open_any(_OF_A_DELIVERY[purpose], token))
    except TokenError:
        return Whose(subscription_id=keyring.open_any(_OF_A_SUBSCRIPTION[purpose], token))
