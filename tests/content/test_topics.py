"""Rules give an entry its topics; an editor's word stands over them."""

import pytest

from newsletter.content.entry import EntryText
from newsletter.content.topics import GENERAL, Topic, TopicTree
from tests.builders import make_entry
from tests.content.strategies import TREE


def assigned(title: str, *categories: str, tree: TopicTree = TREE) -> tuple[str, ...]:
    return tree.assign(make_entry(title=title, categories=categories, texts={}))


@pytest.mark.parametrize(
    ("title", "topics"),
    [
        ("A zeolite at work", ("zeolites",)),
        ("ZEOLITE frameworks", ("zeolites",)),
        ("Zeolites in the plural are another word", (GENERAL,)),
        ("Catalysts and catalysis", ("catalysis",)),
        ("Clean power", (GENERAL,)),
        ("Proof in Lean 4", ("proofs",)),
        ("自动证明的进展", ("proofs",)),
        ("A zeolite proof in Lean", ("zeolites", "proofs")),
    ],
)
def test_keywords_match_whole_words(title: str, topics: tuple[str, ...]) -> None:
    assert assigned(title) == topics


def test_a_category_maps_and_cross_lists_count() -> None:
    assert assigned("Spins", "cs.LG", "physics.chem-ph") == ("chemistry",)
    assert assigned("Spins", "cs.LG") == (GENERAL,)


def test_a_category_pattern_covers_its_archive() -> None:
    tree = TopicTree((Topic(name="maths", titles={"en": "Maths"}, categories=("math.*",)),))
    assert assigned("Spins", "math.NA", tree=tree) == ("maths",)
    assert assigned("Spins", "math-ph", tree=tree) == (GENERAL,)


def test_keywords_are_looked_for_in_summaries_of_any_language() -> None:
    entry = make_entry(title="Spins", categories=(), texts={"zh": EntryText(summary="证明的")})
    assert TREE.assign(entry) == ("proofs",)


def test_words_of_a_keyword_may_be_joined_by_a_hyphen_or_a_break() -> None:
    topic = Topic(name="mlff", titles={"en": "MLFF"}, keywords=("force field*",))
    tree = TopicTree((topic,))
    for title in ("A force-field", "Force\nfields", "force  fields"):
        assert assigned(title, tree=tree) == ("mlff",)


def test_an_editors_choice_stands_over_the_rules() -> None:
    entry = make_entry(title="Lean", topics=("chemistry", "gone"))
    assert TREE.assign(entry) == ("chemistry",)
    assert TREE.assign(make_entry(title="Lean", topics=("gone",))) == (GENERAL,)


def test_lineage_ends_even_in_a_ring() -> None:
    ring = TopicTree(
        (
            Topic(name="a", titles={}, parent="b"),
            Topic(name="b", titles={}, parent="a"),
        )
    )
    assert ring.lineage("a") == ("a", "b")
    assert TREE.lineage("zeolites") == ("zeolites", "catalysis", "chemistry")
