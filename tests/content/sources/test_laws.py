"""What holds for every document, not only for those we thought of."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.content.entry import BriefText, EntryText, Period, Tier, Trend, fold_title
from newsletter.content.sources import Document, read
from newsletter.errors import SourceError

SAMPLES = Path(__file__).resolve().parents[3] / "src/newsletter/data/samples"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# Words that mean nothing to the reader: no label, heading or number is among them.
word = st.sampled_from(
    ["flow", "ice", "Gauss", "spin-glass", "(SGD)", "x=1", "moiré", "O(n)", "50%", "§4", "γ", "q&a"]
)
sentence = st.lists(word, min_size=3, max_size=9).map(lambda ws: "Then " + " ".join(ws) + ".")
sentences = st.lists(sentence, min_size=1, max_size=4).map(tuple)
ordinal = st.integers(0, 10_000)


@st.composite
def papers(draw: st.DrawFn, tier: Tier) -> list[tuple[str, EntryText]]:
    found = []
    for number in range(draw(st.integers(0, 4))):
        title = (
            f"{tier.name} study {number} of {' '.join(draw(st.lists(word, max_size=4)))}".strip()
        )
        text = {
            Tier.BREAKTHROUGH: EntryText(
                why_novel=draw(sentence),
                innovations=draw(sentences),
                evidence=draw(sentences),
                impact=draw(sentence),
            ),
            Tier.NOTABLE: EntryText(summary=draw(sentence)),
        }
        found.append((title, text.get(tier, EntryText())))
    return found


@st.composite
def briefs(draw: st.DrawFn) -> tuple[Period, BriefText, list[tuple[Tier, str, EntryText]], str]:
    first = draw(st.dates(dt.date(1995, 1, 1), dt.date(2090, 1, 1)))
    last = first + dt.timedelta(days=draw(st.integers(0, 40)))
    editorial = BriefText(
        summary=draw(sentence),
        takeaway=draw(sentence),
        trends=tuple(Trend(f"Trend {n}", t) for n, t in enumerate(draw(sentences))),
    )
    by_tier = {tier: draw(papers(tier)) for tier in (Tier.BREAKTHROUGH, Tier.NOTABLE, Tier.MENTION)}
    sections = [
        f"Summary\n{editorial.summary}\n",
        f"Key Takeaway\n{editorial.takeaway}\n",
        "Trends\n" + "".join(f"{trend.title}: {trend.text}\n" for trend in editorial.trends),
        *(written(tier, found) for tier, found in by_tier.items() if found),
    ]
    order = draw(st.permutations(range(len(sections))))
    days = (f"{MONTHS[d.month - 1]} {d.day}, {d.year}" for d in (first, last))
    text = f"A Brief\n{' – '.join(days)}\n" + "".join(sections[i] for i in order)
    entries = [(tier, *paper) for tier, found in by_tier.items() for paper in found]
    return Period(first, last), editorial, entries, text


def written(tier: Tier, found: list[tuple[str, EntryText]]) -> str:
    lines = []
    for number, (title, text) in enumerate(found, 1):
        if tier is Tier.MENTION:
            lines += [f"- {title} ()"]
            continue
        lines += [f"{number}. {title}", text.summary] if text.summary else [f"{number}. {title}"]
        if tier is Tier.BREAKTHROUGH:
            lines += [f"Why Novel: {text.why_novel}", "Key Innovations:"]
            lines += [f"- {piece}" for piece in text.innovations]
            lines += ["Evidence:", *(f"- — {piece}" for piece in text.evidence)]
            lines += [f"Impact: {text.impact}"]
    heading = {Tier.BREAKTHROUGH: "Breakthroughs", Tier.NOTABLE: "Notable Papers"}
    name = heading.get(tier, "Honorable Mentions")
    return "\n".join([f"{name} ({len(found)})", *lines, ""])


@settings(deadline=None)
@given(briefs())
def test_a_brief_reads_back_as_it_was_written(
    case: tuple[Period, BriefText, list[tuple[Tier, str, EntryText]], str],
) -> None:
    period, editorial, entries, text = case
    document = read("b.txt", text.encode())
    assert document.brief is not None
    assert document.brief.period == period
    assert document.brief.texts == {"en": editorial}
    found = sorted(document.entries, key=lambda e: e.tier.rank)
    assert [(e.tier, e.title, e.texts.get("en", EntryText())) for e in found] == entries
    assert document.remarks == ()


marks = st.text("#*_-—•()[]:：.<>/ 12aA中\t\n\n", max_size=60)
starts = st.sampled_from(
    [
        *("T\nJan 5, 2026\nSummary\n", "T\nJan 5, 2026\n## Breakthroughs\n1. A\nEvidence:\n"),
        *("T\nJan 5, 2026\nNotable\n", "T\nJan 5, 2026\nTrends\n", "T\nJan 5, 2026\nMentions\n"),
        *("### [1] [A](http://a)\n", "# cs.LG\n### [1] [A](http://a)\nMethod: ", "### [1] "),
    ]
)


@settings(max_examples=300, deadline=None)  # a busy machine is no fault of the law
@given(
    st.binary(max_size=400)
    | st.text(max_size=400).map(str.encode)
    | st.tuples(starts, marks).map(lambda pair: "".join(pair).encode())
)
@example(b"\xff\xfe\x00")
@example(b"\xff\xfe\x00\xd8")
@example(b"T\nJan 5, 2026\nBreakthroughs\n1. \n# \n** \n__\n")
@example(b"T\nJan 5, 2026\nTrends\n:\n- :\n**:**\n")
@example(b"### [1] []()\n### []()\n### [1]\n*\n_\n:\nTL;DR\n")
def test_no_bytes_raise_anything_but_a_source_error(data: bytes) -> None:
    with contextlib.suppress(SourceError):
        read("x-2026-02-05.md", data)


PIECES = [
    *("", "# Other things", "### Deeper", "**Bold line**", "Reading List", "Datasets (2)", "- "),
    *("- a stray bullet", "* 7", "— —", "9. ninth", "1. Gauss", "12) Ising ()", "Limits: many"),
    *("Evidence:", "Why Novel: because", "Impact", "Summary", "trends", "## Notable", "mentions:"),
    *("lowercase words here", "Title case Words", "a - — b", "()", "( , )", "[x](http://y.z)"),
    *("### [3] [Again](https://arxiv.org/abs/2602.04139)", "# cs.AI [[Back]](#toc)", "<br>"),
    *(
        "动机：不明",
        "*Ada, Bob*",
        "_half",
        "Main category: cs.CV",
        "</details>",
        "words (2602.00001)",
    ),
    *("  indented tail", "TL;DR: short", "Method:", "Keywords: ice, heat", "![figure](a.png)"),
]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A sample with lines dropped, doubled, moved and put in."""
    path = draw(st.sampled_from(sorted(SAMPLES.iterdir())))
    lines = path.read_text(encoding="utf-8").splitlines()
    top, rest = lines[:2], lines[2:]
    for number in range(draw(st.integers(1, 12))):
        at, to = draw(st.integers(0, len(rest))), draw(st.integers(0, len(rest)))
        match draw(st.sampled_from(["insert", "insert", "drop", "move", "double"])):
            case "insert":
                # A word of its own in each line shows a loss that repeated words would hide.
                own = draw(st.sampled_from(["", f" unique{number}", f": unique{number}."]))
                rest.insert(at, draw(st.sampled_from(PIECES)) + own)
            case "drop":
                del rest[at : at + 1]
            case "move":
                rest[to:to] = [rest.pop(at)] if at < len(rest) else []
            case _:
                rest[to:to] = rest[at : at + 1]
    return "\n".join(top + rest)


