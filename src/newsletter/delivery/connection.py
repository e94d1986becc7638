"""What the sender knows of a connection to a relay, whichever way it talks."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from email_validator import EmailNotValidError, validate_email

from newsletter.errors import AddressError
from newsletter.replies import Reply, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the relay's EHLO offers. `size` is the longest message it takes; None: not said."""

    pipelining: bool = False  # RFC 2920
    eight_bit: bool = False  # RFC 6152
    utf8: bool = False  # RFC 6531
    takes_size: bool = False  # RFC 1870
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait for the relay at each stage, of RFC 5321 §4.5.3.2. `block` is for handing
    a large message over, `quit` for its goodbye, which nothing depends on."""

    connect: float = 60.0
    mail: float = 300.0
    rcpt: float = 300.0
    data: float = 120.0
    block: float = 180.0
    body: float = 600.0
    quit: float = 5.0

    def of(self, stage: Stage) -> float:
        """The patience for the reply to `stage`."""
        return {
            Stage.MAIL: self.mail,
            Stage.RCPT: self.rcpt,
            Stage.DATA: self.data,
            Stage.BODY: self.body,
        }.get(stage, self.connect)


class Letter(NamedTuple):
    """A message in its envelope. `content` has CRLF line ends, the last one included, and is not
    dot-stuffed; `dotless`: nor need it be, for no line of it begins with a dot. `sender` and
    `recipient` are as they go on the wire, see `wire_address`."""

    sender: str
    recipient: str
    content: bytes
    eight_bit: bool = False
    dotless: bool = False

    @property
    def utf8(self) -> bool:
        """Whether the envelope needs SMTPUTF8."""
        return not (self.sender.isascii() and self.recipient.isascii())


class Answer(NamedTuple):
    """What came back for a letter. Without a `reply`, `trouble` says what came instead, and
    `in_doubt` whether the final dot had been handed over, so that it may have been accepted."""

    stage: Stage
    reply: Reply | None
    trouble: str = ""
    in_doubt: bool = False

    @property
    def go_ahead(self) -> bool:
        """The relay waits for the message (354)."""
        return self.stage is Stage.DATA and self.reply is not None and self.reply.code == 354


class Connection(Protocol):
    """One letter after the other: `begin`, `opened`, then `send` and `answered`, or `begin` anew.

    Nothing of a letter's content is written before `send`. None of these raise for what the relay
    does: an `Answer` says it, and `alive` whether the connection can carry another letter.
    """

    capabilities: Capabilities
    carried: int

    @property
    def alive(self) -> bool:
        """Whether another letter can be begun."""

    def begin(self, letter: Letter) -> None:
        """Writes the envelope of `letter`."""

    def opened(self) -> Awaitable[Answer]:
        """The refusal of the envelope that was begun, or the go-ahead."""

    def send(self, then: Letter | None) -> None:
        """Writes the content of the letter that has its go-ahead, and begins `then` behind it."""

    def answered(self) -> Awaitable[Answer]:
        """The reply to the content that was sent."""

    def abort(self) -> None:
        """Closes at once and without a final dot: what had been opened never arrives."""

    async def close(self) -> None:
        """Says QUIT where there is time for it, and closes."""


_UNSAFE = re.compile(r"[\x00-\x20\x7f<>]")


def wire_address(address: str) -> str:
    """`address` for an envelope: its domain in ASCII (RFC 5891) unless the local part needs
    SMTPUTF8 anyway.

    Raises:
        AddressError: it would break the command it stands in.
    """
    if _UNSAFE.search(address):
        raise AddressError("the address holds a space, a bracket or a control character")
    if address.isascii():
        return address
    try:
        found = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise AddressError(f"not an address: {error}") from None
    return found.ascii_email or found.normalized
