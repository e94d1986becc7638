"""The addresses of the public pages, in one place: mail points at them and the web serves them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link of an issue leads, and the positions of the entries that have it: none if only
    the editors' own words do."""

    url: str
    entries: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses under a list's `public_url` (no slash at its end)."""

    public_url: str

    def _at(self, *parts: str) -> str:
        return "/".join((self.public_url.rstrip("/"), *(quote(p, safe="") for p in parts)))

    def leave(self, token: str) -> str:
        """The unsubscribe page, and where the one-click POST of RFC 8058 goes."""
        return self._at("u", token)

    def manage(self, token: str) -> str:
        """The reader's preferences."""
        return self._at("p", token)

    def pause(self, token: str) -> str:
        """The part of the preferences that stops mail for some weeks."""
        return self.manage(token) + "#pause"

    def view(self, token: str) -> str:
        """The message in a browser."""
        return self._at("v", token)

    def click(self, token: str, number: int) -> str:
        """The way to a link of an issue that counts how often it is taken."""
        return self._at("c", token, str(number))

    def subscribe(self, list_name: str) -> str:
        """The form by which somebody new joins a list."""
        return self._at("lists", list_name, "subscribe")

    def confirm(self, token: str) -> str:
        """Where a wish is confirmed that was mailed to its address."""
        return self._at("confirm", token)

    def lost(self) -> str:
        """The form that mails the links to their preferences to whoever lost them."""
        return self._at("manage")

    def edit(self) -> str:
        """Where editors see the next issue; without a visit, the form that mails a link."""
        return self._at("edit")

    def enter(self, pass_text: str) -> str:
        """Where an editor's mailed link lets them in."""
        return self._at("edit", "enter", pass_text)

    def feed(self, list_name: str) -> str:
        """The issues of a list as an Atom feed."""
        return self._at("archive", list_name, "feed.xml")

    def about(self, list_name: str) -> str:
        """The list's own page."""
        return self._at("lists", list_name)

    def archive(self, list_name: str) -> str:
        """All issues of a list."""
        return self._at("archive", list_name)

    def issue(self, list_name: str, issue_name: str, entry: int | None = None) -> str:
        """An issue with all its details; `entry` is a position in `Digest.entries`."""
        at = "" if entry is None else f"#e{entry}"
        return self._at("archive", list_name, issue_name) + at
