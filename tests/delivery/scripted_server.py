"""An SMTP server that does as it should until it is told to misbehave, and notes what it accepted.

It takes pipelined input as any server does that reads line by line, keeps DATA's octets as they
came, and knows for each message whether its client was given a reply.
"""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """Ways to misbehave."""

    CLOSING = "421"
    TRANSIENT = "4xx"
    PERMANENT = "5xx"
    DROP = "drop"
    STALL = "stall"
    GARBAGE = "garbage"
    HALF = "half a reply"
    LATE = "late"


@dataclass(frozen=True)
class Fault:
    """`kind` at `stage`: the `first` time it comes to it, counted from 1, and `times` in a row."""

    stage: str  # greeting, ehlo, mail, rcpt, data, content (always hung up on), body
    kind: Kind
    first: int = 1
    times: int = 1
    reply: bytes = b""


@dataclass(frozen=True)
class Accepted:
    sender: str
    recipient: str
    octets: bytes  # as DATA carried them, dots doubled, without the final one


REPLIES = {
    "greeting": b"220 scripted.example ESMTP\r\n",
    "mail": b"250 2.1.0 Ok\r\n",
    "rcpt": b"250 2.1.5 Ok\r\n",
    "data": b"354 End with a dot\r\n",
    "body": b"250 2.0.0 Ok: queued\r\n",
}
_LATE_SECONDS = 0.03


@dataclass
class ScriptedServer:
    """`accepted` holds what it took responsibility for, `unanswered` the recipients of messages
    whose final dot came and whose reply did not go out."""

    extensions: tuple[bytes, ...] = (b"PIPELINING", b"8BITMIME", b"SMTPUTF8", b"SIZE 10000000")
    faults: tuple[Fault, ...] = ()
    keep_unanswered: bool = True  # whether a message counts as accepted when its reply is withheld
    refuse: Callable[[str], bytes | None] = lambda _recipient: None
    tls: ssl.SSLContext | None = None
    starttls: ssl.SSLContext | None = None  # RFC 3207; offered where "STARTTLS" is an extension
    login: bytes = b""  # what AUTH PLAIN (RFC 4616) must say
    small_window: bool = False
    go_ahead_anyway: bool = False  # answers DATA with 354 though no recipient was taken
    accepted: list[Accepted] = field(default_factory=list)
    unanswered: set[str] = field(default_factory=set)
    cut_short: int = 0  # messages whose connection ended before their final dot
    empty: int = 0  # messages without content after a refused recipient
    connections: int = 0
    commands: list[bytes] = field(default_factory=list)
    port: int = 0
    on_rcpt: Callable[[str], None] = lambda _recipient: None
    took_one: asyncio.Event = field(default_factory=asyncio.Event)  # a final dot has come
    _seen: dict[str, int] = field(default_factory=dict)

    @property
    def recipients(self) -> list[str]:
        return [message.recipient for message in self.accepted]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[ScriptedServer]:
        open_now: set[asyncio.Task[None]] = set()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            open_now.add(task)
            try:
                await _Session(self, reader, writer).run()
            except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass
            finally:
                open_now.discard(task)
                writer.close()

        listener = socket.create_server(("127.0.0.1", 0))
        if self.small_window:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        limit = 1024 if self.small_window else 2**24
        server = await asyncio.start_server(handle, sock=listener, ssl=self.tls, limit=limit)
        self.port = listener.getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in list(open_now):
                task.cancel()
            await asyncio.gather(*open_now, return_exceptions=True)
            await asyncio.sleep(0)

    def fault_at(self, stage: str) -> Fault | None:
        self._seen[stage] = number = self._seen.get(stage, 0) + 1
        for fault in self.faults:
            if fault.stage == stage and fault.first <= number < fault.first + fault.times:
                return fault
        return None


