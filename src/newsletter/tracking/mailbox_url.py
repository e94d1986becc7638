"""Where returned mail lies on a server, as a URL (RFC 5092 in the main): who may read it, and what
becomes of what was read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

from newsletter.errors import MailboxError

_PORTS = {"imaps": 993, "imap": 143}
_EXAMPLE = "imaps://user:password@imap.example.org/INBOX"
_KEPT_IN = "mailbox_url in newsletter.toml, or NEWSLETTER_MAILBOX_URL"


class Then(StrEnum):
    """What becomes of a message that was read."""

    SEEN = "seen"  # it is marked
    MOVE = "move"  # to another folder
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapPlace:
    """A folder on an IMAP server. `str` of it names neither user nor password."""

    host: str
    port: int
    tls: bool  # from the first octet; else STARTTLS, but on this machine itself
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    then: Then = Then.SEEN
    into: str = ""

    def __str__(self) -> str:
        scheme = "imaps" if self.tls else "imap"
        port = "" if self.port == _PORTS[scheme] else f":{self.port}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}{port}/{self.folder}"

    @property
    def here(self) -> bool:
        """Whether it is on this machine, where nobody listens in between."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def is_imap(text: str) -> bool:
    """Whether a text means a server, and no file."""
    return text.partition("://")[0].lower() in _PORTS


def parse_imap(url: str) -> ImapPlace:
    """The place that a URL names: `imaps://user:password@host:port/folder?then=seen`.

    `then` is `seen` (the usual), `move:FOLDER` or `delete`.

    Raises:
        MailboxError: it is no such URL; what it holds of a password is not repeated.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (KeyError, ValueError):
        raise MailboxError(f"a mailbox must look like {_EXAMPLE}") from None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    if not parts.hostname or parts.fragment or re.search(r"[\0\r\n]", user + password + folder):
        raise MailboxError(
            f"a mailbox must look like {_EXAMPLE}, with %23 for # and %40 for @ in a password"
        )
    then, into = _then(parts.query)
    return ImapPlace(
        host=parts.hostname,
        port=port,
        tls=parts.scheme == "imaps",
        user=user,
        password=password,
        folder=folder,
        then=then,
        into=into,
    )


def asked_for(url: str, stored: str) -> ImapPlace:
    """The place that somebody named on the command line, with the password that the settings have
    for that server, in the URL `stored`.

    Raises:
        MailboxError: it is no such URL, holds a password, or the settings have none for it.
    """
    place = parse_imap(url)
    if place.password:
        raise MailboxError(
            f"{place}: a password does not belong on a command line, where others see it: "
            f"it goes into {_KEPT_IN}"
        )
    known = parse_imap(stored) if is_imap(stored) else None
    if known is None or known.host != place.host or place.user not in ("", known.user):
        raise MailboxError(f"{place}: there is no password for it: it goes into {_KEPT_IN}")
    return replace(place, user=known.user, password=known.password)


def _then(query: str) -> tuple[Then, str]:
    asked = dict(parse_qsl(query, keep_blank_values=True))
    word, _, into = asked.pop("then", Then.SEEN.value).partition(":")
    if asked or word not in tuple(Then) or bool(into) != (word == Then.MOVE):
        raise MailboxError(
            f"a mailbox's URL ends with ?then=seen, ?then=move:FOLDER or ?then=delete, not ?{query}"
        )
    return Then(word), into
