"""When two entries are one paper: by its identifiers, else by its title. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.content.entry import Entry, arxiv_key, fold_title

_ARXIV_LINK = re.compile(
    r"https?://(?:\w+\.)?arxiv\.org/(?:abs|pdf|html)/([a-z-]+(?:\.[A-Z]{2})?/\d{7}|\d{4}\.\d{4,5})"
    r"(?:v\d+)?(?:\.pdf)?/?"
)
_DOI_LINK = re.compile(r"https?://(?:dx\.)?doi\.org/(10\.\d{4,9}/\S+)", re.IGNORECASE)
_ARXIV_DOI = "10.48550/arxiv."


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a paper is known by: arXiv's identifier without version, a DOI in lower case, and the
    folded title; each empty where it is not known."""

    arxiv: str = ""
    doi: str = ""
    title: str = ""


def marks(entry: Entry) -> Marks:
    """What an entry is known by, its links included where they name one paper alone.

    A DOI that arXiv itself gives (10.48550/arXiv.…) is arXiv's identifier.
    """
    dois = [found[1].lower() for link in entry.links if (found := _DOI_LINK.fullmatch(link))]
    arxiv = [found[1] for link in entry.links if (found := _ARXIV_LINK.fullmatch(link))]
    arxiv += [doi.removeprefix(_ARXIV_DOI) for doi in dois if doi.startswith(_ARXIV_DOI)]
    own = [entry.arxiv_id] if entry.arxiv_id else arxiv
    return Marks(
        arxiv=_only({arxiv_key(one).removeprefix("arxiv:") for one in own}),
        doi=_only({doi for doi in dois if not doi.startswith(_ARXIV_DOI)}),
        title=fold_title(entry.title),
    )


def alike(a: Marks, b: Marks) -> bool:
    """Whether these are one paper. A shared identifier says so; differing ones say that it is not,
    whatever the titles."""
    pairs = [(one, other) for one, other in ((a.arxiv, b.arxiv), (a.doi, b.doi)) if one and other]
    if pairs:
        return any(one == other for one, other in pairs)
    return bool(a.title) and a.title == b.title


def _only(found: set[str]) -> str:
    return found.pop() if len(found) == 1 else ""
