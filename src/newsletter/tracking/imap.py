"""Returned mail on an IMAP server (RFC 3501): what is unread there, and marking what was read."""

from __future__ import annotations

import imaplib
import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from newsletter.errors import MailboxError
from newsletter.tracking import imap_connection
from newsletter.tracking.imap_connection import connect, log_in
from newsletter.tracking.mailbox import MOST_OCTETS
from newsletter.tracking.mailbox_url import ImapPlace, Then

_BATCH = 20  # messages that are held at once, and then marked at once
_WINDOW = 5_000  # messages searched at once: a line of an answer has a greatest length
_MOST = 100_000  # messages in one reading
_GREATEST = (1 << 32) - 1  # that a number can be (RFC 3501 §9)
_UID = re.compile(rb"\bUID (\d+)")
_SAID = 200  # characters of a server's words that are repeated


def unread_on(
    place: ImapPlace, *, stop: Callable[[], bool] = lambda: False
) -> Iterator[Sequence[bytes]]:
    """The unread messages of a folder, some at a time, each cut at `MOST_OCTETS`.

    Those of a batch become read, or are moved or deleted, when the next is asked for: whoever
    takes them in commits before. Until then nothing is changed on the server. `stop` ends it
    between batches.

    Raises:
        MailboxError: the server cannot be reached, does not answer, or refuses; in one line, which
            holds no password.
    """
    with _open(place) as folder:
        waiting = folder.unread()
        for start in range(0, len(waiting), _BATCH):
            if stop():
                return
            fetched = folder.messages(waiting[start : start + _BATCH])
            if fetched:
                yield list(fetched.values())
                folder.settle(list(fetched))


@contextmanager
def _open(place: ImapPlace) -> Iterator[_Folder]:
    with _told(place, "the greeting"):
        server = connect(place)
    try:
        with _told(place, "the connection"):
            log_in(server, place)
            folder = _Folder(server, place)
            folder.select()
        yield folder
    finally:
        # Whatever went wrong has been told; a server that is gone needs no farewell.
        with suppress(imaplib.IMAP4.error, OSError):
            server.logout()
        with suppress(OSError):
            server.shutdown()


class _Folder:
    """A folder that was selected on a connection that is logged in."""

    def __init__(self, server: imaplib.IMAP4, place: ImapPlace) -> None:
        self._server, self._place = server, place
        self._exists = 0

    def select(self) -> None:
        said = self._ask("opening it", self._server.select(_quoted(self._place.folder)))
        self._exists = min(
            int(said[-1] or 0), _GREATEST
        )  # the latest, where mail came while it was opened
        capable = {word.upper() for word in _words_of(self._server.capability()[1])}
        self._moves = "MOVE" in capable  # RFC 6851
        if self._place.then is Then.SEEN or "UIDPLUS" in capable:
            return
        if self._place.then is Then.DELETE or not self._moves:
            # EXPUNGE alone would take with it what others have marked (RFC 4315 §1).
            raise MailboxError(
                f"{self._place}: its server has no UIDPLUS, so nothing can be taken out of it: "
                "use ?then=seen"
            )

    def unread(self) -> list[str]:
        """The UIDs of what nobody has read; of very many, as much as one reading takes on."""
        found: list[str] = []
        with _told(self._place, "searching"):
            for first in range(1, self._exists + 1, _WINDOW):
                if len(found) >= _MOST:
                    break  # once these are marked, the next reading finds the others
                window = f"{first}:{min(first + _WINDOW - 1, self._exists)}"
                query = f"{window} UNSEEN UNDELETED"
                answer = self._ask("searching", self._server.uid("SEARCH", query))
                found += filter(str.isdecimal, _words_of(answer))
        return found

    def messages(self, uids: Sequence[str]) -> dict[str, bytes]:
        """Their octets by UID; one that is gone by now, or that is not given, is not among them."""
        # PEEK: what was only fetched must not count as read.
        wanted = f"(UID BODY.PEEK[]<0.{MOST_OCTETS}>)"
        with _told(self._place, "reading"):
            answer = self._ask("reading", self._server.uid("FETCH", ",".join(uids), wanted))
        return {uid: octets for uid, octets in _fetched(answer) if uid in uids}

    def settle(self, uids: Sequence[str]) -> None:
        """Does with what was read as the place says."""
        all_of_them = ",".join(uids)
        with _told(self._place, "marking what was read"):
            self._flag(all_of_them, r"(\Seen)")
            if self._place.then is Then.MOVE:
                self._move(all_of_them)
            elif self._place.then is Then.DELETE:
                self._take_out(all_of_them)

    def _move(self, uids: str) -> None:
        into = _quoted(self._place.into)
        command = "MOVE" if self._moves else "COPY"
        kind, said = self._server.uid(command, uids, into)
        if kind == "NO" and b"TRYCREATE" in b" ".join(filter(None, said)).upper():
            made = self._server.create(into)
            kind, said = self._server.uid(command, uids, into)
            if kind != "OK":  # else it is there, though another process may have made it
                self._ask("making the folder", made)
        if kind == "NO" and b"EXPUNGEISSUED" in b" ".join(filter(None, said)).upper():
            # RFC 5530 §3: another process has taken some; one by one, the rest can be moved.
            for uid in uids.split(",") if "," in uids else ():
                self._move(uid)
            return
        self._ask("moving what was read", (kind, said))
        if not self._moves:
            self._take_out(uids)

    def _take_out(self, uids: str) -> None:
        self._flag(uids, r"(\Deleted)")
        self._ask("deleting what was read", self._server.uid("EXPUNGE", uids))

    def _flag(self, uids: str, flags: str) -> None:
        done = self._server.uid("STORE", uids, "+FLAGS.SILENT", flags)
        self._ask("marking what was read", done)

    def _ask(self, what: str, answer: tuple[str, Any]) -> Any:
        kind, said = answer
        if kind != "OK":
            raise MailboxError(f"{self._place}: {what} was refused: {_words(said)}")
        return said


