"""SMTP PIPELINING (RFC 2920): the next envelope travels with the current message.

A protocol of asyncio that is put on a transport which somebody else opened, secured and
authenticated. The order of replies is the order of commands, so a queue of what is outstanding is
all it remembers of a conversation.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable
from enum import StrEnum

from newsletter.delivery.connection import Answer, Capabilities, Letter, Timeouts
from newsletter.errors import ReplyError
from newsletter.rendering.mime import dot_stuff
from newsletter.replies import Reply, ReplyReader, Stage

AT_ONCE = 16_384
"""Octets that the kernel takes in one write whenever nothing else is waiting in its buffer."""


class _Rest(StrEnum):
    """Commands whose reply is awaited and decides nothing."""

    RESET = "rset"
    EMPTY = "empty message"
    QUIT = "quit"

    __hash__ = str.__hash__


class PipelinedConnection(asyncio.Protocol):
    """A `Connection` that writes MAIL, RCPT and DATA as one group."""

    def __init__(
        self, transport: asyncio.WriteTransport, capabilities: Capabilities, timeouts: Timeouts
    ) -> None:
        self.capabilities = capabilities
        self.carried = 0
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._timeouts = timeouts
        self._patience: dict[Stage | _Rest, float] = {
            stage: timeouts.of(stage) for stage in (*_ENVELOPE, Stage.BODY)
        }
        self._reader = ReplyReader()
        self._expected: deque[Stage | _Rest] = deque()
        self._opening = self._resolved(Answer(Stage.MAIL, None, "nothing was begun"))
        self._refusal: Answer | None = None
        self._body = self._resolved(Answer(Stage.BODY, None, "nothing was sent"))
        self._content = b""
        self._tail = b""  # the final dot and what follows it, while the message is still leaving
        self._dot_sent = False
        self._dirty = False
        self._trouble = ""
        self._goodbye: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        # No buffer of ours: an empty one proves that the kernel has all that was written.
        transport.set_write_buffer_limits(high=0)
        transport.set_protocol(self)

    @property
    def alive(self) -> bool:
        return not self._trouble

    def begin(self, letter: Letter) -> None:
        if self._trouble:
            self._opening = self._resolved(Answer(Stage.MAIL, None, self._trouble))
            return
        self._transport.write(self._group(letter))
        self._arm()

    def opened(self) -> Awaitable[Answer]:
        return self._opening

    def send(self, then: Letter | None) -> None:
        if self._trouble:
            self._body = self._resolved(Answer(Stage.BODY, None, self._trouble))
            return
        content = self._content
        self._body = self._loop.create_future()
        self._expected.append(Stage.BODY)
        self.carried += 1
        tail = b".\r\n" + (self._group(then) if then is not None else b"")
        if len(content) <= AT_ONCE:
            self._dot_sent = True
            self._transport.write(content + tail)
        else:
            self._hand_over(content, tail)
        self._arm()

    def _hand_over(self, content: bytes, tail: bytes) -> None:
        """The final dot leaves only when all before it has, so that we know whether it did."""
        self._dot_sent = False
        self._tail = tail
        self._transport.write(content)
        if self._transport.get_write_buffer_size() == 0:
            self.resume_writing()

    def answered(self) -> Awaitable[Answer]:
        return self._body

    def abort(self) -> None:
        self._fail("closed by us")

    async def close(self) -> None:
        if not self._trouble and not self._expected:
            self._goodbye = self._loop.create_future()
            self._expected.append(_Rest.QUIT)
            self._transport.write(b"QUIT\r\n")
            await asyncio.wait((self._goodbye,), timeout=self._timeouts.quit)
        self.abort()

    def _group(self, letter: Letter) -> bytes:
        self._opening = self._loop.create_future()
        self._refusal = None
        self._content = letter.content if letter.dotless else dot_stuff(letter.content)
        reset = b""
        if self._dirty:  # an envelope stands open whose DATA was refused
            reset = b"RSET\r\n"
            self._expected.append(_Rest.RESET)
            self._dirty = False
        self._expected.extend((Stage.MAIL, Stage.RCPT, Stage.DATA))
        commands = (
            f"MAIL FROM:<{letter.sender}>{mail_parameters(letter, self.capabilities)}\r\n"
            f"RCPT TO:<{letter.recipient}>\r\nDATA\r\n"
        )
        return reset + commands.encode()

    def data_received(self, data: bytes) -> None:
        try:
            for reply in self._reader.feed(data):
                self._take(reply)
                if self._trouble:
                    return
        except ReplyError as error:
            self._fail(str(error))
        self._arm()

    def _take(self, reply: Reply) -> None:
        if not self._expected:
            self._fail(f"a reply that nothing asked for: {reply.code} {reply.text}")
            return
        stage = self._expected.popleft()
        if not _sensible(stage, reply):
            self._expected.appendleft(stage)
            self._fail(f"a reply {reply.code} that means nothing here")
            return
        if stage is Stage.BODY:
            self._take_body(reply)
        elif stage is Stage.DATA:
            self._take_data(reply)
        elif isinstance(stage, Stage):
            if not reply.positive and self._refusal is None:
                self._refusal = Answer(stage, reply)
        elif stage is _Rest.QUIT and self._goodbye is not None and not self._goodbye.done():
            self._goodbye.set_result(None)
        if reply.code == 421:
            self._fail(f"the relay closes the connection: 421 {reply.text}")

    def _take_body(self, reply: Reply) -> None:
        if self._dot_sent:
            _resolve(self._body, Answer(Stage.BODY, reply))
        elif reply.positive:
            self._expected.appendleft(Stage.BODY)
            self._fail("a message was accepted before it was sent")
        else:
            _resolve(self._body, Answer(Stage.BODY, reply))
            self._fail("a message was refused before it was sent")

    def _take_data(self, reply: Reply) -> None:
        if reply.code != 354:
            self._dirty = True
            self._refusal = self._refusal or Answer(Stage.DATA, reply)
        elif self._refusal is not None:
            # RFC 2920 §3.1: no recipient was taken, so an empty message ends it.
            self._expected.append(_Rest.EMPTY)
            self._transport.write(b".\r\n")
        _resolve(self._opening, self._refusal or Answer(Stage.DATA, reply))

    def pause_writing(self) -> None:
        """Nothing to do: at most one message is ever on its way."""

    def resume_writing(self) -> None:
        if self._tail and not self._trouble:
            tail, self._tail = self._tail, b""
            self._dot_sent = True
            self._transport.write(tail)
            self._arm()

    def eof_received(self) -> bool:
        self._fail("the relay closed the connection")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the connection was lost: {exc}" if exc else "the connection was lost")

    def _fail(self, trouble: str) -> None:
        """Gives every question that is open the answer that none will come."""
        if self._trouble:
            return
        self._trouble = trouble
        self._tail = b""
        if self._timer is not None:
            self._timer.cancel()
        self._transport.abort()
        _resolve(self._body, Answer(Stage.BODY, None, trouble, in_doubt=self._dot_sent))
        first = next((s for s in self._expected if s in _ENVELOPE), Stage.DATA)
        _resolve(self._opening, self._refusal or Answer(Stage(first), None, trouble))
        if self._goodbye is not None and not self._goodbye.done():
            self._goodbye.set_result(None)

    def _resolved(self, answer: Answer) -> asyncio.Future[Answer]:
        future: asyncio.Future[Answer] = self._loop.create_future()
        future.set_result(answer)
        return future

    def _arm(self) -> None:
        """One timer a connection, moved only when it would come too late."""
        if not self._expected or self._trouble:
            self._deadline = float("inf")
            return
        first = self._expected[0]
        if self._tail:
            patience = self._timeouts.block
        else:
            patience = self._patience.get(first, self._timeouts.mail)
        self._deadline = self._loop.time() + patience
        if self._timer is None or self._timer.when() > self._deadline:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._look_at_clock)

    def _look_at_clock(self) -> None:
        self._timer = None
        if self._deadline == float("inf"):
            return
        if self._loop.time() >= self._deadline:
            self._fail("no reply in time")
        else:
            self._set_timer()


_ENVELOPE = (Stage.MAIL, Stage.RCPT, Stage.DATA)


def _sensible(stage: Stage | _Rest, reply: Reply) -> bool:
    """Whether `reply` is of a kind that may answer `stage` (RFC 5321 §4.3.2)."""
    return reply.code >= 400 or (reply.code >= 300) == (stage is Stage.DATA)


def _resolve(future: asyncio.Future[Answer], answer: Answer) -> None:
    if not future.done():
        future.set_result(answer)


def mail_parameters(letter: Letter, offered: Capabilities) -> str:
    """The parameters of MAIL (RFC 1870 §3, RFC 6152 §3, RFC 6531 §3.4), each after a space."""
    parameters = ""
    if offered.takes_size:
        parameters += f" SIZE={len(letter.content)}"
    if letter.eight_bit:
        parameters += " BODY=8BITMIME"
    if letter.utf8:
        parameters += " SMTPUTF8"
    return parameters
