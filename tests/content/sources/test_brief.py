"""Weekly briefs as editors vary them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from newsletter.content.entry import Brief, BriefText, Entry, EntryText, Period, Tier, Trend
from newsletter.content.sources import Document, Remark, read

SAMPLES = Path(__file__).resolve().parents[3] / "src/newsletter/data/samples"
JANUARY = (SAMPLES / "weekly-brief-2026-01-05.txt").read_text(encoding="utf-8")
HEAD = "The Weekly Atom\nMar 2 – Mar 8, 2026\n"


def brief(text: str) -> Document:
    return read("brief.txt", text.encode())


def editorial(document: Document) -> tuple[Brief, BriefText]:
    assert document.brief is not None
    return document.brief, document.brief.texts.get("en", BriefText())


def english(entry: Entry) -> EntryText:
    return entry.texts.get("en", EntryText())


def said(document: Document) -> str:
    return "\n".join(remark.text for remark in document.remarks)


def period(first: str, last: str) -> Period:
    return Period(dt.date.fromisoformat(first), dt.date.fromisoformat(last))


@pytest.mark.parametrize(
    ("line", "days"),
    [
        ("Jan 5 – Jan 11, 2026", ("2026-01-05", "2026-01-11")),
        ("Feb 5 – 11, 2026", ("2026-02-05", "2026-02-11")),
        ("Feb 5-11, 2026", ("2026-02-05", "2026-02-11")),
        ("February 26 — March 4, 2026", ("2026-02-26", "2026-03-04")),
        ("Dec 29, 2025 – Jan 4, 2026", ("2025-12-29", "2026-01-04")),
        ("Dec 29 - Jan 4, 2026", ("2025-12-29", "2026-01-04")),
        ("Sept. 7th to Sept. 13th, 2026", ("2026-09-07", "2026-09-13")),
        ("5 – 11 October 2026", ("2026-10-05", "2026-10-11")),
        ("28 May – 3 June 2026", ("2026-05-28", "2026-06-03")),
        ("2026-04-06 – 2026-04-12", ("2026-04-06", "2026-04-12")),
        ("2026-04-06..2026-04-12", ("2026-04-06", "2026-04-12")),
        ("**May 4, 2026**", ("2026-05-04", "2026-05-04")),
    ],
)
def test_days_are_written_in_many_ways(line: str, days: tuple[str, str]) -> None:
    found, _ = editorial(brief(f"The Weekly Atom\n{line}\nSummary\nQuiet.\n"))
    assert found.period == period(*days)
    assert (found.papers_analyzed, found.breakthroughs) == (None, None)


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("Mar 2 – 8, 2026 · 1,204 papers analysed · 12 breakthroughs", (1204, 12)),
        ("Mar 2 – 8, 2026 • 1 breakthrough", (None, 1)),
        ("90+ papers | Mar 2 – 8, 2026", (90, None)),
    ],
)
def test_either_count_may_be_absent(line: str, counts: tuple[int | None, int | None]) -> None:
    found, _ = editorial(brief(f"The Weekly Atom\n{line}\nSummary\nQuiet.\n"))
    assert (found.papers_analyzed, found.breakthroughs) == counts


def test_what_else_stands_at_the_top_is_kept_as_a_note() -> None:
    document = brief(
        "T\nan early draft\nMar 2 – 8, 2026 · edited by Li Wei\nhello\nSummary\nQuiet."
    )
    assert editorial(document)[1].notes == ("an early draft", "hello", "edited by Li Wei")
    assert [remark.line for remark in document.remarks] == [2, 3, 4]


def split_sample() -> tuple[str, dict[str, str]]:
    """What stands above the first section of the January sample, and its sections."""
    names = (
        *("Summary", "Key Takeaway", "Breakthroughs (3)", "Trends", "Notable Papers (8)"),
        "Honorable Mentions",
    )
    found: dict[str, str] = {}
    name = head = ""
    for line in JANUARY.splitlines():
        if line in names:
            name = line
            found[name] = ""
        elif name:
            found[name] += line + "\n"
        else:
            head += line + "\n"
    return head, found


def test_sections_may_stand_in_any_order() -> None:
    head, sections = split_sample()
    turned = head + "".join(f"{name}\n{sections[name]}" for name in reversed(sections))
    plain, other = brief(JANUARY), brief(turned)
    assert other.brief == plain.brief
    key = {entry.key: entry for entry in other.entries}
    for entry in plain.entries:
        assert key[entry.key].texts == entry.texts
        assert key[entry.key].tier is entry.tier
    assert [e.position for e in other.entries] == list(range(19))
    assert other.entries[0].tier is Tier.MENTION


@pytest.mark.parametrize("gone", split_sample()[1])
def test_any_section_may_be_missing(gone: str) -> None:
    head, sections = split_sample()
    kept = head + "".join(f"{n}\n{text}" for n, text in sections.items() if n != gone)
    document = brief(kept)
    assert len(document.entries) == 19 - {"B": 3, "N": 8, "H": 8}.get(gone[0], 0)
    assert editorial(document)[1].notes == ()
    assert ("announced, 0 found" in said(document)) == gone.startswith("B")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("Honorable Mentions", "HONOURABLE MENTIONS (8)"),
        lambda text: text.replace("Breakthroughs (3)", "breakthroughs").replace(" (8)", ""),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.replace("\n- ", "\n  • "),
        lambda text: text.replace("\n- ", "\n* ").replace("Why Novel:", "**Why Novel:**"),
        lambda text: text.replace("Evidence:\n", "**Evidence**:\n").replace(
            "Impact:", "__Impact__:"
        ),
    ],
)
def test_decoration_changes_nothing(change: object) -> None:
    assert callable(change)
    document, plain = brief(change(JANUARY)), brief(JANUARY)
    assert document.brief == plain.brief
    assert document.entries == plain.entries


def test_markdown_headings_and_bold_titles_are_read() -> None:
    text = """# The Weekly Atom