def _fetched(answer: Sequence[Any]) -> Iterator[tuple[str, bytes]]:
    """UIDs and octets. A server writes the UID before the octets or after them, as it likes."""
    for part, after in zip(answer, (*answer[1:], b""), strict=True):
        if isinstance(part, tuple):
            tail = after if isinstance(after, bytes) else b""
            if uid := _UID.search(part[0]) or _UID.search(tail):
                yield uid[1].decode("ascii"), part[1][:MOST_OCTETS]


def _words_of(answer: Sequence[bytes | None]) -> list[str]:
    return b" ".join(filter(None, answer)).decode("ascii", "replace").split()


@contextmanager
def _told(place: ImapPlace, what: str) -> Iterator[None]:
    """What can go wrong with a server, as one line of ours."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise MailboxError(
            f"{place}: its certificate is not to be trusted: {error.verify_message}"
        ) from None
    except ssl.SSLError as error:
        raise MailboxError(f"{place}: TLS failed: {error.reason or 'no reason given'}") from None
    except TimeoutError:
        waited = f"{imap_connection.PATIENCE:.0f} seconds"
        raise MailboxError(f"{place}: no answer within {waited}") from None
    except imaplib.IMAP4.readonly:
        raise MailboxError(f"{place}: it can only be read, and what was read is marked") from None
    except imaplib.IMAP4.abort as error:
        raise MailboxError(f"{place}: the connection was lost: {_words(error.args)}") from None
    except imaplib.IMAP4.error as error:
        raise MailboxError(f"{place}: {what} went wrong: {_words(error.args)}") from None
    except ValueError:  # a number or a letter where there can be none
        raise MailboxError(f"{place}: {what} went wrong: it does not speak IMAP") from None
    except OSError as error:
        reason = error.strerror or "the connection was lost"
        raise MailboxError(f"{place}: it cannot be reached: {reason}") from None


def _words(said: Sequence[object]) -> str:
    """A server's words on one line, cut short."""
    parts = (s.decode("utf-8", "replace") if isinstance(s, bytes) else str(s) for s in said if s)
    text = " ".join("".join(c if c.isprintable() else " " for c in " ".join(parts)).split())
    return text[:_SAID] or "it did not say why"


def _quoted(folder: str) -> str:
    """A folder's name as a command holds it: modified UTF-7 (RFC 3501 §5.1.3), in quotes."""

    def encoded(match: re.Match[str]) -> str:
        octets = match[0].encode("utf-16-be")
        return f"&{_base64(octets)}-"

    ascii_only = re.sub(r"[^\x20-\x7e]+", encoded, folder.replace("&", "&-"))
    return '"' + ascii_only.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _base64(octets: bytes) -> str:
    return b64encode(octets).decode("ascii").rstrip("=").replace("/", ",")
