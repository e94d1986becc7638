"""The list that comes with the program, and its made-up readers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from newsletter.audience.listfile import read_list_file
from newsletter.content import sources
from newsletter.content.topics import GENERAL
from tests.audience.reading import people_and_problems

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "subscribers" / "ai-for-science"
SAMPLES = ROOT / "src" / "newsletter" / "data" / "samples"
LIST = read_list_file(FOLDER / "list.toml").list


def topics_of_samples() -> dict[str, tuple[str, ...]]:
    return {
        entry.title: LIST.topics.assign(entry)
        for path in sorted(SAMPLES.iterdir())
        for entry in sources.read(path.name, path.read_bytes()).entries
    }


def test_most_sample_papers_have_topics_and_some_are_general() -> None:
    found = topics_of_samples()
    general = [title for title, topics in found.items() if topics == (GENERAL,)]
    assert 0 < len(general) < len(found) / 4
    named = Counter(name for topics in found.values() for name in topics)
    assert all(count < len(found) / 2 for count in named.values())


def test_papers_stand_under_the_topics_that_a_reader_would_look_for() -> None:
    found = topics_of_samples()
    for title, topic in {
        "Agentic Proof Automation: A Case Study": "formal-mathematics",
        "Adaptive Protein Tokenization": "proteins",
        "SpectraKAN: Conditioning Spectral Operators": "neural-operators",
        "Equivariant Neural Networks for Force-Field Models of Lattice Systems": "force-fields",
    }.items():
        assert topic in found[title]


def test_every_sample_reader_is_read_and_can_reach_nobody_real() -> None:
    data = (FOLDER / "sample.csv").read_bytes()
    people, problems = people_and_problems(data, "sample.csv", LIST)
    assert (len(people), problems) == (300, [])
    assert {person.address.rpartition(".")[2] for person in people} == {"test", "example"}


def test_the_sample_readers_have_all_kinds_of_choices() -> None:
    data = (FOLDER / "sample.csv").read_bytes()
    people, _ = people_and_problems(data, "sample.csv", LIST)
    choices = [person.preferences for person in people]
    parents = {topic.parent for topic in LIST.topics.topics if topic.parent}
    kinds = {
        "everything": any(c.follows is None for c in choices),
        "nothing": any(c.follows == frozenset() for c in choices),
        "a parent": any(parents & (c.follows or frozenset()) for c in choices),
        "mutes": any(c.mutes for c in choices),
        "only topics": any(c.only_topics for c in choices),
        "tiers": len({c.lowest_tier for c in choices}) == 4,
        "languages": len({c.languages for c in choices}) == 4,
        "text": not all(c.html for c in choices),
        "most": any(c.most for c in choices),
        "paused": any(person.paused_until for person in people),
        "international": not all(person.address.isascii() for person in people),
    }
    assert [kind for kind, there in kinds.items() if not there] == []