**Mar 2 – 8, 2026**

## Summary

Calm.

## Breakthroughs (1)

### 1. **A title**

**Why Novel:** It is new.

#### Key Innovations

- one
- two

### Evidence
1. first
2. second

**Impact:** Some.

## Trends

- **Growth:** All grows.
- **Decay**: Not all.

## Notable Papers

### [Linked](https://arxiv.org/abs/2603.00001v2)

Its paragraph.

Another one.

## Honourable Mentions

- [Other](https://example.org/x)
- **Bold one** — and why
"""
    document = brief(text)
    found, words = editorial(document)
    assert (found.title, words.summary, document.remarks) == ("The Weekly Atom", "Calm.", ())
    assert words.trends == (Trend("Growth", "All grows."), Trend("Decay", "Not all."))
    first, linked, other, bold = document.entries
    assert english(first) == EntryText(
        why_novel="It is new.",
        innovations=("one", "two"),
        evidence=("first", "second"),
        impact="Some.",
    )
    assert (linked.key, linked.links) == (
        "arxiv:2603.00001",
        ("https://arxiv.org/abs/2603.00001v2",),
    )
    assert english(linked).summary == "Its paragraph.\n\nAnother one."
    assert (other.title, other.links) == ("Other", ("https://example.org/x",))
    assert (bold.title, english(bold).summary) == ("Bold one", "and why")


def test_wrapped_lines_are_joined() -> None:
    text = """The Weekly Atom
Mar 2 – 8, 2026
Summary
Plasma was on everybody's mind this week, and
two-
dimensional flows were close behind.
Breakthroughs (1)
1. Learned Closures for Strongly Magnetized Plasma with
Neural Operators
Why Novel: Nobody had closed the moment hierarchy from data
before, at least not beyond two moments.
Key Innovations:
- A closure that conserves energy by construction, and
  momentum as well
- Training on short runs
Evidence:
- Growth rates agree
with linear theory
Trends
Closures from data: Moment hierarchies are cut by learned terms
in three papers at once.
Notable Papers (1)
1. Short Title
One paragraph that is long enough to be wrapped by an editor who
sets lines by hand.
Mentions
- A mention whose title is too long for a single line of this
  document
"""
    document = brief(text)
    _, words = editorial(document)
    assert words.summary.endswith("this week, and two-dimensional flows were close behind.")
    assert words.trends[0].text.endswith("cut by learned terms in three papers at once.")
    first, notable, mention = document.entries
    assert first.title.endswith("Magnetized Plasma with Neural Operators")
    assert english(first).innovations == (
        "A closure that conserves energy by construction, and momentum as well",
        "Training on short runs",
    )
    assert english(first).evidence == ("Growth rates agree with linear theory",)
    assert notable.title == "Short Title"
    assert english(notable).summary.endswith("by an editor who sets lines by hand.")
    assert mention.title.endswith("a single line of this document")


def test_holes_of_lost_references_leave_no_litter() -> None:
    text = f"""{HEAD}Breakthroughs
1. Floating Ice ()
Why Novel: As shown before ( ), and again in (), f() is bounded.
Evidence:
- — Drift curves for the first basin
- — Thickness over the range of L
900 km and Hmax3m; new slopes stay level, older ones rise - — Melt ponds seen from above
- —
- Salt budget closed [] within -5 g —
Mentions
- Sea Salt ()
- ()
"""
    document = brief(text)
    ice, salt = document.entries
    assert ice.title == "Floating Ice"
    assert english(ice).why_novel == "As shown before, and again in, f() is bounded."
    assert english(ice).evidence == (
        "Drift curves for the first basin",
        "Thickness over the range of L 900 km and Hmax3m; new slopes stay level, older ones rise",
        "Melt ponds seen from above",
        "Salt budget closed within -5 g",
    )
    assert salt.title == "Sea Salt"


@pytest.mark.parametrize(
    "written",
    ["(arXiv:2603.01234)", "(2603.01234v3)", "[2603.01234]", "(https://arxiv.org/pdf/2603.01234)"],
)
def test_an_identifier_behind_a_title_is_its_own(written: str) -> None:
    (entry,) = brief(f"{HEAD}Notable\n1. A (small) title {written}\nWords.\n").entries
    assert (entry.title, entry.arxiv_id) == ("A (small) title", "2603.01234")
    assert entry.key == "arxiv:2603.01234"
    assert entry.links == ("https://arxiv.org/abs/2603.01234",)


@pytest.mark.parametrize(
    ("summary", "ids"),
    [
        ("(1) 2603.00001 is good; (2) arXiv:2603.00002v2 better.", ["2603.00001", "2603.00002"]),
        ("(1) 2603.00001 alone.", [None, None]),
        ("(1) 2603.00001, (2) 2603.00002, (3) 2603.00003.", [None, None]),
        ("(1) 2603.00001 and (2) 2603.00001.", [None, None]),
        ("2603.00001 and 2603.00002.", [None, None]),
    ],
)
def test_the_summary_names_breakthroughs_only_one_to_one(
    summary: str, ids: list[str | None]
) -> None:
    document = brief(f"{HEAD}Summary\n{summary}\nBreakthroughs\n1. One\n2. Two\n")
    assert [entry.arxiv_id for entry in document.entries] == ids
    assert said(document).count("taken from the summary") == 2 - ids.count(None)


def test_unknown_sections_and_labels_are_kept_as_notes() -> None:
    text = f"""{HEAD}Breakthroughs (1)
stray words
1. One
Why Novel: New.
Limitations: Tested on two cores
- and one disk
Impact: Small.
Datasets (2)
- Alpha set
- Beta set
Mentions
- Last Title
Upcoming Events
A workshop in May.
"""
    document = brief(text)
    _, words = editorial(document)
    assert [entry.title for entry in document.entries] == ["One", "Last Title"]
    assert english(document.entries[0]) == EntryText(why_novel="New.", impact="Small.")
    assert set(words.notes) == {
        "stray words",
        "Limitations: Tested on two cores\n- and one disk",
        "Datasets (2)\n- Alpha set\n- Beta set",
        "Upcoming Events\nA workshop in May.",
    }
    assert [remark.line for remark in document.remarks] == [4, 7, 10, 15]


def test_an_unknown_section_may_follow_the_longest_line() -> None:
    text = f"{HEAD}Summary\n{'Long words. ' * 30}\nMethodology\nWe read.\nKey Takeaway\nFine.\n"
    _, words = editorial(brief(text))
    assert words.notes == ("Methodology\nWe read.",)
    assert words.takeaway == "Fine."


def test_prose_may_begin_on_the_line_of_its_heading() -> None:
    text = f"""{HEAD}**Summary:** Much happened,
but slowly.
Key Takeaway: It works.
Notable
1. A paper
Summary: it has one of its own.
"""
    document = brief(text)
    _, words = editorial(document)
    assert (words.summary, words.takeaway) == ("Much happened, but slowly.", "It works.")
    assert english(document.entries[0]).summary == "Summary: it has one of its own."


def test_a_count_that_is_wrong_is_only_remarked() -> None:
    text = "T\nMar 2 – 8, 2026 · 5 breakthroughs\nBreakthroughs (2)\n1. One\nNotable (3)\n1. Two\n"
    assert brief(text).remarks == (
        Remark(0, "5 breakthroughs announced, 1 found"),
        Remark(3, "2 breakthroughs announced, 1 found"),
        Remark(5, "3 notable papers announced, 1 found"),
    )


def test_a_title_that_stands_twice_is_one_entry_of_the_higher_tier() -> None:
    text = f"""{HEAD}Mentions
- Moiré magnets
Notable
1. Moire Magnets
First words.
Breakthroughs
1. MOIRE MAGNETS (2603.00009)
Impact: Large.
2. Moire Magnets (2603.00009)
Impact: Small.
"""
    document = brief(text)
    (entry,) = document.entries
    assert (entry.title, entry.tier, entry.position) == ("Moiré magnets", Tier.BREAKTHROUGH, 0)
    assert entry.key == "arxiv:2603.00009"
    assert english(entry) == EntryText(summary="First words.", impact="Large.")
    assert editorial(document)[1].notes == ("Small.",)
    assert said(document).count("stands here again") == 3


def test_papers_of_one_title_and_different_identifiers_stay_apart() -> None:
    document = brief(f"{HEAD}Mentions\n- Erratum (2603.00001)\n- Erratum (2603.00002)\n- Erratum\n")
    assert [entry.arxiv_id for entry in document.entries] == ["2603.00001", "2603.00002"]


def test_titles_without_bullets_stand_one_a_line() -> None:
    document = brief(f"{HEAD}Honorable Mentions\nFirst Paper\nSecond Paper ()\nA third one\n")
    assert [e.title for e in document.entries] == ["First Paper", "Second Paper", "A third one"]


def test_a_trend_may_be_a_title_alone() -> None:
    document = brief(f"{HEAD}Trends\n- Everything is an agent now\n- Heat: It rises.\n")
    assert editorial(document)[1].trends == (
        Trend("Everything is an agent now", ""),
        Trend("Heat", "It rises."),
    )
    assert [remark.line for remark in document.remarks] == [4]


def test_a_paper_without_a_title_is_a_note() -> None:
    document = brief(f"{HEAD}Notable\n1. ∇ ?\nWords about it.\nMentions\n- —!—\n")
    assert document.entries == ()
    assert editorial(document)[1].notes == ("∇ ?\nWords about it.", "—!—")
