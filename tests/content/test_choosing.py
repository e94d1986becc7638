from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.choosing import Change, Choices, changes
from newsletter.content.entry import Tier
from newsletter.content.preferences import Preferences

TOPICS = st.frozensets(st.sampled_from(["operators", "proofs", "protein"]))
CHOICES = st.builds(
    Choices,
    preferences=st.builds(
        Preferences,
        follows=st.none() | TOPICS,
        mutes=TOPICS,
        only_topics=st.booleans(),
        lowest_tier=st.sampled_from(Tier),
        languages=st.sampled_from([("en",), ("zh", "en")]),
        html=st.booleans(),
        most=st.none() | st.integers(1, 9),
    ),
    paused_until=st.none() | st.just(dt.date(2026, 3, 1)),
    zone=st.sampled_from(["", "Europe/Berlin"]),
)


@given(CHOICES, CHOICES)
def test_only_what_is_the_same_has_no_change(before: Choices, after: Choices) -> None:
    assert bool(changes(before, after)) == (before != after)
    assert all(change.what and change.how for change in changes(before, after))


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (None, {"operators"}, Change("follows", "only operators")),
        (None, set(), Change("follows", "only nothing")),
        ({"operators"}, None, Change("follows", "everything")),
        ({"operators", "proofs"}, {"protein", "proofs"}, Change("follows", "+protein -operators")),
    ],
)
def test_topics_are_told_by_what_came_and_what_went(
    before: set[str] | None, after: set[str] | None, change: Change
) -> None:
    assert changes(_following(before), _following(after)) == (change,)


def test_each_thing_is_told_by_itself() -> None:
    after = Choices(
        preferences=Preferences(languages=("zh", "en"), most=5, html=False),
        paused_until=dt.date(2026, 3, 1),
        zone="Asia/Shanghai",
    )
    assert changes(Choices(), after) == (
        Change("languages", "en → zh+en"),
        Change("format", "HTML → text"),
        Change("most entries", "no limit → 5"),
        Change("paused until", "no pause → 2026-03-01"),
        Change("time zone", "the list's → Asia/Shanghai"),
    )


def _following(topics: set[str] | None) -> Choices:
    follows = None if topics is None else frozenset(topics)
    return Choices(preferences=Preferences(follows=follows))
