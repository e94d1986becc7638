"""Weeks are half-open: nothing falls between two, and nothing into both."""

import datetime as dt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.digest import assemble
from newsletter.content.entry import Entry, Period, Tier
from newsletter.content.mailinglist import WEEKDAYS
from newsletter.content.window import in_window, issue_name, parse_issue_name, week_of
from newsletter.errors import NewsletterError
from tests.builders import WEEK, make_brief, make_entry, make_list
from tests.content.strategies import entries

DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1))
STARTS = st.sampled_from(WEEKDAYS)


@given(DAYS, STARTS)
def test_every_day_is_in_its_own_week_and_the_next_follows_at_once(
    day: dt.date, starts: str
) -> None:
    week = week_of(day, starts)
    assert week.first <= day <= week.last
    assert WEEKDAYS[week.first.weekday()] == starts
    assert week_of(week.last + dt.timedelta(days=1), starts).first - week.last == dt.timedelta(1)


@given(DAYS, STARTS)
def test_an_issues_name_stands_for_its_days(day: dt.date, starts: str) -> None:
    week = week_of(day, starts)
    assert parse_issue_name(issue_name(week, starts), starts) == week


@given(DAYS, st.integers(0, 40), STARTS)
def test_other_spans_have_names_of_their_own(day: dt.date, days: int, starts: str) -> None:
    span = Period(day, day + dt.timedelta(days=days))
    assert parse_issue_name(issue_name(span, starts), starts) == span


def test_a_week_is_named_by_the_iso_week_of_its_first_day() -> None:
    assert issue_name(WEEK, "thursday") == "2026-W06"
    assert issue_name(week_of(dt.date(2027, 1, 1), "monday"), "monday") == "2026-W53"
    assert issue_name(week_of(dt.date(2027, 1, 4), "monday"), "monday") == "2027-W01"


@pytest.mark.parametrize(
    "name", ["", "2026", "2026-W54", "2027-W53", "2026-W6", "2026-02-30..2026-03-01",
             "2026-02-05..2026-02-01", "../../etc"],
)  # fmt: skip
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(NewsletterError, match=r"2026-W06|not a week"):
        parse_issue_name(name, "monday")


@given(DAYS, st.integers(0, 13), STARTS)
def test_something_dated_falls_into_exactly_one_week(
    day: dt.date, length: int, starts: str
) -> None:
    dated = Period(day, day + dt.timedelta(days=length))
    week = week_of(dated.last, starts)
    earlier = week_of(week.first - dt.timedelta(days=1), starts)
    later = week_of(week.last + dt.timedelta(days=1), starts)
    assert [in_window(dated, one) for one in (earlier, week, later)] == [False, True, False]


@given(entries())
def test_a_digest_has_every_entry_of_its_days_once(found: list[Entry]) -> None:
    digest = assemble(make_list(), WEEK, found, [make_brief()])
    keys = [item.entry.key for item in digest.entries]
    assert sorted(keys) == sorted(e.key for e in found if in_window(e.period, WEEK))
    assert [i for section in digest.sections for i in section.entries] == list(range(len(keys)))
    ranks = [item.entry.tier.rank for item in digest.entries]
    assert ranks == sorted(ranks)


@given(entries(), st.randoms())
def test_the_order_of_a_digest_does_not_hang_on_the_order_of_storage(
    found: list[Entry], random: Random
) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert assemble(make_list(), WEEK, found, ()) == assemble(make_list(), WEEK, shuffled, ())


def test_listed_papers_stand_by_category() -> None:
    made = [
        make_entry(1, categories=("cs.LG",)),
        make_entry(2, categories=("math.NA",)),
        make_entry(3, categories=("cs.LG",)),
        make_entry(4, tier=Tier.NOTABLE),
    ]
    sections = assemble(make_list(), WEEK, made, ()).sections
    assert [(s.tier, s.category, len(s.entries)) for s in sections] == [
        (Tier.NOTABLE, "", 1),
        (Tier.LISTED, "cs.LG", 2),
        (Tier.LISTED, "math.NA", 1),
    ]
