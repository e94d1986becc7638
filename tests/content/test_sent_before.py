"""Nobody is sent what they have; who has nothing of an issue gets what they always would."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.digest import Digest
from newsletter.content.planning import Depth, Rule, plan
from newsletter.content.preferences import Preferences
from newsletter.content.serial import dump, load
from tests.builders import make_digest
from tests.content.strategies import FlatSizes, digests, preferences


@given(digests(), preferences(), st.data())
def test_what_a_reader_had_is_left_out_and_the_rest_is_as_it_was(
    digest: Digest, choice: Preferences, data: st.DataObject
) -> None:
    keys = [item.entry.key for item in digest.entries]
    had = data.draw(st.frozensets(st.sampled_from(keys)) if keys else st.just(frozenset()))
    free = replace(choice, most=None)
    before, after = plan(digest, free), plan(digest, replace(free, had=had))
    assert after.depths == tuple(
        Depth.ABSENT if key in had else depth
        for key, depth in zip(keys, before.depths, strict=True)
    )
    sized = plan(digest, replace(choice, had=had), FlatSizes())
    for key, depth in zip(keys, sized.depths, strict=True):
        assert depth is Depth.ABSENT or key not in had


def test_it_is_said_why_and_the_greatest_number_counts_what_is_new() -> None:
    digest = make_digest()
    first, second = (item.entry.key for item in digest.entries[:2])
    found = plan(digest, Preferences(most=1, had=frozenset({first})))
    assert [v.rule for v in found.verdicts[:2]] == [Rule.ALREADY_SENT, Rule.EVERYTHING]
    assert found.depths[:3] == (Depth.ABSENT, Depth.FULL, Depth.ABSENT)
    assert second != first


def test_preferences_of_a_reader_who_had_nothing_are_the_text_that_they_were() -> None:
    assert "had" not in json.loads(dump(Preferences()))
    had = Preferences(had=frozenset({"arxiv:2602.00001"}))
    assert json.loads(dump(had))["had"] == ["arxiv:2602.00001"]
    assert load(Preferences, dump(had)) == had
    assert load(Preferences, dump(Preferences())) == Preferences()
