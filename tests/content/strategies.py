"""Generated digests and readers, for the laws that must hold for all of them."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from newsletter.content.digest import Digest, Section, assemble
from newsletter.content.entry import Entry, Period, Tier
from newsletter.content.planning import Depth, Plan
from newsletter.content.preferences import Preferences
from newsletter.content.topics import GENERAL, Topic, TopicTree
from tests.builders import WEEK, make_entry, make_list

TREE = TopicTree(
    (
        Topic(name="chemistry", titles={"en": "Chemistry"}, categories=("physics.chem-ph",)),
        Topic(
            name="catalysis", titles={"en": "Catalysis"}, parent="chemistry", keywords=("cata*",)
        ),
        Topic(
            name="zeolites", titles={"en": "Zeolites"}, parent="catalysis", keywords=("zeolite",)
        ),
        Topic(name="proofs", titles={"en": "Proofs"}, keywords=("Lean", "证明")),
        Topic(name=GENERAL, titles={"en": "General"}),
    )
)
NAMES = tuple(topic.name for topic in TREE.topics)
WORDS = ("catalysts", "zeolite", "Lean", "clean", "证明", "fluids", "spins")
CATEGORIES = ("physics.chem-ph", "cs.LG", "math.NA")


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    made = []
    for number in range(draw(st.integers(0, 12))):
        day = WEEK.first + dt.timedelta(days=draw(st.integers(-2, 9)))
        made.append(
            make_entry(
                number,
                title=" ".join(draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))),
                tier=draw(st.sampled_from(Tier)),
                categories=tuple(draw(st.lists(st.sampled_from(CATEGORIES), max_size=2))),
                period=Period(day, day),
                position=draw(st.integers(0, 5)),
                texts={},
            )
        )
    return made


@st.composite
def digests(draw: st.DrawFn) -> Digest:
    return assemble(make_list(topics=TREE), WEEK, draw(entries()), ())


def preferences(names: Collection[str] = NAMES, most: int = 6) -> st.SearchStrategy[Preferences]:
    """Preferences among topics of these names, for so many entries at most or for all."""
    return st.builds(
        Preferences,
        follows=st.none() | st.frozensets(st.sampled_from(tuple(names))),
        mutes=st.frozensets(st.sampled_from(tuple(names)), max_size=2),
        only_topics=st.booleans(),
        lowest_tier=st.sampled_from(Tier),
        languages=st.sampled_from((("en",), ("zh",), ("en", "zh"), ("zh", "en"))),
        html=st.booleans(),
        most=st.none() | st.integers(1, most),
    )


@dataclass(frozen=True)
class FlatSizes:
    """A message whose frame and entries have known sizes, with a heading if any entry stands."""

    frame: int = 100
    heading: int = 17
    octets: Mapping[Depth, int] = field(
        default_factory=lambda: {Depth.ABSENT: 0, Depth.TITLE: 10, Depth.FULL: 50}
    )

    def html_octets(self, plan: Plan) -> int:
        standing = sum(self.octets[depth] for depth in plan.depths)
        return self.frame + standing + (self.heading if plan.shown else 0)

    def fits(self, plan: Plan, budget: int) -> bool:
        return self.html_octets(plan) <= budget

    def entry_octets(self, index: int, depth: Depth) -> int:
        del index
        return self.octets[depth]


@dataclass(frozen=True)
class HeadedSizes(FlatSizes):
    """The same with a large heading over each section that stands, as in an issue."""

    sections: Sequence[Section] = ()

    def html_octets(self, plan: Plan) -> int:
        headed = sum(any(plan.depths[i] for i in section.entries) for section in self.sections)
        return super().html_octets(plan) + 60 * headed
