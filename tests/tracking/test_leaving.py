from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.store.values import Way
from newsletter.tracking.leaving import (
    MOST_WORDS,
    PAUSES,
    Leave,
    Pause,
    Undo,
    wish,
)

FIELDS = st.dictionaries(
    st.sampled_from(["List-Unsubscribe", "choice", "topic", "weeks", "reason", "words"]),
    st.sampled_from(["One-Click", "leave", "topic", "pause", "undo", "resume", "4"]) | st.text(),
)


@given(FIELDS)
def test_whatever_is_posted_is_one_wish_or_none(fields: dict[str, str]) -> None:
    asked = wish(fields)
    if isinstance(asked, Leave):
        assert asked.way in (Way.ONE_CLICK, Way.PAGE)
        assert len(asked.reason) <= MOST_WORDS
        assert asked.reason.isprintable()
        asked.reason.encode()
    if isinstance(asked, Pause):
        assert asked.weeks in PAUSES


@given(FIELDS)
def test_one_click_means_the_whole_list_whatever_stands_beside_it(fields: dict[str, str]) -> None:
    assert wish(fields | {"List-Unsubscribe": "One-Click"}) == Leave(way=Way.ONE_CLICK)


def test_the_forms_choices_are_told_apart() -> None:
    assert wish({"choice": "leave"}) == Leave(way=Way.PAGE)
    assert wish({"choice": "topic", "topic": " proofs "}) == Leave(way=Way.PAGE, topic="proofs")
    assert wish({"choice": "pause", "weeks": "8"}) == Pause(weeks=8)
    assert wish({"choice": "undo", "topic": "proofs"}) == Undo(topic="proofs")
    assert wish({"choice": "leave", "topic": "proofs"}) == Leave(way=Way.PAGE)


def test_nothing_is_asked_by_an_empty_post() -> None:
    assert wish({}) is None


def test_a_reason_loses_what_a_database_cannot_keep() -> None:
    asked = wish({"choice": "leave", "reason": "too-many", "words": "a\0b\ud800 \r\n c"})
    assert asked == Leave(way=Way.PAGE, reason="too-many: a b c")