class _Session:
    def __init__(
        self, server: ScriptedServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.sender = ""
        self.recipient = ""

    async def run(self) -> None:
        self.server.connections += 1
        if not await self.say("greeting", REPLIES["greeting"]):
            return
        while line := await self.reader.readline():
            self.server.commands.append(line)
            if not await self.command(line.rstrip(b"\r\n")):
                return

    async def command(self, line: bytes) -> bool:
        verb = line[:4].upper()
        if verb == b"EHLO":
            lines = [b"scripted.example", *self.server.extensions]
            shown = b"".join(b"250-" + item + b"\r\n" for item in lines[:-1])
            return await self.say("ehlo", shown + b"250 " + lines[-1] + b"\r\n")
        if verb == b"STAR" and self.server.starttls:
            await self.write(b"220 2.0.0 Go ahead\r\n")
            await self.writer.start_tls(self.server.starttls)
            return True
        if verb == b"AUTH":
            welcome = base64.b64decode(line.split(b" ")[2]) == self.server.login
            await self.write(b"235 2.7.0 Welcome\r\n" if welcome else b"535 5.7.8 Who?\r\n")
            return True
        if verb == b"MAIL":
            return await self.mail(line)
        if verb == b"RCPT":
            return await self.rcpt(line)
        if verb == b"DATA":
            return await self.data()
        if verb == b"RSET":
            self.sender = self.recipient = ""
        await self.write(b"221 Bye\r\n" if verb == b"QUIT" else b"250 Ok\r\n")
        return verb != b"QUIT"

    async def mail(self, line: bytes) -> bool:
        if self.sender:
            await self.write(b"503 5.5.1 nested MAIL\r\n")
            return True
        sender = _address(line)
        return await self.say("mail", REPLIES["mail"], lambda: setattr(self, "sender", sender))

    async def rcpt(self, line: bytes) -> bool:
        recipient = _address(line)
        self.server.on_rcpt(recipient)
        if not self.sender:
            await self.write(b"503 5.5.1 MAIL first\r\n")
            return True
        if refusal := self.server.refuse(recipient):
            await self.write(refusal)
            return True
        take = lambda: setattr(self, "recipient", recipient)  # noqa: E731 - one use, one line
        return await self.say("rcpt", REPLIES["rcpt"], take)

    async def data(self) -> bool:
        if not self.recipient and not self.server.go_ahead_anyway:
            await self.write(b"554 5.5.1 no valid recipients\r\n")
            return True
        opened = False

        def go() -> None:
            nonlocal opened
            opened = True

        if not await self.say("data", REPLIES["data"], go):
            return False
        return not opened or await self.message()

    async def message(self) -> bool:
        if self.server.fault_at("content"):
            await asyncio.sleep(_LATE_SECONDS)  # reading nothing: the client's buffers fill
            return False
        octets = bytearray()
        while (line := await self.reader.readline()) != b".\r\n":
            if not line:
                self.server.cut_short += 1
                return False
            octets += line
        recipient, sender, self.recipient, self.sender = self.recipient, self.sender, "", ""
        if not recipient:
            self.server.empty += not octets
            await self.write(b"554 5.5.1 no valid recipients\r\n")
            return True
        message = Accepted(sender, recipient, bytes(octets))
        self.server.unanswered.add(recipient)
        self.server.took_one.set()

        def accept() -> None:
            self.server.accepted.append(message)

        fault = self.server.fault_at("body")
        silent = fault is not None and fault.kind in _SILENT
        if fault is None or fault.kind is Kind.LATE or (silent and self.server.keep_unanswered):
            accept()
        go_on = await self.act(fault, REPLIES["body"], lambda: None)
        if not silent:
            self.server.unanswered.discard(recipient)
        return go_on

    async def say(self, stage: str, reply: bytes, done: Callable[[], None] = lambda: None) -> bool:
        """Answers `stage`, by the script if it says so; `done` when the answer was positive."""
        return await self.act(self.server.fault_at(stage), reply, done)

    async def act(self, fault: Fault | None, reply: bytes, done: Callable[[], None]) -> bool:
        if fault is None or fault.kind is Kind.LATE:
            await asyncio.sleep(_LATE_SECONDS if fault else 0)
            done()
            await self.write(reply)
            return True
        if fault.kind is Kind.STALL:
            await asyncio.sleep(600)  # until somebody has had enough
        if fault.kind is Kind.TRANSIENT or fault.kind is Kind.PERMANENT:
            transient = fault.kind is Kind.TRANSIENT
            await self.write(fault.reply or (b"451 4.3.0 busy\r\n" if transient else _REFUSAL))
            return True
        if fault.kind is Kind.CLOSING:
            await self.write(b"421 4.3.2 closing\r\n")
        elif fault.kind is Kind.GARBAGE:
            await self.write(b"\x00\xfe what?\r\n")
            await self.reader.read()
        elif fault.kind is Kind.HALF:
            await self.write(b"250-and")
        return False

    async def write(self, octets: bytes) -> None:
        self.writer.write(octets)
        await self.writer.drain()


_SILENT = (Kind.DROP, Kind.STALL, Kind.GARBAGE, Kind.HALF)
_REFUSAL = b"550 5.7.1 not wanted\r\n"


def _address(line: bytes) -> str:
    return line.decode().partition("<")[2].partition(">")[0]