# What a document says by its form: labels, headings, markup, its days and its counts.
FORM = frozenset(
    re.findall(
        r"\w+",
        """summary key takeaway takeaways breakthroughs trends notable papers honorable mentions why
        novel innovations evidence impact jan feb 5 11 2026 47 92 3 8 analyzed 1 2 4 6 7 9 12 tl dr
        motivation method result conclusion abstract main category back toc total details div id
        table of contents br lg cs ai physics chem ph cond mat dis nn""",
    )
)


def strings(value: object) -> Iterator[str]:
    """Every text within a value."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from strings(getattr(value, field.name))
    elif hasattr(value, "items"):
        for item in value.items():
            yield from strings(item)
    elif isinstance(value, tuple) and not isinstance(value, Enum):
        for item in value:
            yield from strings(item)


def words_of(text: str) -> set[str]:
    return set(fold_title(text.replace("_", " ")).split())


def all_said(document: Document) -> set[str]:
    return words_of("\n".join(strings(document)))


@settings(max_examples=300, deadline=None)  # a busy machine is no fault of the law
@given(mutated())
def test_every_word_of_a_document_stands_somewhere_in_what_was_read(text: str) -> None:
    document = read("daily-2026-02-05.md", text.encode())
    # Lists of authors and wrapped lines may part words at other places; each word still stands.
    lost = words_of(re.sub(r"(?m)^动机：|<[^>]*>", " ", text)) - all_said(document) - FORM
    assert not lost
