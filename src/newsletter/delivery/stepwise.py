"""For relays without PIPELINING: aiosmtplib's own `sendmail`, one command after the other.

Its DATA is ours, so that the message waits for `send` between the go-ahead and the first octet,
and so that it is known whether the final dot had been handed over when a connection is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, cast

import aiosmtplib

from newsletter.delivery.connection import Answer, Capabilities, Letter, Timeouts
from newsletter.rendering.mime import dot_stuff
from newsletter.replies import Stage, parse_reply

_POLL = 0.005


class Transaction(aiosmtplib.SMTP):
    """aiosmtplib's client, knowing at which stage it is and asking before the message leaves."""

    stage = Stage.CONNECT
    dot_sent = False
    timeouts = Timeouts()
    ask: Callable[[], Awaitable[None]]

    async def mail(
        self, sender: str, /, *, options: Iterable[str] | None = None, **rest: Any
    ) -> aiosmtplib.SMTPResponse:
        self.stage, self.dot_sent = Stage.MAIL, False
        return await super().mail(
            sender, options=options, **(rest | {"timeout": self.timeouts.mail})
        )

    async def rcpt(
        self, recipient: str, /, *, options: Iterable[str] | None = None, **rest: Any
    ) -> aiosmtplib.SMTPResponse:
        self.stage = Stage.RCPT
        return await super().rcpt(
            recipient, options=options, **(rest | {"timeout": self.timeouts.rcpt})
        )

    async def data(self, message: str | bytes, /, **_rest: Any) -> aiosmtplib.SMTPResponse:
        self.stage = Stage.DATA
        response = await self.execute_command(b"DATA", timeout=self.timeouts.data)
        if response.code != 354:
            raise aiosmtplib.SMTPDataError(response.code, response.message)
        await self.ask()
        self.stage = Stage.BODY
        return await self._message(message if isinstance(message, bytes) else message.encode())

    async def _message(self, content: bytes) -> aiosmtplib.SMTPResponse:
        if self.protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("the connection was lost")
        protocol = self.protocol
        protocol.write(dot_stuff(content))
        await asyncio.wait_for(self._handed_over(), self.timeouts.block)
        protocol.write(b".\r\n")
        self.dot_sent = True
        response = await protocol.read_response(timeout=self.timeouts.body)
        if response.code == 421:
            self.close()
        if response.code != 250:
            raise aiosmtplib.SMTPDataError(response.code, response.message)
        return response

    async def _handed_over(self) -> None:
        while self.transport is not None and not self.transport.is_closing():
            if cast("asyncio.WriteTransport", self.transport).get_write_buffer_size() == 0:
                return
            await asyncio.sleep(_POLL)


class StepwiseConnection:
    """A `Connection` whose letters go through `sendmail`."""

    def __init__(self, smtp: Transaction, capabilities: Capabilities, timeouts: Timeouts) -> None:
        self.capabilities = capabilities
        self.carried = 0
        self._smtp = smtp
        self._timeouts = timeouts
        self._trouble = ""
        self._task: asyncio.Task[Answer] | None = None
        self._opened: asyncio.Future[None]
        self._go: asyncio.Future[None]
        self._next: Letter | None = None
        smtp.timeouts = timeouts
        smtp.ask = self._ask

    @property
    def alive(self) -> bool:
        return not self._trouble and self._smtp.is_connected

    def begin(self, letter: Letter) -> None:
        loop = asyncio.get_running_loop()
        self._opened, self._go = loop.create_future(), loop.create_future()
        self._task = loop.create_task(self._carry(letter))

    async def opened(self) -> Answer:
        if self._task is None:
            return Answer(Stage.MAIL, None, "nothing was begun")
        await asyncio.wait((self._opened, self._task), return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            return self._task.result()
        return Answer(Stage.DATA, parse_reply(354, ""))

    def send(self, then: Letter | None) -> None:
        self.carried += 1
        self._next = then
        if not self._go.done():
            self._go.set_result(None)

    async def answered(self) -> Answer:
        if self._task is None:
            return Answer(Stage.BODY, None, "nothing was sent")
        answer = await self._task
        then, self._next = self._next, None
        if then is not None and self.alive:
            self.begin(then)
        return answer

    def abort(self) -> None:
        self._trouble = self._trouble or "closed by us"
        if self._task is not None:
            self._task.cancel()
        if self._smtp.transport is not None:
            cast("asyncio.WriteTransport", self._smtp.transport).abort()

    async def close(self) -> None:
        if self.alive and (self._task is None or self._task.done()):
            try:
                await self._smtp.quit(timeout=self._timeouts.quit)
            except (aiosmtplib.SMTPException, OSError):
                self._trouble = "it said no goodbye"
        self.abort()

    async def _ask(self) -> None:
        self._opened.set_result(None)
        await self._go

    async def _carry(self, letter: Letter) -> Answer:
        options = ["BODY=8BITMIME"] if letter.eight_bit else []
        options += ["SMTPUTF8"] if letter.utf8 else []
        smtp = self._smtp
        smtp.stage, smtp.dot_sent = Stage.MAIL, False
        try:
            _, text = await smtp.sendmail(
                letter.sender, [letter.recipient], letter.content, mail_options=options
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            refused = error.recipients[0]
            return self._refused(Stage.RCPT, refused.code, refused.message)
        except aiosmtplib.SMTPResponseException as error:
            return self._refused(smtp.stage, error.code, error.message)
        except asyncio.CancelledError:
            return self._lost("closed by us")
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            return self._lost(str(error) or "no reply in time")
        return Answer(Stage.BODY, parse_reply(250, text))

    def _refused(self, stage: Stage, code: int, text: str) -> Answer:
        if not 400 <= code < 600:
            return self._lost(f"not an SMTP reply: {code} {parse_reply(code, text).text[:80]}")
        return Answer(stage, parse_reply(code, text))

    def _lost(self, trouble: str) -> Answer:
        self._trouble = trouble
        smtp = self._smtp
        in_doubt = smtp.stage is Stage.BODY and smtp.dot_sent
        if smtp.transport is not None:
            cast("asyncio.WriteTransport", smtp.transport).abort()
        return Answer(smtp.stage, None, trouble, in_doubt=in_doubt)
