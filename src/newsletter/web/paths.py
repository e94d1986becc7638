"""Where the pages find each other, as paths: they work on whatever host the reader came by."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from newsletter.content.links import Links


@dataclass(frozen=True, slots=True)
class Paths(Links):
    """The links of mail without scheme and host, and some that mail has no use for."""

    @classmethod
    def under(cls, public_url: str) -> Paths:
        """The paths of pages that are reached under `public_url`, which may hold a path itself."""
        return cls(urlsplit(public_url).path.rstrip("/"))

    @property
    def home(self) -> str:
        """The page that names the lists."""
        return f"{self.public_url}/"

    def style(self, list_name: str = "") -> str:
        """The stylesheet, in the colours of a list."""
        return self._at("style", f"{list_name}.css") if list_name else self._at("style.css")

    def move(self, token: str) -> str:
        """Where the preferences page sends the wish for another address."""
        return f"{self.manage(token)}/address"
