"""Each reader gets what they chose, and can be told why."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.digest import Digest, DigestEntry
from newsletter.content.entry import Tier
from newsletter.content.mailinglist import Policies, Untranslated
from newsletter.content.planning import Depth, Rule, Verdict, plan, unfolded
from newsletter.content.preferences import Preferences
from newsletter.content.topics import GENERAL
from tests.builders import WEEK, make_entry, make_list
from tests.content.strategies import TREE, FlatSizes, HeadedSizes, digests, preferences


def digest_of(*topics: tuple[str, ...], **list_changes: object) -> Digest:
    made = make_list(topics=TREE, **list_changes)
    items = tuple(DigestEntry(make_entry(n), names) for n, names in enumerate(topics))
    return Digest(name="2026-W06", period=WEEK, list=made, entries=items)


def rules(digest: Digest, choice: Preferences) -> list[tuple[Rule, str | None]]:
    return [(v.rule, v.topic) for v in plan(digest, choice).verdicts]


ISSUE = digest_of(("zeolites",), ("proofs",), (GENERAL,), ("zeolites", "proofs"))


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (
            Preferences(),
            [
                (Rule.EVERYTHING, None),
                (Rule.EVERYTHING, None),
                (Rule.GENERAL, None),
                (Rule.EVERYTHING, None),
            ],
        ),
        (
            Preferences(follows=frozenset({"chemistry"})),
            [
                (Rule.FOLLOWS, "chemistry"),
                (Rule.NOT_FOLLOWED, None),
                (Rule.GENERAL, None),
                (Rule.FOLLOWS, "chemistry"),
            ],
        ),
        (
            Preferences(follows=frozenset({"proofs"}), only_topics=True),
            [
                (Rule.NOT_FOLLOWED, None),
                (Rule.FOLLOWS, "proofs"),
                (Rule.ONLY_TOPICS, None),
                (Rule.FOLLOWS, "proofs"),
            ],
        ),
        (
            Preferences(follows=frozenset({"proofs", GENERAL}), only_topics=True),
            [
                (Rule.NOT_FOLLOWED, None),
                (Rule.FOLLOWS, "proofs"),
                (Rule.FOLLOWS, GENERAL),
                (Rule.FOLLOWS, "proofs"),
            ],
        ),
        (
            Preferences(mutes=frozenset({"catalysis", GENERAL})),
            [
                (Rule.MUTED, "catalysis"),
                (Rule.EVERYTHING, None),
                (Rule.MUTED, GENERAL),
                (Rule.EVERYTHING, None),
            ],
        ),
        (
            Preferences(follows=frozenset({"chemistry"}), mutes=frozenset({"catalysis"})),
            [
                (Rule.MUTED, "catalysis"),
                (Rule.NOT_FOLLOWED, None),
                (Rule.GENERAL, None),
                (Rule.NOT_FOLLOWED, None),
            ],
        ),
    ],
    ids=["everything", "a parent", "only topics", "general too", "mutes", "mute in a parent"],
)
def test_topics_decide(choice: Preferences, expected: list[tuple[Rule, str | None]]) -> None:
    assert rules(ISSUE, choice) == expected


def test_entries_below_the_lowest_tier_stay_out() -> None:
    digest = digest_of(("proofs",))
    assert rules(digest, Preferences(lowest_tier=Tier.NOTABLE)) == [(Rule.BELOW_TIER, None)]


def test_a_list_may_hold_what_is_not_translated() -> None:
    holding = digest_of(("proofs",), policies=Policies(untranslated=Untranslated.HOLD))
    english = replace(holding.entries[0].entry, texts={"en": holding.entries[0].entry.texts["en"]})
    holding = replace(holding, entries=(DigestEntry(english, ("proofs",)),))
    assert rules(holding, Preferences(languages=("zh",))) == [(Rule.NOT_TRANSLATED, None)]
    assert rules(holding, Preferences(languages=("zh", "en"))) == [(Rule.EVERYTHING, None)]


def test_a_paper_that_is_only_named_is_not_held() -> None:
    holding = digest_of(("proofs",), policies=Policies(untranslated=Untranslated.HOLD))
    named = replace(holding.entries[0].entry, texts={})
    holding = replace(holding, entries=(DigestEntry(named, ("proofs",)),))
    assert rules(holding, Preferences(languages=("zh",))) == [(Rule.EVERYTHING, None)]


def test_a_language_that_the_list_lacks_becomes_its_first() -> None:
    assert plan(ISSUE, Preferences(languages=("fr",))).languages == ("en",)


@given(digests(), preferences())
def test_a_plan_shows_what_was_chosen_and_nothing_else(digest: Digest, choice: Preferences) -> None:
    made = plan(digest, choice)
    assert len(made.depths) == len(made.verdicts) == len(digest.entries)
    for depth, verdict in zip(made.depths, made.verdicts, strict=True):
        assert (depth is Depth.FULL) == verdict.chosen
    assert made.full == made.shown == made.chosen
    assert choice.most is None or made.shown.bit_count() <= choice.most


@given(digests(), preferences())
def test_an_entry_is_judged_as_if_it_stood_alone(digest: Digest, choice: Preferences) -> None:
    unlimited = replace(choice, most=None)
    alone = (
        plan(replace(digest, entries=(item,)), unlimited).verdicts[0] for item in digest.entries
    )
    assert plan(digest, unlimited).verdicts == tuple(alone)


@given(digests(), preferences(), st.integers(0, 6))
def test_the_most_that_they_want_are_the_first(
    digest: Digest, choice: Preferences, most: int
) -> None:
    whole = plan(digest, replace(choice, most=None)).verdicts
    limited = plan(digest, replace(choice, most=most)).verdicts
    left = most
    for unlimited, verdict in zip(whole, limited, strict=True):
        left -= unlimited.chosen
        over = unlimited.chosen and left < 0
        assert verdict == (Verdict(Rule.OVER_MOST) if over else unlimited)


@given(digests(), preferences())
def test_only_topics_lets_nothing_through_that_was_not_named(
    digest: Digest, choice: Preferences
) -> None:
    choice = replace(choice, only_topics=True)
    for item, verdict in zip(digest.entries, plan(digest, choice).verdicts, strict=True):
        if verdict.chosen and choice.follows is not None:
            lines = {name for topic in item.topics for name in TREE.lineage(topic)}
            assert lines & choice.follows
    assert plan(digest, choice).editorial is False


@given(digests(), preferences())
def test_muting_more_never_shows_more(digest: Digest, choice: Preferences) -> None:
    choice = replace(choice, most=None)
    fewer = replace(choice, mutes=choice.mutes | {"proofs"})
    assert all(
        a <= b for a, b in zip(plan(digest, fewer).depths, plan(digest, choice).depths, strict=True)
    )


@given(digests(), preferences(), st.integers(0, 800))
def test_a_folded_plan_fits_and_loses_nobody(
    digest: Digest, choice: Preferences, budget: int
) -> None:
    digest = replace(digest, list=replace(digest.list, policies=Policies(html_budget=budget)))
    sizes = FlatSizes()
    whole, folded = plan(digest, choice), plan(digest, choice, sizes)
    assert folded.verdicts == whole.verdicts
    assert folded.shown | folded.more == whole.shown | whole.more
    assert not folded.shown & folded.more
    assert not folded.full & folded.titles
    if choice.html:
        assert sizes.html_octets(folded) <= max(budget, sizes.frame)
    else:
        assert folded == whole


def test_the_room_that_a_vanished_heading_leaves_is_used() -> None:
    items = [make_entry(n, tier=Tier.NOTABLE if n < 3 else Tier.MENTION) for n in range(5)]
    made = tuple(DigestEntry(item, ("proofs",)) for item in items)
    policies = Policies(html_budget=260)
    digest = Digest("2026-W06", WEEK, make_list(topics=TREE, policies=policies), made)
    sizes = HeadedSizes(sections=digest.sections)
    depths = plan(digest, Preferences(), sizes).depths
    assert depths == (Depth.TITLE, Depth.TITLE, Depth.TITLE, Depth.ABSENT, Depth.ABSENT)


@given(digests(), preferences(), st.integers(0, 800))
def test_nothing_is_folded_that_would_have_fitted(
    digest: Digest, choice: Preferences, budget: int
) -> None:
    digest = replace(digest, list=replace(digest.list, policies=Policies(html_budget=budget)))
    sizes = HeadedSizes(sections=digest.sections)
    longer = unfolded(plan(digest, choice, sizes), plan(digest, choice))
    if choice.html and longer is not None:
        assert sizes.html_octets(longer) > budget


@given(digests(), preferences(), st.integers(0, 800))
def test_what_ranks_higher_is_never_shorter(
    digest: Digest, choice: Preferences, budget: int
) -> None:
    digest = replace(digest, list=replace(digest.list, policies=Policies(html_budget=budget)))
    made = plan(digest, choice, FlatSizes())
    chosen = [d for d, v in zip(made.depths, made.verdicts, strict=True) if v.chosen]
    assert chosen == sorted(chosen, reverse=True)
