from __future__ import annotations

import datetime as dt
import json
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content.digest import Digest
from newsletter.content.entry import Brief, BriefText, Entry, EntryText, Period, Tier, Trend
from newsletter.content.mailinglist import MailingList
from newsletter.content.planning import Depth, Plan, Rule, Verdict, plan
from newsletter.content.preferences import Preferences
from newsletter.content.serial import dump, dump_plan, load, load_plan, load_preferences
from tests.builders import make_brief, make_digest, make_list
from tests.content.strategies import digests, preferences

LINES = st.text(max_size=30)
LISTS = st.lists(LINES, max_size=3).map(tuple)
DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1))
PERIODS = st.tuples(DAYS, st.integers(0, 30)).map(
    lambda drawn: Period(drawn[0], drawn[0] + dt.timedelta(days=drawn[1]))
)
LANGUAGES = st.sampled_from(["en", "zh"])
ENTRIES = st.builds(
    Entry,
    key=LINES,
    title=LINES,
    period=PERIODS,
    tier=st.sampled_from(Tier),
    authors=LISTS,
    arxiv_id=st.none() | LINES,
    texts=st.dictionaries(
        LANGUAGES, st.builds(EntryText, summary=LINES, innovations=LISTS, abstract=LINES)
    ).map(MappingProxyType),
    topics=st.none() | LISTS,
    position=st.integers(0, 99),
)
BRIEFS = st.builds(
    Brief,
    key=LINES,
    title=LINES,
    period=PERIODS,
    papers_analyzed=st.none() | st.integers(0, 999),
    texts=st.dictionaries(
        LANGUAGES,
        st.builds(
            BriefText, trends=st.lists(st.builds(Trend, LINES, LINES), max_size=2).map(tuple)
        ),
    ),
)
VERDICTS = st.builds(Verdict, st.sampled_from(Rule), st.none() | LINES)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    verdicts = draw(st.lists(VERDICTS, max_size=20))
    depths = [draw(st.sampled_from(Depth)) for _ in verdicts]
    return Plan.of(
        depths,
        verdicts,
        editorial=draw(st.booleans()),
        choosy=draw(st.booleans()),
        languages=draw(st.sampled_from([("en",), ("zh", "en")])),
        html=draw(st.booleans()),
    )


@given(ENTRIES)
def test_an_entry_comes_back_the_same(entry: Entry) -> None:
    assert load(Entry, dump(entry)) == entry


@given(BRIEFS)
def test_a_brief_comes_back_the_same(brief: Brief) -> None:
    assert load(Brief, dump(brief)) == brief


@given(preferences())
def test_preferences_come_back_the_same(choice: Preferences) -> None:
    assert load(Preferences, dump(choice)) == choice
    assert load_preferences(dump(choice)) == choice


@settings(max_examples=30)
@given(digests())
def test_a_digest_comes_back_the_same(digest: Digest) -> None:
    assert load(Digest, dump(digest)) == digest


@given(plans())
def test_a_plan_comes_back_the_same(chosen: Plan) -> None:
    assert load_plan(dump_plan(chosen)) == chosen


def test_a_list_and_its_brief_come_back_the_same() -> None:
    assert load(MailingList, dump(make_list())) == make_list()
    assert load(Brief, dump(make_brief())) == make_brief()


def test_equal_values_are_equal_texts() -> None:
    names = [f"topic-{number}" for number in range(50)]
    one = Preferences(follows=frozenset(names))
    other = Preferences(follows=frozenset(reversed(names)))
    assert dump(one) == dump(other)
    assert "摘要" in dump(make_digest())


def test_an_empty_choice_is_not_the_choice_of_everything() -> None:
    nothing, everything = Preferences(follows=frozenset()), Preferences(follows=None)
    assert load(Preferences, dump(nothing)) == nothing != everything
    assert json.loads(dump(everything))["follows"] is None


def test_a_plan_of_any_number_of_verdicts_comes_back() -> None:
    many = [Verdict(Rule.FOLLOWS, f"topic-{number}") for number in range(300)]
    for verdicts in (many[:256], many[:257], many):
        depths = [Depth.FULL] * len(verdicts)
        chosen = Plan.of(
            depths, verdicts, editorial=True, choosy=True, languages=("en",), html=True
        )
        assert load_plan(dump_plan(chosen)) == chosen


def test_preferences_that_name_what_was_sent_before_come_back() -> None:
    choice = Preferences(had=frozenset({"a", "b"}), lowest_tier=Tier.NOTABLE)
    assert load_preferences(dump(choice)) == choice == load(Preferences, dump(choice))


def test_a_plan_is_short() -> None:
    digest = make_digest([make_digest().entries[0].entry] * 92)
    assert len(dump_plan(plan(digest, Preferences()))) < 500


def test_what_is_no_such_value_is_refused() -> None:
    with pytest.raises(ValueError, match="title"):
        load(Entry, '{"key": "a"}')
