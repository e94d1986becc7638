"""One paper under several names is one; two papers of one name are two."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.content.arranging import once
from newsletter.content.entry import Entry, Tier
from newsletter.content.merging import same_paper
from newsletter.content.sameness import Marks, alike, marks
from tests.builders import make_entry

PAPER = make_entry(1, title="Weak forms for stiff flows")
UNNAMED = replace(PAPER, key="title:weak forms for stiff flows", arxiv_id=None)


def by(*links: str, title: str = "Another title") -> Entry:
    return replace(UNNAMED, title=title, links=links)


@pytest.mark.parametrize(
    "other",
    [
        replace(PAPER, arxiv_id="2602.00001v3", title="Weak forms, second version"),
        replace(PAPER, categories=("math.NA", "cs.LG")),  # a cross-listing
        replace(UNNAMED, title="WEAK forms for “stiff” flows"),
        by("https://arxiv.org/abs/2602.00001v2"),
        by("https://arxiv.org/pdf/2602.00001.pdf"),
        by("https://doi.org/10.48550/arXiv.2602.00001"),
        by("https://doi.org/10.1000/weak.forms", title=PAPER.title),
    ],
)
def test_what_is_one_paper(other: Entry) -> None:
    assert same_paper(PAPER, other)
    assert same_paper(other, PAPER)
    assert len(once([other, PAPER])) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(PAPER, arxiv_id="2602.00002"),
        replace(UNNAMED, title="Strong forms"),
        by("https://arxiv.org/abs/2602.00002", title=PAPER.title),
        # Two papers are linked: which of them it is about, nobody can tell.
        by("https://arxiv.org/abs/2602.00001", "https://arxiv.org/abs/2602.00009"),
    ],
)
def test_what_is_not(other: Entry) -> None:
    assert not same_paper(PAPER, other)
    assert len(once([other, PAPER])) == 2


def test_a_doi_joins_and_parts() -> None:
    one, other = by("https://doi.org/10.1000/A.1"), by("https://dx.doi.org/10.1000/a.1", title="B")
    assert same_paper(one, other)
    erratum = by("https://doi.org/10.1000/a.2")
    assert not same_paper(one, erratum)
    assert marks(one) == Marks(doi="10.1000/a.1", title="another title")
    assert not alike(Marks(), Marks())


def test_of_two_the_one_that_matters_more_is_kept() -> None:
    star = replace(UNNAMED, tier=Tier.BREAKTHROUGH)
    assert once([PAPER, star]) == [star]
