"""The law of repeats: whatever is imported, edited, cancelled and joined, no paper comes twice."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.entry import Entry, Period
from newsletter.content.sources.document import Document
from newsletter.errors import ConflictError
from newsletter.store import editing, entries
from newsletter.store.database import Database
from newsletter.store.steering import cancel
from newsletter.workflow import assemble_issue
from tests.builders import WEEK, make_entry
from tests.delivery.test_repeating import freeze, send
from tests.store.stage import LIST, NOW, join, sync

PAPERS = ("alpha", "bravo", "charlie", "delta")
PEOPLE = ("ada@example.org", "bela@example.org")
DAYS = st.integers(0, 13).map(lambda number: WEEK.first + dt.timedelta(days=number))
CATEGORIES = st.sampled_from(["cs.LG", "quant-ph", "q-bio.BM"])


@st.composite
def printed(draw: st.DrawFn) -> Entry:
    """One of four papers: on some day, in some version, under a title and category of that day."""
    paper, version, day = draw(st.integers(0, 3)), draw(st.integers(1, 3)), draw(DAYS)
    return make_entry(
        paper + 1,
        title=f"About {PAPERS[paper]}, take {version}",
        arxiv_id=f"2602.0000{paper + 1}v{version}",
        period=Period(day, day),
        categories=(draw(CATEGORIES),),
    )


SPANS = st.builds(lambda day, more: Period(day, day + dt.timedelta(days=more)), DAYS, st.just(6))
STEPS = st.one_of(
    st.lists(printed(), min_size=1, max_size=3),
    st.sampled_from(PEOPLE),
    SPANS,
    SPANS.map(lambda days: (days, "cancelled")),
    st.sampled_from(["drop", "restore", "raise"]),
)


@settings(max_examples=12, deadline=None)
@given(first=st.lists(printed(), min_size=3), steps=st.lists(STEPS, min_size=4, max_size=10))
def test_nobody_is_sent_a_paper_twice(
    sqlite_template: Path, first: list[Entry], steps: list[object]
) -> None:
    had: dict[str, set[str]] = {address: set() for address in PEOPLE}
    with fresh(sqlite_template) as database:
        for number, step in enumerate([first, PEOPLE[0], *steps]):
            match step:
                case Period() as days:
                    send_span(database, days, had, cancelled=False)
                case (Period() as days, _):
                    send_span(database, days, had, cancelled=True)
                case _:
                    prepare(database, step, f"document {number}")


def send_span(
    database: Database, days: Period, had: dict[str, set[str]], *, cancelled: bool
) -> None:
    """Assembles the issue of some days and sends it, with a cancelling before the end."""
    try:
        issue = assemble_issue(database, LIST, days, NOW)
    except ConflictError:
        return  # it went out before
    papers = [name for item in issue.digest.entries for name in named(item.entry.title)]
    assert len(papers) == len(set(papers)), "each paper once"
    frozen = freeze(database, issue.digest)
    if cancelled:
        with database.write() as session:
            cancel(session, frozen.id, NOW)
        return
    for address, message in send(database, frozen).items():
        new = named(message.decode("utf-8", "replace"))
        assert not had[address] & new, f"{address} had it before {issue.ref}"
        had[address] |= new


def prepare(database: Database, step: object, name: str) -> None:
    """Somebody joins, papers are imported, or the first stored one is edited."""
    with database.write() as session:
        if isinstance(step, list):
            papers = tuple({entry.key: entry for entry in step}.values())
            entries.import_document(
                session,
                Document(
                    key=name, name=name, format="listing", entries=papers, brief=None, remarks=()
                ),
                name,
                NOW,
            )
        elif step in PEOPLE:
            join(session, str(step))
        elif found := entries.list_entries(session, include_dropped=True):
            ref = str(found[0].id)
            if step == "raise":
                editing.set_text(session, ref, "tier", "notable", who="Ada", now=NOW)
            else:
                editing.set_dropped(session, ref, step == "drop", who="Ada", now=NOW)


def named(text: str) -> set[str]:
    return {paper for paper in PAPERS if f"About {paper}" in text}


@contextmanager
def fresh(template: Path) -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "newsletter.db"
        shutil.copy(template, path)
        database = Database.open(f"sqlite:///{path}")
        try:
            with database.write() as session:
                sync(session)
            yield database
        finally:
            database.close()
