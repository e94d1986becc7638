"""What an editor decides for an issue holds, whatever comes after, and changes nothing else."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.arranging import AS_STORED, Arrangement, Editorial, arranged, moved
from newsletter.content.digest import assemble
from newsletter.content.entry import Brief, Entry, Tier
from tests.builders import WEEK, make_brief, make_entries, make_entry, make_list
from tests.content.strategies import entries


def keys(found: list[Entry]) -> list[str]:
    return [entry.key for entry in found]


@given(entries(), st.data())
def test_a_draft_put_together_anew_keeps_the_order_that_was_chosen(
    found: list[Entry], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(keys(arranged(found, AS_STORED))))
    choices = Arrangement(order=tuple(order))
    first = arranged(found, choices)
    assert sorted(keys(first)) == sorted(keys(found))
    assert [e.tier.rank for e in first] == sorted(e.tier.rank for e in found)
    for tier in Tier:
        own = [e.key for e in first if e.tier is tier]
        assert own == [key for key in order if key in own]
    # What is missing, or comes later, disturbs none of the others.
    kept = data.draw(st.lists(st.sampled_from(found), unique_by=lambda e: e.key)) if found else []
    assert keys(arranged(kept, choices)) == [k for k in keys(first) if k in keys(kept)]
    known = Arrangement(order=tuple(key for key in order if key in keys(kept)))
    later = [key for key in keys(arranged(found, known)) if key in keys(kept)]
    assert later == keys(arranged(kept, known))


@given(entries())
def test_who_chose_nothing_gets_tier_then_place_then_date(found: list[Entry]) -> None:
    assert arranged(found, AS_STORED) == sorted(
        found, key=lambda e: (e.tier.rank, e.position, e.period.last, e.key)
    )


def test_a_new_paper_stands_behind_its_natural_neighbour() -> None:
    old = [make_entry(n) for n in (1, 2, 4)]
    choices = Arrangement(order=tuple(make_entry(n).key for n in (4, 2, 1)))
    added = [*old, make_entry(3), make_entry(0)]
    assert [e.position for e in arranged(added, choices)] == [0, 4, 2, 3, 1]


def test_a_tier_of_the_issue_leaves_the_entry_as_it_is_stored() -> None:
    paper = make_entry(1)
    (shown,) = arranged([paper], Arrangement(tiers={paper.key: Tier.BREAKTHROUGH}))
    assert shown == replace(paper, tier=Tier.BREAKTHROUGH)
    assert paper.tier is Tier.LISTED


def test_what_is_left_out_is_not_in_the_issue() -> None:
    found = make_entries()
    choices = Arrangement(dropped=frozenset({found[0].key}))
    digest = assemble(make_list(), WEEK, found, (), choices)
    assert found[0].key not in [item.entry.key for item in digest.entries]
    assert len(digest.entries) == len(found) - 1


def test_moving_past_an_end_is_that_end() -> None:
    assert moved("abc", "b", 0) == ("b", "a", "c")
    assert moved("abc", "b", 99) == ("a", "c", "b")
    assert moved("abc", "c", 2) == ("a", "c", "b")


def briefs(choices: Arrangement, *found: Brief) -> tuple[Brief, ...]:
    return assemble(make_list(), WEEK, (), found, choices).briefs


def test_an_editorial_takes_the_place_of_the_briefs_own() -> None:
    choices = Arrangement(editorial={Editorial.SUMMARY: {"en": "Said better."}})
    (said,) = briefs(choices, make_brief())
    assert said.texts["en"] == replace(make_brief().texts["en"], summary="Said better.")
    assert said.texts["zh"] == make_brief().texts["zh"]


def test_a_week_without_a_brief_can_have_an_editorial() -> None:
    assert briefs(AS_STORED) == ()
    assert briefs(Arrangement(editorial={Editorial.TAKEAWAY: {"en": ""}})) == ()
    (own,) = briefs(Arrangement(editorial={Editorial.TAKEAWAY: {"en": "One thing matters."}}))
    assert (own.title, own.texts["en"].takeaway) == ("AI for Science", "One thing matters.")
