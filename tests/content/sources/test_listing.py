"""Daily listings as tools and editors vary them."""

from __future__ import annotations

import datetime as dt

import pytest

from newsletter.content.entry import Entry, EntryText, Period
from newsletter.content.sources import Document, Remark, read
from newsletter.errors import SourceError

DAY = dt.date(2026, 3, 2)


def listing(text: str) -> Document:
    return read("listing-2026-03-02.md", text.encode())


def only(text: str) -> Entry:
    (entry,) = listing(text).entries
    return entry


ITEM = "### [1] [A paper](https://arxiv.org/abs/2603.00001)\n"


@pytest.mark.parametrize(
    ("url", "identifier"),
    [
        ("https://arxiv.org/abs/2603.00001", "2603.00001"),
        ("http://arxiv.org/abs/2603.00001v2", "2603.00001"),
        ("https://www.arxiv.org/pdf/2603.00001v1.pdf", "2603.00001"),
        ("https://export.arxiv.org/abs/math/0309136v1", "math/0309136"),
        ("https://arxiv.org/abs/math.GT/0309136", "math.GT/0309136"),
        ("https://arxiv.org/html/2603.00001?x=1#S1", "2603.00001"),
    ],
)
def test_links_of_every_style_name_the_paper(url: str, identifier: str) -> None:
    entry = only(f"### [1] [A paper]({url})\n")
    assert (entry.arxiv_id, entry.key) == (identifier, f"arxiv:{identifier}")
    assert entry.links == (url,)


@pytest.mark.parametrize(
    ("heading", "title", "links"),
    [
        ("### [7] [A [bold] title (v2)](https://example.org/a)", "A [bold] title (v2)", 1),
        ("## [7] No link at all", "No link at all", 0),
        ("### [On two lists](https://example.org/a)", "On two lists", 1),
        ("###[12][Tight](<https://example.org/a>)", "Tight", 1),
        ("### [1] [Dangerous](javascript:alert%281%29)", "Dangerous", 0),
    ],
)
def test_an_item_without_arxiv_link_goes_by_its_title(heading: str, title: str, links: int) -> None:
    entry = only(heading + "\n")
    assert (entry.title, entry.arxiv_id) == (title, None)
    assert entry.key.startswith("title:")
    assert entry.links == ("https://example.org/a",) * links


def test_a_link_that_is_no_web_address_is_reported() -> None:
    document = listing("### [1] [Dangerous](javascript:alert%281%29)\n")
    assert document.remarks == (Remark(1, "not a web address, left out: javascript:alert%281%29"),)


def test_fields_may_be_reordered_missing_bold_and_of_several_lines() -> None:
    entry = only(
        ITEM
        + """**Abstract:** A first line of words
and a second one.

A second paragraph.

**结论**：有用。
- **Method**: 先测量，
再计算。
动机: 不明。
TL;DR:
一句话。
"""
    )
    assert entry.texts == {
        "en": EntryText(abstract="A first line of words and a second one.\n\nA second paragraph."),
        "zh": EntryText(
            conclusion="有用。", method="先测量，再计算。", motivation="不明。", summary="一句话。"
        ),
    }


def test_each_field_goes_to_the_language_it_is_written_in() -> None:
    entry = only(
        ITEM + "TL;DR: Fast and small.\nMethod: 用 Transformer 预测 energy。\n摘要：本文研究冰。\n"
    )
    assert entry.texts == {
        "en": EntryText(summary="Fast and small."),
        "zh": EntryText(method="用 Transformer 预测 energy。", abstract="本文研究冰。"),
    }


