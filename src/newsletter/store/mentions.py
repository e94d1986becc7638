"""Returned mail that nobody could read and that names somebody: it belongs to no person's rows."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes

from sqlmodel import Session, col, select

from newsletter.store.tables import FeedbackRow


def reports_naming(session: Session, address: str) -> tuple[int, ...]:
    """The ids of the unread reports in which an address stands, however its case and encoding."""
    if not address:
        return ()
    query = select(FeedbackRow.id, FeedbackRow.text, FeedbackRow.message).where(
        col(FeedbackRow.subscriber_id).is_(None)
    )
    wanted = [form.lower() for form in _forms(address)]
    return tuple(
        number or 0
        for number, text, message in session.exec(query.execution_options(yield_per=100))
        if any(form in octets.lower() for octets in _texts(text, message) for form in wanted)
    )


def _forms(address: str) -> Iterator[bytes]:
    """An address as UTF-8 has it, and with its domain in ASCII (RFC 5890)."""
    yield address.encode("utf-8", "surrogatepass")
    local, _, domain = address.rpartition("@")
    try:
        yield local.encode("utf-8", "surrogatepass") + b"@" + domain.encode("idna")
    except UnicodeError:
        return


def _texts(text: str, message: bytes | None) -> Iterator[bytes]:
    yield text.encode("utf-8", "surrogatepass")
    if message is None:
        return
    yield message
    for part in message_from_bytes(message).walk():
        decoded = part.get_payload(decode=True)
        if isinstance(decoded, bytes):
            yield decoded
