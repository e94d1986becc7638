"""Passes of editors: the link that is mailed to them, and the cookie of their visit.

Signed by itsdangerous under the newest secret key, a salt per purpose; every key of the ring opens.
A pass names the editor, a stamp that the store can change to end it, and until when it holds.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from itsdangerous import BadData, URLSafeSerializer

from newsletter.errors import TokenError
from newsletter.tokens import Keyring

LINK_FOR = dt.timedelta(hours=24)
"""How long a link works that was mailed; it opens once."""

VISIT_FOR = dt.timedelta(days=14)
"""How long a visit lasts, unless the editor ends it or is removed."""


class Opens(StrEnum):
    """What a pass is for; one for one purpose opens nothing else."""

    LINK = "editor's link"
    VISIT = "editor's visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Who may come in, by the stamp of which link or visit, and until when."""

    editor_id: int
    stamp: str
    until: dt.datetime


def seal(keyring: Keyring, opens: Opens, granted: Pass) -> str:
    """A pass as text that is safe in a URL and in a cookie."""
    until = int(granted.until.timestamp())
    signed = _serializer(keyring, opens).dumps([granted.editor_id, granted.stamp, until])
    return signed if isinstance(signed, str) else signed.decode("ascii")


def unseal(keyring: Keyring, opens: Opens, text: str, now: dt.datetime) -> Pass:
    """The pass that `text` is.

    Raises:
        TokenError: it is not one of ours, not for this purpose, or holds no longer.
    """
    try:
        editor_id, stamp, until = _serializer(keyring, opens).loads(text)
        found = Pass(
            editor_id=int(editor_id),
            stamp=str(stamp),
            until=dt.datetime.fromtimestamp(until, dt.UTC),
        )
    except (BadData, TypeError, ValueError):
        raise TokenError("this link is not valid") from None
    if now >= found.until:
        raise TokenError("this link has expired: ask for another")
    return found


def _serializer(keyring: Keyring, opens: Opens) -> URLSafeSerializer:
    # itsdangerous signs with the last key, our ring with the first.
    secrets = [key.secret for key in reversed(keyring.keys)]
    return URLSafeSerializer(secrets, salt=f"newsletter {opens}")
