"""Mail as it lies in files: single messages, mbox, Maildir, or a pipe from a mail server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from newsletter.errors import MailboxError

MOST_OCTETS = 1 << 20
"""Octets of a message that are kept; what stands behind them says nothing of a bounce."""

_BATCH = 20  # messages that are held at once, and then marked at once
_BEGINS = re.compile(rb"From \S* .*\d:\d\d")
_LINE = 1 << 16  # octets read at once, so that a line without an end takes no memory


def messages_at(path: Path) -> Iterator[bytes]:
    """The messages of a file (one, or an mbox), a Maildir, or a folder of files; `path` is left
    as it is. Each is cut at `MOST_OCTETS`.

    Raises:
        MailboxError: nothing is there, or it cannot be read.
    """
    if not path.exists():
        raise MailboxError(f"{path}: there is no such file or folder")
    with _told(path):
        if not path.is_dir():
            with path.open("rb") as stream:
                yield from messages_in(stream)
            return
        for file in _files(path):
            yield _first(file)


def messages_in(stream: BinaryIO) -> Iterator[bytes]:
    """The message that `stream` holds, or, if it begins as an mbox does (RFC 4155), each of it."""
    kept: list[bytes] = []
    size, mbox, blank, whole = 0, False, True, True
    while chunk := stream.readline(_LINE):
        begins = whole and _BEGINS.match(chunk) is not None
        whole = chunk.endswith(b"\n")
        if begins and (mbox or not kept) and blank:
            mbox = True
            if kept:
                yield b"".join(kept)
            kept, size, blank = [], 0, False
            continue
        blank = not chunk.strip(b"\r\n")
        if size < MOST_OCTETS:
            kept.append(chunk[: MOST_OCTETS - size])
            size += len(chunk)
    if kept:
        yield b"".join(kept)


def unread_in(
    folder: Path, *, stop: Callable[[], bool] = lambda: False
) -> Iterator[Sequence[bytes]]:
    """The messages of a Maildir that are not marked as seen, some at a time.

    Those of a batch are marked when the next is asked for, as any mail program would, by their
    names. `stop` ends it between batches.

    Raises:
        MailboxError: it is no Maildir, or cannot be read or marked.
    """
    if not (folder / "new").is_dir():
        raise MailboxError(f"{folder}: it is no Maildir: there is no folder `new` in it")
    with _told(folder):
        waiting = [file for file in _files(folder) if "S" not in file.name.partition(":2,")[2]]
    for start in range(0, len(waiting), _BATCH):
        if stop():
            return
        batch: dict[Path, bytes] = {}
        with _told(folder):
            for file in waiting[start : start + _BATCH]:
                with suppress(FileNotFoundError):  # somebody else has moved it
                    batch[file] = _first(file)
        yield list(batch.values())
        with _told(folder):
            for file in batch:
                _mark_seen(folder, file)


def _first(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(MOST_OCTETS)


def _mark_seen(folder: Path, file: Path) -> None:
    name, _, flags = file.name.partition(":2,")
    (folder / "cur").mkdir(exist_ok=True)
    with suppress(FileNotFoundError):  # somebody else has moved it
        file.rename(folder / "cur" / f"{name}:2,{''.join(sorted({*flags, 'S'}))}")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MailboxError(f"{error.filename or path}: cannot be read: {error.strerror}") from None


def _files(folder: Path) -> list[Path]:
    """The messages of a Maildir, what is still being written left out; else the folder's files."""
    places = [folder / name for name in ("new", "cur")]
    found = [place for place in places if place.is_dir()] or [folder]
    return sorted(file for place in found for file in place.iterdir() if file.is_file())
