"""A mail catcher for the demo: a real SMTP server on loopback that keeps what it is handed."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
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


@contextmanager
def catcher(folder: Path) -> Iterator[str]:
    """A catcher on a free port that fills the Maildir `folder`; yields its SMTP URL."""
    port = _free_port()
    controller = Controller(MaildirHandler(folder), hostname=HOST, port=port, enable_SMTPUTF8=True)
    controller.start()
    try:
        yield f"smtp://{HOST}:{port}"
    finally:
        controller.stop()


def _free_port() -> int:
    # aiosmtpd's controller connects to the port it was given to see whether it is up: not 0.
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
