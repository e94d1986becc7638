"""What came back by mail, told apart: bounces, complaints, wishes to leave, and the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from email.message import Message
from enum import StrEnum

from newsletter.tokens import Keyring, Purpose
from newsletter.tracking.bounces import Failure, holds_report, prose_report, status_report
from newsletter.tracking.clues import Clues, clues, opened
from newsletter.tracking.complaints import complaint
from newsletter.tracking.returned_parts import header, open_message

_PROSE_OCTETS = 100_000  # of a message in which flufl.bounce looks for prose

_NO_TEXT = re.compile("[\0\ud800-\udfff]")  # PostgreSQL takes no NUL, and UTF-8 no surrogates
_WORD = re.compile("(?<![A-Za-z2-7+])[A-Za-z2-7]{20,32}(?![A-Za-z2-7])")  # as a token may be
_ROBOT = re.compile(r"^(?:mailer-daemon|postmaster|mail delivery|mdaemon)\b", re.IGNORECASE)
_UNDELIVERED = re.compile(
    r"undeliver|delivery (?:status|has failed|failure)|returned mail|failure notice|"
    r"mail delivery failed|mail error|could not be delivered|退信|投递失败",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"^(?:re: )?(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office|"
    r"abwesen|réponse automatique|自动回复|自動回覆)",
    re.IGNORECASE,
)


class Kind(StrEnum):
    """What a returned message is."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    LEAVE = "leave"
    DELAY = "delay"  # a server goes on trying
    AUTOREPLY = "automatic reply"
    OTHER = "other mail"
    UNREAD = "unread"  # a report by its looks, and we cannot say of what


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A message, judged. `failures` are a bounce's, `addresses` a complaint's; `subject` is for
    people to read."""

    kind: Kind
    clues: Clues = field(default_factory=Clues)
    failures: tuple[Failure, ...] = ()
    addresses: tuple[str, ...] = ()
    subject: str = ""


def read_returned(octets: bytes, keyring: Keyring) -> Returned:
    """What the message `octets` is. Whatever they are, nothing is raised."""
    try:
        return _storable(_read(octets, keyring))
    except Exception:  # noqa: BLE001 - the parsers raise what they please at hostile octets; it is kept
        return Returned(kind=Kind.UNREAD, clues=clues(octets, None, keyring))


def _read(octets: bytes, keyring: Keyring) -> Returned:
    message = open_message(octets)
    if message is None:
        return Returned(kind=Kind.UNREAD, clues=clues(octets, None, keyring))
    found, subject = clues(octets, message, keyring), header(message, "Subject")[:200]
    if (complained := complaint(message)) is not None:
        kind = Kind.COMPLAINT if complained.stops_mail else Kind.OTHER
        return Returned(kind=kind, clues=found, addresses=complained.addresses, subject=subject)
    report = status_report(message)
    automatic = _is_automatic(message, subject)
    if report is None and not automatic:
        if (leaver := _leaver(subject, keyring)) is not None:
            return Returned(kind=Kind.LEAVE, clues=leaver, subject=subject)
        if _looks_like_report(message, subject) or not holds_report(message):
            report = prose_report(open_message(octets[:_PROSE_OCTETS]) or message)
    if report is not None and report.failures:
        return Returned(kind=Kind.BOUNCE, clues=found, failures=report.failures, subject=subject)
    if report is not None:
        # Neither failed nor delayed: delivered, relayed or expanded (RFC 3464 §2.3.3).
        return Returned(kind=Kind.DELAY if report.delayed else Kind.OTHER, subject=subject)
    if automatic:
        return Returned(kind=Kind.AUTOREPLY, subject=subject)
    kind = Kind.UNREAD if _looks_like_report(message, subject) else Kind.OTHER
    return Returned(kind=kind, clues=found, subject=subject)


def _storable(found: Returned) -> Returned:
    """The same without what no database keeps as text, and an encoded word (RFC 2047) may hold."""
    return replace(
        found,
        subject=_text(found.subject),
        addresses=tuple(map(_text, found.addresses)),
        failures=tuple(
            replace(
                failure,
                address=_text(failure.address),
                original=_text(failure.original),
            )
            for failure in found.failures
        ),
    )


def _text(text: str) -> str:
    return _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


def _leaver(subject: str, keyring: Keyring) -> Clues | None:
    """Whose leaving token stands in the subject, as our List-Unsubscribe asks for: a delivery's,
    or a subscription's in mail of no issue.

    Gateways put words before it; it opens nothing if it is not ours. Robots that answer by our
    envelope sender's address ask nothing.
    """
    for word in _WORD.findall(subject)[:5]:
        for purpose in (Purpose.ENVELOPE, Purpose.LEAVE):
            if number := opened(word, purpose, keyring):
                return Clues(signed=(number,))
        for purpose in (Purpose.ENVELOPE_LIST, Purpose.LEAVE_LIST):
            if number := opened(word, purpose, keyring):
                return Clues(subscriptions=(number,))
    return None


def _is_automatic(message: Message, subject: str) -> bool:
    """An answer that nobody wrote (RFC 3834 §5, and what came before it)."""
    submitted = header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted == "auto-replied" and not _looks_like_report(message, subject):
        return True
    marked = any(name in message for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply-From"))
    precedence = header(message, "Precedence").lower()
    return marked or precedence == "auto_reply" or _AWAY.match(subject) is not None


def _looks_like_report(message: Message, subject: str) -> bool:
    if message.get_content_type() == "multipart/report" or "X-Failed-Recipients" in message:
        return True
    sender = header(message, "From").lstrip('"<')
    return (
        _ROBOT.match(sender) is not None
        or "<mailer-daemon@" in sender.lower()
        or _UNDELIVERED.search(subject) is not None
    )
