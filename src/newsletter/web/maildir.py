"""Reading a Maildir of caught mail: what is there, and one message of it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path

from newsletter.errors import NotFoundError

_HTML = b"\nContent-Type: text/html"
_PERSONAL = re.compile(r"https?://\S+|\S+@\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """A caught message. `octets` is its size; `form` says what parts it has.

    `kind` is equal for messages whose text parts say the same: links and addresses, which differ
    for every reader, do not count.
    """

    id: str
    subject: str
    to: str
    octets: int
    form: str
    languages: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A caught message with its parts; `html` is empty when it has none."""

    summary: Caught
    headers: tuple[tuple[str, str], ...]
    html: str
    text: str
    source: bytes


def ids(maildir: Path) -> list[str]:
    """The names of all messages, the newest first."""
    found = [
        path
        for folder in ("new", "cur")
        if (maildir / folder).is_dir()
        for path in (maildir / folder).iterdir()
        if path.is_file() and not path.name.startswith(".")
    ]
    found.sort(key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
    return [path.name for path in found]


def summary(maildir: Path, message_id: str) -> Caught:
    """What a message is, without its parts.

    Raises:
        NotFoundError: there is none of that name.
    """
    return _summary(_path(maildir, message_id))


def opened(maildir: Path, message_id: str) -> Opened:
    """A whole message.

    Raises:
        NotFoundError: there is none of that name.
    """
    path = _path(maildir, message_id)
    source = path.read_bytes()
    message = _parsed(source)
    return Opened(
        summary=_summary(path),
        headers=tuple((name, str(value)) for name, value in message.items()),
        html=_part(message, "html"),
        text=_part(message, "plain"),
        source=source,
    )


def _path(maildir: Path, message_id: str) -> Path:
    for folder in ("new", "cur"):
        path = maildir / folder / message_id
        # The name comes from a URL: only a file that is in the folder itself will do.
        if path.name == message_id and path.is_file() and path.parent == maildir / folder:
            return path
    raise NotFoundError(f"there is no message {message_id}")


# A file in a Maildir is written once and never changed.
@lru_cache(maxsize=10_000)
def _summary(path: Path) -> Caught:
    source = path.read_bytes()
    # The text part stands first; the HTML is far longer, and nothing of it is wanted here.
    before, html, _ = source.partition(_HTML)
    message = _parsed(before + html)
    said = _PERSONAL.sub("", f"{message['subject']}\n{bool(html)}\n{_part(message, 'plain')}")
    return Caught(
        id=path.name,
        subject=str(message["subject"] or ""),
        to=str(message["to"] or ""),
        octets=len(source),
        form="HTML + text" if html else "text",
        languages=str(message["content-language"] or ""),
        kind=hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:12],
    )


def _parsed(source: bytes) -> EmailMessage:
    return message_from_bytes(source, policy=policy.default)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
