"""The samples that come with the package, and the editors' own documents where they are at hand."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest

from newsletter.content.entry import Entry, Period, Tier
from newsletter.content.sources import Document, read

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = (ROOT / "src/newsletter/data/samples", ROOT.parent / "shared" / "seeds")
JANUARY = "weekly-brief-2026-01-05.txt"
FEBRUARY = "weekly-brief-2026-02-05.txt"
LISTING = "daily-listing-2026-02-05.md"


def files(name: str) -> list[Path]:
    return [folder / name for folder in FOLDERS if (folder / name).exists()]


def load(path: Path) -> Document:
    return read(path.name, path.read_bytes())


def of_tier(document: Document, tier: Tier) -> list[Entry]:
    return [entry for entry in document.entries if entry.tier is tier]


def sizes(document: Document) -> list[tuple[int, int]]:
    texts = (entry.texts["en"] for entry in of_tier(document, Tier.BREAKTHROUGH))
    return [(len(text.innovations), len(text.evidence)) for text in texts]


@pytest.mark.parametrize("path", files(JANUARY), ids=str)
def test_january_is_read_whole(path: Path) -> None:
    document = load(path)
    assert document.brief is not None
    assert document.brief.period == Period(dt.date(2026, 1, 5), dt.date(2026, 1, 11))
    assert (document.brief.papers_analyzed, document.brief.breakthroughs) == (47, 3)
    assert sizes(document) == [(5, 4), (4, 4), (4, 3)]
    ids = ("2601.03774", "2601.03169", "2601.03768")
    assert tuple(e.arxiv_id for e in of_tier(document, Tier.BREAKTHROUGH)) == ids
    assert len(document.remarks) == 3  # one for each identifier taken from the summary


@pytest.mark.parametrize("path", files(FEBRUARY), ids=str)
def test_february_is_read_whole(path: Path) -> None:
    document = load(path)
    assert document.brief is not None
    assert document.brief.period == Period(dt.date(2026, 2, 5), dt.date(2026, 2, 11))
    assert (document.brief.papers_analyzed, document.brief.breakthroughs) == (92, 3)
    assert sizes(document) == [(5, 3), (5, 3), (5, 2)]
    ids = ("2602.09093", "2602.07588", "2602.06695")
    assert tuple(e.arxiv_id for e in of_tier(document, Tier.BREAKTHROUGH)) == ids


@pytest.mark.parametrize("path", files(JANUARY) + files(FEBRUARY), ids=str)
def test_a_brief_keeps_its_parts_and_no_litter(path: Path) -> None:
    document = load(path)
    assert document.brief is not None
    editorial = document.brief.texts["en"]
    assert Counter(e.tier.value for e in document.entries) == {
        "breakthrough": 3,
        "notable": 8,
        "mention": 8,
    }
    assert [e.position for e in document.entries] == list(range(19))
    assert {e.period for e in document.entries} == {document.brief.period}
    assert editorial.summary
    assert editorial.takeaway
    assert len(editorial.trends) == 5
    assert all(trend.title and trend.text for trend in editorial.trends)
    assert editorial.notes == ()
    for entry in of_tier(document, Tier.NOTABLE):
        assert entry.texts["en"].filled() == ("summary",)
    for entry in of_tier(document, Tier.BREAKTHROUGH):
        text = entry.texts["en"]
        assert text.filled() == ("why_novel", "innovations", "evidence", "impact")
        assert all(piece[0] not in "-—–" for piece in (*text.innovations, *text.evidence))
    said = [entry.title for entry in document.entries]
    said += [
        piece for e in of_tier(document, Tier.BREAKTHROUGH) for piece in e.texts["en"].evidence
    ]
    assert not [text for text in said if "()" in text or " - " in text or " — " in text]


@pytest.mark.parametrize("path", files(LISTING), ids=str)
def test_a_listing_is_read_in_both_languages(path: Path) -> None:
    document = load(path)
    assert document.remarks == ()
    assert document.brief is None
    assert Counter(e.categories[0] for e in document.entries) == {
        "cs.LG": 4,
        "physics.chem-ph": 3,
        "cond-mat.dis-nn": 1,
    }
    for entry in document.entries:
        assert entry.key == f"arxiv:{entry.arxiv_id}"
        assert entry.links == (f"https://arxiv.org/abs/{entry.arxiv_id}",)
        assert entry.tier is Tier.LISTED
        assert entry.authors
        assert entry.period == Period(dt.date(2026, 2, 5), dt.date(2026, 2, 5))
        chinese = ("summary", "motivation", "method", "result", "conclusion")
        assert entry.texts["zh"].filled() == chinese
        assert entry.texts["en"].filled() == ("abstract",)
    assert document.entries[5].authors[0] == "Juan B. Pérez-Sánchez"
    assert len(document.entries[5].authors) == 15
