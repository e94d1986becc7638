"""arXiv's identifiers, old style and new, in links and in running text."""

from __future__ import annotations

import re

# https://info.arxiv.org/help/arxiv_identifier.html: YYMM.NNNN(N) since April 2007, before that
# the archive, at times with a subject class, and YYMMNNN.
_ID = r"(?:[0-9]{2}(?:0[1-9]|1[0-2])\.[0-9]{4,5}|[a-z][a-z-]{1,15}(?:\.[A-Za-z-]{2,12})?/[0-9]{7})"
_VERSIONED = rf"({_ID})(?:v[0-9]{{1,3}})?"
_URL = re.compile(
    rf"https?://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html|format|ps)/{_VERSIONED}"
    r"(?:\.pdf)?/?(?:[?#]\S*)?",
    re.IGNORECASE,
)
_REFERENCE = re.compile(rf"(?:arxiv\s?:\s?)?{_VERSIONED}", re.IGNORECASE)
_NUMBERED = re.compile(rf"\(([0-9]{{1,3}})\) ?(?:arxiv: ?)?{_VERSIONED}(?![0-9])", re.IGNORECASE)


def id_of_url(url: str) -> str | None:
    """The identifier, without its version, that an arXiv link names.

    >>> id_of_url("http://arxiv.org/pdf/2602.04139v2.pdf")
    '2602.04139'
    """
    found = _URL.fullmatch(url)
    return found[1] if found else None


def id_of_reference(text: str) -> str | None:
    """The identifier that is all of `text`: bare, after `arXiv:`, or as a link."""
    found = _REFERENCE.fullmatch(text.strip())
    return found[1] if found else id_of_url(text.strip())


def numbered_ids(text: str) -> dict[int, str]:
    """Identifiers behind numbers in parentheses, `(1) 2601.03774 …; (2) 2601.03169 …`.

    Empty when a number is used twice: it is then no enumeration.
    """
    found = [(int(number), identifier) for number, identifier in _NUMBERED.findall(text)]
    numbers = dict(found)
    return numbers if len(numbers) == len(found) == len(set(numbers.values())) else {}


def abs_url(identifier: str) -> str:
    """The paper's page."""
    return f"https://arxiv.org/abs/{identifier}"
