"""A mail catcher for the demo: a real SMTP server on loopback that keeps what it is handed."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"


class MaildirHandler:
    """Keeps each message's DATA octets as they came, one file each, in a Maildir."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("tmp", "new", "cur"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        del server, session
        # Python's own Maildir would rewrite line ends; these bytes are compared with `render`.
        name = f"{uuid.uuid4().hex}.{os.getpid()}.demo"
        data = envelope.original_content or b""
        (self.folder / "tmp" / name).write_bytes(data)
        (self.folder / "tmp" / name).rename(self.folder / "new" / name)
        return "250 2.0.0 kept"


class _Listening(Controller):
    """A controller whose socket listens before it starts: a port that was free when it was looked
    for may be somebody's by then."""

    def __init__(self, handler: MaildirHandler, listener: socket.socket) -> None:
        port = listener.getsockname()[1]
        super().__init__(handler, hostname=HOST, port=port, ready_timeout=60)
        self._listener = listener

    def _create_server(self) -> Awaitable[asyncio.Server]:
        made: Awaitable[asyncio.Server] = self.loop.create_server(
            self._factory_invoker, sock=self._listener
        )
        return made


@contextmanager
def catcher(folder: Path) -> Iterator[str]:
    """A catcher on a free port that fills the Maildir `folder`; yields its SMTP URL."""
    with socket.create_server((HOST, 0)) as listener:
        controller = _Listening(MaildirHandler(folder), listener)
        controller.start()
        try:
            yield f"smtp://{HOST}:{controller.port}"
        finally:
            controller.stop()
