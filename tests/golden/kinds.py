"""One message of every kind that we send, from the sample documents under a fixed clock.

`make golden` (`python -m tests.golden.kinds`) writes them anew; look at the difference before you
commit it. The tests of tests/clients hold the same messages against tools of others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from newsletter.content import sources
from newsletter.content.digest import Digest, assemble
from newsletter.content.entry import Brief, Entry, Period, Tier
from newsletter.content.links import Links
from newsletter.content.mailinglist import Clicks, Policies
from newsletter.content.merging import merge, same_paper
from newsletter.content.planning import Plan, plan
from newsletter.content.preferences import Preferences
from newsletter.packaged import packaged
from newsletter.rendering.compiled import Compiled
from newsletter.rendering.compiling import compile_issue
from newsletter.rendering.encoding import Encoding
from newsletter.rendering.templates import load_template
from tests.builders import make_brief, make_entries, make_list, make_values

FOLDER = Path(__file__).parent
LINKS = Links("https://news.example.org")
WEEK = Period(dt.date(2026, 2, 5), dt.date(2026, 2, 11))
DOCUMENTS = ("weekly-brief-2026-02-05.txt", "daily-listing-2026-02-05.md")
VALUES = make_values(
    header_token="h" * 3 + "2a7k" * 12,  # as long as real ones
    leave_token="l" * 3 + "2a7k" * 12,
    manage_token="m" * 3 + "2a7k" * 12,
    view_token="v" * 3 + "2a7k" * 12,
    click_token="c" * 3 + "2a7k" * 5,
)


@dataclass(frozen=True)
class Kind:
    """A kind of message, from the documents' own papers or, if `papers` is set, so many.

    A `bilingual` one has a brief and papers in two languages, and the documents' listed papers.
    """

    name: str
    template: str = "weekly"
    encoding: Encoding = Encoding.EIGHT_BIT
    preferences: Preferences = field(default_factory=Preferences)
    papers: int = 0
    bilingual: bool = False
    list_changes: Mapping[str, Any] = field(default_factory=dict)


OPERATORS = frozenset({"operators"})
KINDS = (
    Kind("rich"),
    Kind("thin", preferences=Preferences(follows=OPERATORS, only_topics=True, most=1)),
    Kind("chinese", preferences=Preferences(languages=("zh",)), bilingual=True),
    Kind(
        "both",
        encoding=Encoding.QUOTED_PRINTABLE,
        preferences=Preferences(languages=("zh", "en"), most=14),
        bilingual=True,
    ),
    Kind("text-only", preferences=Preferences(html=False, lowest_tier=Tier.NOTABLE)),
    Kind(
        "over-budget",
        preferences=Preferences(languages=("en", "zh")),
        papers=92,
        list_changes={"policies": Policies(html_budget=45_000)},
    ),
    Kind(
        "counted",
        encoding=Encoding.QUOTED_PRINTABLE,
        preferences=Preferences(most=6),
        list_changes={"policies": Policies(clicks=Clicks.COUNTED)},
    ),
    Kind("listing", template="listing", preferences=Preferences(follows=OPERATORS)),
    Kind("listing-chinese", template="listing", preferences=Preferences(languages=("zh",))),
)


@lru_cache
def documents() -> tuple[tuple[Entry, ...], tuple[Brief, ...]]:
    """Entries and briefs of the sample documents, a paper of two of them once."""
    found: list[Entry] = []
    briefs: list[Brief] = []
    for name in DOCUMENTS:
        read = sources.read(name, (packaged("samples") / name).read_bytes())
        briefs += [read.brief] if read.brief else []
        for entry in read.entries:
            known = next((old for old in found if same_paper(old, entry)), None)
            if known is None:
                found.append(entry)
            else:
                merged, _ = merge(known, entry, edited=frozenset())
                found[found.index(known)] = merged
    return tuple(found), tuple(briefs)


def many(entries: Iterable[Entry], number: int) -> list[Entry]:
    """`number` entries: those given, then each of them again as a listed paper of another name."""
    made = list(entries)
    while len(made) < number:
        old, serial = made[len(made) % len(tuple(documents()[0]))], len(made)
        arxiv_id = f"2602.{90000 + serial}"
        made.append(
            replace(
                old,
                key=f"arxiv:{arxiv_id}",
                arxiv_id=arxiv_id,
                title=f"{old.title}, part {serial}",
                tier=Tier.LISTED,
                position=serial,
            )
        )
    return made[:number]


@lru_cache
def digest(kind: str) -> Digest:
    chosen = by_name(kind)
    entries, briefs = documents()
    if chosen.bilingual:
        listed = (entry for entry in entries if entry.tier is Tier.LISTED)
        entries, briefs = (*make_entries(), *listed), (make_brief(),)
    shown = many(entries, chosen.papers) if chosen.papers else entries
    return assemble(make_list(**chosen.list_changes), WEEK, shown, briefs)


@lru_cache
def compiled(kind: str) -> tuple[Compiled, Plan]:
    """The compiled issue of a kind of message, and its reader's plan."""
    chosen, week = by_name(kind), digest(kind)
    template = load_template([], chosen.template)
    made = compile_issue(template, week, chosen.preferences.languages, links=LINKS)
    return made, plan(week, chosen.preferences, made)


def message(kind: str) -> bytes:
    """The message of this kind, as a relay would get it but for its boundary: that is a hash of
    all that goes into an issue, so it changes with things that no reader sees."""
    made, chosen = compiled(kind)
    octets = made.assemble(chosen, VALUES, by_name(kind).encoding)
    return octets.replace(made.frame.boundary.encode(), b"=_boundary")


def page(kind: str) -> str:
    """Its HTML part."""
    made, chosen = compiled(kind)
    return made.html(chosen, VALUES)


def by_name(kind: str) -> Kind:
    return next(known for known in KINDS if known.name == kind)


def main() -> None:
    for kind in KINDS:
        (FOLDER / f"{kind.name}.eml").write_bytes(message(kind.name))


if __name__ == "__main__":
    main()
