"""Complaints: what mailbox providers send when a reader calls our mail spam (RFC 5965)."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message

from newsletter.tracking.returned_parts import blocks, parts

_OURS = frozenset({"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list", "miscategorized"})
"""Types that mean: no more of this. `not-spam` means the opposite, and `auth-failure` (RFC 6591)
speaks of signatures and not for a reader."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """A feedback report. `addresses` may be empty: many providers take the reader's name out."""

    type: str
    addresses: tuple[str, ...]

    @property
    def stops_mail(self) -> bool:
        return self.type in _OURS


def complaint(message: Message) -> Complaint | None:
    """The feedback report that a message is; None when it is none.

    A report without the required Feedback-Type (RFC 5965 §3.1) is taken for one of abuse.
    """
    for part in parts(message):
        if part.get_content_type() == "message/feedback-report":
            fields: dict[str, str] = {}
            for group in blocks(part):
                fields = {**group, **fields}
            recipient = fields.get("original-rcpt-to", "").strip().strip("<>")
            kind = fields.get("feedback-type", "abuse").partition(";")[0].strip().lower()
            return Complaint(kind, (recipient,) if "@" in recipient else ())
    return None
