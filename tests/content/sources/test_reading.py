"""Bytes in, a document or one line of complaint out."""

from __future__ import annotations

import codecs
import contextlib
import datetime as dt
import time
from pathlib import Path

import pytest

from newsletter.content.sources import Document, read
from newsletter.errors import SourceError

SAMPLES = Path(__file__).resolve().parents[3] / "src/newsletter/data/samples"
NAMES = (
    "weekly-brief-2026-01-05.txt",
    "weekly-brief-2026-02-05.txt",
    "daily-listing-2026-02-05.md",
)


def sample(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8")


def same(name: str, data: bytes) -> tuple[Document, Document]:
    return read(name, data), read(name, sample(name).encode())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ending", ["\r\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c"])
def test_any_line_break_will_do(name: str, ending: str) -> None:
    found, expected = same(name, sample(name).replace("\n", ending).encode())
    assert found == expected


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
def test_a_byte_order_mark_says_the_encoding(name: str, mark: bytes, encoding: str) -> None:
    found, expected = same(name, mark + sample(name).encode(encoding))
    assert found == expected


@pytest.mark.parametrize("name", NAMES)
def test_white_space_around_lines_means_nothing(name: str) -> None:
    found, expected = same(name, sample(name).replace("\n", " \t\n").encode())
    assert found == expected


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"A title\nJan 5 \x96 Jan 11, 2026\n", 2, "byte 0x96 is not UTF-8"),
        (b"A title\nSumm\x00ary\n", 2, "control character (U+0000)"),
        (b"\xef\xbb\xbfone\r\ntwo\r\n\xff", 3, "byte 0xff is not UTF-8"),
        (b"", 0, "neither a weekly brief"),
        (b"\n\nDear all,\nsee you on Monday.\n", 3, "neither a weekly brief"),
        (b"A title\nno days here\nSummary\nWords.\n", 3, "expected the days of the brief"),
        (b"A title\nFeb 25 - Feb 30, 2026\nSummary\n", 2, "expected the days of the brief"),
        (b"A title\nFeb 11 - Feb 5, 2026\nSummary\n", 2, "cannot end"),
        (b"Jan 5 - 11, 2026\nSummary\nWords.\n", 1, "expected the brief's title"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_line(
    data: bytes, line: int, reason: str
) -> None:
    with pytest.raises(SourceError, match=r"^notes\.txt") as refused:
        read("notes.txt", data)
    assert refused.value.line == line
    assert reason in refused.value.reason
    assert "\n" not in str(refused.value)


def test_a_listing_of_no_day_says_how_to_give_it_one() -> None:
    with pytest.raises(SourceError, match="--date 2026-02-05"):
        read("today.md", b"### [1] [A paper](https://arxiv.org/abs/2602.04139)\n")


@pytest.mark.parametrize("name", NAMES)
def test_a_corrected_file_is_the_same_document(name: str) -> None:
    corrected = sample(name).replace("learn", "acquire").replace("学习", "训练")
    assert read(name, corrected.encode()).key == read(name, sample(name).encode()).key


def test_documents_of_other_weeks_and_days_are_others() -> None:
    keys = {read(name, sample(name).encode()).key for name in NAMES}
    listing = sample(NAMES[2]).encode()
    keys.add(read(NAMES[2], listing, date=dt.date(2026, 2, 6)).key)
    assert len(keys) == 4


HEAD = "T\nJan 5 – 11, 2026\n"


SECONDS = 20
"""Of this process's own time: ten times what each takes; what grows with the square takes more."""


@pytest.mark.parametrize(
    "unit", ["(", "[", "](", "# ", "**", "() ", " - — ", "(1)2601.03", "<a ", "_"]
)
@pytest.mark.parametrize(
    "start",
    [
        "",
        HEAD + "Summary\n",
        HEAD + "Breakthroughs\n1. A\nEvidence:\n- ",
        HEAD + "Notable\n1. ",
        HEAD + "Mentions\n- ",
        HEAD + "Trends\n",
        "### [1] [",
        "### [1] [A](http://a)\nMethod: ",
    ],
)
def test_a_hostile_line_costs_no_more_than_its_length(start: str, unit: str) -> None:
    data = (start + unit * (200_000 // len(unit))).encode()
    began = time.process_time()
    with contextlib.suppress(SourceError):
        read("2026-02-05.md", data)
    assert time.process_time() - began < SECONDS


def test_a_title_under_many_identifiers_costs_no_more_than_its_length() -> None:
    papers = "".join(f"- One title (26{n % 12 + 1:02d}.{n:05d})\n" for n in range(40_000))
    began = time.process_time()
    document = read("brief.txt", f"{HEAD}Mentions\n{papers}".encode())
    assert len(document.entries) == 40_000
    assert time.process_time() - began < SECONDS


def test_five_megabytes_of_parentheses_are_refused_at_once() -> None:
    began = time.process_time()
    with pytest.raises(SourceError):
        read("x.txt", b"(" * 5_000_000)
    assert time.process_time() - began < SECONDS
