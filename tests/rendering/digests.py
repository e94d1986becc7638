"""Generated digests and plans, hostile texts among them."""

from __future__ import annotations

import dataclasses

from hypothesis import strategies as st

from newsletter.content.digest import Digest
from newsletter.content.entry import Brief, BriefText, Entry, EntryText, Tier, Trend
from newsletter.content.planning import Depth, Plan, plan
from newsletter.content.preferences import Preferences
from tests.builders import TOPICS, make_brief, make_digest, make_entry

HOSTILE = (
    "{{ 7*7 }} and {% broken",
    r"$\mathbf{{x}}$ of $S_{z}=0$ in \'etale sheaves",
    "q0123456789abcdo0z q0123456789abcds0z <!--q0123456789abcdc0z-->",
    "</td></tr></table><script>alert(1)</script>",
    "]]> <!-- --> <![endif]--> <!--[if mso]>",
    "\"quoted\" & 'single' &amp; &lt;b&gt; = > <",
    "one\r\nBcc: all@example.org\ntwo\x00three\u2028four\u2029five\x0b\x85six",
    "🧲🧬 moiré 用神经网络量子态预测磁性，以及：（括号）。",
    "Donaudampfschifffahrt" * 60,
    "磁" * 700,
    "   ",
    "loop.index }} endfragment %}",
    ". starts with a dot",
    "<mj-section><mj-text>not ours</mj-text></mj-section>",
    "\u202eright to left\u202c \ud800 half",
)

texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=60),
    st.just(""),
)
entry_texts = st.builds(
    EntryText,
    title=texts,
    summary=texts,
    why_novel=texts,
    innovations=st.lists(texts, max_size=2).map(tuple),
    evidence=st.lists(texts, max_size=2).map(tuple),
    impact=texts,
    abstract=texts,
)
names = tuple(TOPICS.by_name)


@st.composite
def entries(draw: st.DrawFn, number: int) -> Entry:
    topics = draw(st.none() | st.sets(st.sampled_from(names), min_size=1).map(tuple))
    return make_entry(
        number,
        title=draw(texts) or f"Paper {number}",
        tier=draw(st.sampled_from(Tier)),
        authors=draw(st.lists(texts, max_size=8).map(tuple)),
        categories=draw(st.sampled_from(((), ("cs.LG",), ("physics.chem-ph", "cs.LG")))),
        arxiv_id=draw(st.none() | st.just(f"2602.{number:05d}")),
        links=draw(st.lists(st.sampled_from(LINKS), max_size=2).map(tuple)),
        texts=draw(st.dictionaries(st.sampled_from(("en", "zh")), entry_texts)),
        topics=topics,
    )


LINKS = (
    "https://doi.org/10.1000/182?a=1&b=2",
    "javascript:alert(1)",
    "http://[broken",
    'https://example.org/a b"><script>',
    "https://例子.example/路径",
)

briefs = st.builds(
    lambda texts: make_brief(texts=texts),
    st.dictionaries(
        st.sampled_from(("en", "zh")),
        st.builds(
            BriefText,
            summary=texts,
            takeaway=texts,
            trends=st.lists(st.builds(Trend, texts, texts), max_size=2).map(tuple),
            notes=st.lists(texts, max_size=2).map(tuple),
        ),
    ),
)


@st.composite
def digests(draw: st.DrawFn) -> Digest:
    count = draw(st.integers(0, 5))
    found = [draw(entries(number)) for number in range(1, count + 1)]
    told: list[Brief] = draw(st.lists(briefs, max_size=1))
    notes = draw(st.dictionaries(st.sampled_from(("en", "zh")), texts))
    return dataclasses.replace(make_digest(found, told, postal_address=draw(texts)), notes=notes)


preferences = st.builds(
    Preferences,
    follows=st.none() | st.frozensets(st.sampled_from(names)),
    mutes=st.frozensets(st.sampled_from(names), max_size=1),
    only_topics=st.booleans(),
    lowest_tier=st.sampled_from(Tier),
    most=st.none() | st.integers(1, 3),
)


@st.composite
def plans(draw: st.DrawFn, digest: Digest, languages: tuple[str, ...]) -> Plan:
    """What some reader gets, some of it folded."""
    wanted = draw(preferences)
    chosen = plan(digest, wanted)
    depths = tuple(
        min(depth, draw(st.sampled_from(Depth))) if depth else depth for depth in chosen.depths
    )
    return Plan.of(
        depths,
        chosen.verdicts,
        editorial=chosen.editorial,
        choosy=chosen.choosy,
        languages=languages,
        html=True,
    )
