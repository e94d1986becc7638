"""Which language a page is in: the one asked for, else the reader's own, else the browser's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Query

LANGUAGES = {"en": "English", "zh": "中文"}
"""The languages of the pages, each named in itself; the first is the default."""

DEFAULT = "en"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says about language: `?lang=`, and Accept-Language (RFC 9110 §12.5.4)."""

    explicit: str
    accepted: str

    def choose(self, *own: str) -> str:
        """The page's language for a reader whose own languages, in order, are `own`."""
        for wanted in (self.explicit, *own, *_by_weight(self.accepted)):
            found = wanted.partition("-")[0].lower()
            if found in LANGUAGES:
                return found
        return DEFAULT


def _by_weight(header: str) -> list[str]:
    """The language ranges of an Accept-Language header, the most wanted first."""
    weighted = []
    for part in header.split(",")[:20]:
        name, _, weight = part.partition(";")
        try:
            weighted.append((float(weight.strip().removeprefix("q=") or 1), name.strip()))
        except ValueError:
            continue
    return [name for weight, name in sorted(weighted, key=lambda item: -item[0]) if weight > 0]


def _asked(
    lang: Annotated[str, Query(max_length=16)] = "",
    accept_language: Annotated[str, Header()] = "",
) -> Asked:
    return Asked(lang, accept_language)


Language = Annotated[Asked, Depends(_asked)]
"""The parameter by which a route learns what the request says about language."""
