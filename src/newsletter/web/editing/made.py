"""A message as it was made, taken apart for the page; the octets stay what they are."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from threading import Lock

from newsletter.content.digest import Digest
from newsletter.content.links import Links
from newsletter.content.planning import Plan
from newsletter.errors import NotFoundError

_KEPT = 200
"""Messages that frames may still ask for: some readers in every view, light and dark."""


@dataclass(frozen=True)
class Made:
    """One reader's message, and what decided about it."""

    message: bytes
    digest: Digest
    plan: Plan

    @cached_property
    def id(self) -> str:
        """Names what it says, in a frame's address; its date, which never stands still, apart."""
        said = "\0".join((str(self._parsed["to"]), self.subject, self.html, self.text))
        return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]

    @cached_property
    def _parsed(self) -> EmailMessage:
        return message_from_bytes(self.message, policy=policy.default)

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The fields of its header in their order, decoded."""
        return tuple((name, str(value)) for name, value in self._parsed.items())

    @property
    def subject(self) -> str:
        """The subject, decoded."""
        return str(self._parsed["subject"] or "")

    @cached_property
    def html(self) -> str:
        """The HTML part, empty when it has none."""
        return self._part("html")

    @cached_property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html_octets(self) -> int:
        """Octets of the HTML part once decoded, which is what Gmail counts."""
        part = self._parsed.get_body(("html",))
        data = part.get_payload(decode=True) if part is not None else b""
        return len(data) if isinstance(data, bytes) else 0

    def personal(self, url: str) -> bool:
        """Whether a link holds this reader's own token."""
        links = Links(self.digest.list.public_url)
        return url.startswith((links.leave(""), links.manage(""), links.view("")))

    def _part(self, kind: str) -> str:
        part = self._parsed.get_body((kind,))
        return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


class Shelf:
    """The messages made last, by their ids."""

    def __init__(self, most: int = _KEPT) -> None:
        self._kept: OrderedDict[str, Made] = OrderedDict()
        self._most, self._lock = most, Lock()

    def put(self, made: Made) -> None:
        """Keeps a message; of many, the one that was put first goes."""
        with self._lock:
            self._kept[made.id] = made
            self._kept.move_to_end(made.id)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def __getitem__(self, made_id: str) -> Made:
        """The message of that id.

        Raises:
            NotFoundError: it was made long ago, or never.
        """
        with self._lock:
            if made_id not in self._kept:
                raise NotFoundError("that message is not kept any more: load the page anew")
            return self._kept[made_id]
