"""What importing an entry again makes of the stored one."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.entry import Entry, EntryText, Period, Tier
from newsletter.content.merging import merge, same_paper

WEEK = Period(dt.date(2026, 1, 5), dt.date(2026, 1, 11))
LATER = Period(dt.date(2026, 2, 5), dt.date(2026, 2, 5))
NONE: frozenset[str] = frozenset()


def entry(title: str = "Moiré magnets", **values: object) -> Entry:
    return replace(Entry(key="title:moire magnets", title=title, period=WEEK), **values)  # type: ignore[arg-type]  # tests name fields freely


words = st.sampled_from(["", "a", "b", "Moiré magnets"])
pieces = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3, unique=True).map(tuple)
texts = st.builds(EntryText, summary=words, why_novel=words, innovations=pieces, abstract=words)
entries = st.builds(
    Entry,
    key=st.sampled_from(["title:a", "title:b"]),
    title=words,
    period=st.sampled_from([WEEK, LATER]),
    tier=st.sampled_from(Tier),
    authors=pieces,
    categories=pieces,
    arxiv_id=st.sampled_from([None, "2602.04139", "2602.04139v2", "2601.03774"]),
    links=pieces,
    texts=st.dictionaries(st.sampled_from(["en", "zh"]), texts, max_size=2),
    topics=st.none() | pieces,
    position=st.integers(0, 9),
    source=st.sampled_from(["brief", "listing"]),
)
names = st.frozensets(
    st.sampled_from(
        ["title", "tier", "topics", "categories", "texts.en.summary", "texts.zh.abstract"]
    )
)


@settings(deadline=None)
@given(entries, entries, names)
def test_merging_the_same_entry_again_changes_nothing(
    a: Entry, b: Entry, edited: frozenset[str]
) -> None:
    once, _ = merge(a, b, edited=edited)
    assert merge(once, b, edited=edited) == (once, ())


@settings(deadline=None)
@given(entries, entries, names)
def test_what_changed_is_named_and_nothing_else_differs(
    a: Entry, b: Entry, edited: frozenset[str]
) -> None:
    merged, changed = merge(a, b, edited=edited)
    differing = {
        f.name
        for f in fields(Entry)
        if f.name != "texts" and getattr(a, f.name) != getattr(merged, f.name)
    }
    assert {name for name in changed if not name.startswith("texts.")} == differing
    assert any(n.startswith("texts.") for n in changed) == (
        {k: v for k, v in a.texts.items() if v.filled()}
        != {k: v for k, v in merged.texts.items() if v.filled()}
    )


@settings(deadline=None)
@given(entries, entries, names)
def test_what_an_editor_edited_stays_and_nothing_said_is_erased(
    a: Entry, b: Entry, edited: frozenset[str]
) -> None:
    merged, changed = merge(a, b, edited=edited)
    assert not edited & set(changed)
    assert merged.tier.rank <= a.tier.rank
    assert (merged.period, merged.position, merged.source) == (a.period, a.position, a.source)
    assert merged.categories[: len(a.categories)] == a.categories
    for language, text in a.texts.items():
        assert set(text.filled()) <= set(merged.texts[language].filled())


def test_an_identifier_gives_the_entry_its_lasting_key() -> None:
    merged, changed = merge(entry(), entry(arxiv_id="2602.09093"), edited=NONE)
    assert merged.key == "arxiv:2602.09093"
    assert changed == ("key", "arxiv_id")


def test_a_listing_adds_what_the_brief_did_not_say() -> None:
    brief = entry(tier=Tier.BREAKTHROUGH, texts={"en": EntryText(impact="Large.")})
    listing = entry(
        "Moire Magnets",
        authors=("A. Author",),
        categories=("cond-mat.str-el", "cs.LG"),
        links=("https://arxiv.org/abs/2602.09093",),
        texts={"zh": EntryText(summary="磁性"), "en": EntryText(abstract="We compute.")},
        period=LATER,
        position=7,
    )
    merged, changed = merge(brief, listing, edited=frozenset({"title"}))
    assert merged.title == "Moiré magnets"
    assert merged.tier is Tier.BREAKTHROUGH
    assert merged.texts["en"] == EntryText(impact="Large.", abstract="We compute.")
    assert changed == ("authors", "categories", "links", "texts.en.abstract", "texts.zh.summary")


def test_another_version_is_the_same_paper() -> None:
    assert same_paper(entry("A", arxiv_id="2602.04139"), entry("B", arxiv_id="2602.04139v3"))


def test_titles_decide_unless_both_have_identifiers() -> None:
    plain = entry("Moiré — Magnets!")
    assert same_paper(plain, entry("moire magnets", arxiv_id="2602.09093"))
    assert not same_paper(entry(arxiv_id="2602.00001"), entry(arxiv_id="2602.00002"))
    assert not same_paper(entry("—"), entry("!"))