def test_a_placeholder_is_kept_for_a_later_check() -> None:
    entry = only(ITEM + "TL;DR: Summary generation failed\n")
    assert entry.texts == {"en": EntryText(summary="Summary generation failed")}


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("*Ada Lovelace, Li Wei*", ("Ada Lovelace", "Li Wei")),
        ("_Ada Lovelace and Li Wei_", ("Ada Lovelace", "Li Wei")),
        ("*Ada Lovelace,\nLi Wei*", ("Ada Lovelace", "Li Wei")),
        ("**Authors:** Ada Lovelace; Li Wei", ("Ada Lovelace", "Li Wei")),
        ("作者：李伟、王芳", ("李伟", "王芳")),
        ("*J. Doe, Jr., The ABC (Rome, Oslo)*", ("J. Doe, Jr.", "The ABC (Rome, Oslo)")),
        ("", ()),
    ],
)
def test_authors_are_told_apart(line: str, authors: tuple[str, ...]) -> None:
    entry = only(f"{ITEM}{line}\n\nMain category: cs.LG\n")
    assert entry.authors == authors
    assert entry.categories == ("cs.LG",)


def test_the_main_category_comes_before_that_of_the_heading() -> None:
    text = f"# cs.LG [[Back]](#toc)\n{ITEM}Main category: physics.chem-ph\n"
    assert only(text).categories == ("physics.chem-ph", "cs.LG")
    assert only(f"## quant-ph\n{ITEM}").categories == ("quant-ph",)


def test_a_paper_listed_twice_is_one_entry_in_both_categories() -> None:
    document = listing(
        f"""# cs.LG [[Back]](#toc)
{ITEM}Main category: cs.LG
TL;DR: 一句话。
# cs.AI [[Back]](#toc)
### [2] [A paper](https://arxiv.org/abs/2603.00001v2)
Main category: cs.LG
TL;DR: 另一句话。
Result: 更好。
"""
    )
    (entry,) = document.entries
    assert entry.categories == ("cs.LG", "cs.AI")
    assert entry.texts["zh"] == EntryText(summary="一句话。", result="更好。")
    assert [remark.line for remark in document.remarks] == [6, 6]
    assert document.remarks[1].text.endswith("另一句话。")


def test_totals_that_are_wrong_are_only_remarked() -> None:
    document = listing(
        "- [cs.LG](#cs.LG) [Total: 3]\n- [cs.AI](#cs.AI) [Total: 0]\n"
        f"# cs.LG [[Back]](#toc)\n{ITEM}"
    )
    assert document.remarks == (Remark(1, "3 papers of cs.LG announced, 1 found"),)


def test_lines_under_no_label_are_kept_and_reported() -> None:
    document = listing(
        f"""Good morning!
{ITEM}A loose line.
Method: We measure.
Code: on request
</details>
A last word.
"""
    )
    (entry,) = document.entries
    assert entry.texts["en"] == EntryText(
        summary="A loose line.\n\nA last word.", method="We measure. Code: on request"
    )
    assert [remark.line for remark in document.remarks] == [1, 3, 5, 7]
    assert "Good morning!" in document.remarks[0].text


@pytest.mark.parametrize(
    ("name", "heading", "given", "day"),
    [
        ("2026-03-01.md", "# Papers of 2026-03-02", dt.date(2026, 3, 3), dt.date(2026, 3, 3)),
        ("arxiv_20260301.md", "# Papers of 2026-03-02", None, dt.date(2026, 3, 1)),
        ("today.md", "# Papers of 2026-03-02", None, dt.date(2026, 3, 2)),
        ("today.md", "# arXiv digest, March 2, 2026", None, dt.date(2026, 3, 2)),
        ("today-2026-13-99.md", "# Papers of 2026-03-02", None, dt.date(2026, 3, 2)),
    ],
)
def test_the_day_is_given_or_in_the_name_or_in_the_heading(
    name: str, heading: str, given: dt.date | None, day: dt.date
) -> None:
    document = read(name, f"{heading}\n{ITEM}".encode(), date=given)
    assert document.entries[0].period == Period(day, day)
    assert document.key.startswith(f"listing:{day}:")


def test_a_day_within_a_title_dates_nothing() -> None:
    with pytest.raises(SourceError, match="--date"):
        read("today.md", b"### [1] [The storm of 2026-03-02](https://example.org/)\n")
