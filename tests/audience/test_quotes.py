"""Quotes that are not closed in files of subscribers: they cost their own row, and no other."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.audience.subscriber_csv import Problem
from newsletter.store.admission import Member
from tests.audience.reading import people_and_problems
from tests.builders import make_list

OPEN = "a quote is opened here and never closed"
LIST = make_list()

HEADERS = [
    ("email", "name", "consent_source"),
    ("name", "email", "consent_source"),
    ("consent_source", "name", "email"),
    ("email", "consent_source"),
]
# A cell that begins as cells end makes the quote before it look like the one that ends a cell.
WORDS = st.text('ab ,;\t"\n=-', max_size=8).map(lambda text: text.lstrip(' ,;\t\n"'))


def read(text: str) -> tuple[list[Member], list[Problem]]:
    return people_and_problems(text.encode(), "people.csv", LIST)


def told(text: str) -> tuple[list[str], list[tuple[int, str]]]:
    people, problems = read(text)
    return [one.address for one in people], [(one.line, one.reason) for one in problems]


@pytest.mark.parametrize(
    "row",
    [
        'ben@example.test,"Ben, ""the"" reader",all',
        '"ben@example.test","Ben","all"',
        'ben@example.test,",,",all',
        'ben@example.test,12",all',
        'ben@example.test,"",all',
        "ben@example.test,Ben,all",
    ],
)
@pytest.mark.parametrize("wrong", ['ann@example.test,"Ann,all', '"ann@example.test,Ann,all'])
def test_what_stands_below_an_open_quote_is_read_on_its_own(wrong: str, row: str) -> None:
    text = (
        f'email,name,topics\n{wrong}\n{row}\ncy@example.test,"Cy, too",all\nd@example.test,,all\n'
    )
    people, problems = told(text)
    assert people == ["ben@example.test", "cy@example.test", "d@example.test"]
    assert problems == [(2, OPEN)]


@pytest.mark.parametrize(
    "row",
    [
        'ann@example.test,"two\nlines",all',
        'ann@example.test,"two\r\n\r\nlines, and ""more""" ,all',
        '="ann@example.test","write to ben@example.test\nor call, please",all',
        '"ann@example.test","Ann\nSmith","all"',
        'ann@example.test,"Smith, John, Dr\nMiller, Jane, Dr",all',
    ],
)
def test_a_cell_with_line_breaks_is_a_cell(row: str) -> None:
    assert told(f"email,name,topics\n{row}\ncy@example.test,Cy,all\n") == (
        ["ann@example.test", "cy@example.test"],
        [],
    )


def test_an_address_behind_a_cell_with_line_breaks_is_its_rows() -> None:
    text = 'note,email,more\n"a\nb",ann@example.test,"c\nd"\n"e\n",ben@example.test,\n'
    assert told(text) == (["ann@example.test", "ben@example.test"], [])


def test_a_wrong_row_with_line_breaks_is_told_once() -> None:
    text = 'email,name,topics\nnobody,"two\nor, say,\nthree lines",all\nann@example.test,Ann,all\n'
    people, problems = told(text)
    assert people == ["ann@example.test"]
    assert [line for line, _ in problems] == [2]


@st.composite
def sheets(draw: st.DrawFn) -> tuple[list[str], str, list[str]]:
    """A header, and rows of well-formed CSV; the addresses by row."""
    header = draw(st.sampled_from(HEADERS))
    all_quoted = draw(st.booleans())
    delimiter = draw(st.sampled_from(",;\t"))
    addresses = [f"reader{n}@example.test" for n in range(draw(st.integers(1, 6)))]
    rows = []
    for address in addresses:
        cells = [address if column == "email" else draw(WORDS) for column in header]
        text = io.StringIO()
        csv.writer(
            text,
            quoting=csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL,
            delimiter=delimiter,
            lineterminator="\n",
        ).writerow(cells)
        rows.append(text.getvalue())
    return addresses, delimiter.join(header) + "\n", rows


@given(sheets())
def test_what_is_well_formed_is_read_whole(sheet: tuple[list[str], str, list[str]]) -> None:
    addresses, header, rows = sheet
    assert told(header + "".join(rows)) == (addresses, [])


@given(sheets(), st.data())
def test_one_stray_quote_costs_at_most_the_row_that_it_is_in(
    sheet: tuple[list[str], str, list[str]], data: st.DataObject
) -> None:
    addresses, header, rows = sheet
    # One more at the end keeps the file readable when its only other row is lost.
    addresses, rows = [*addresses, "last@example.test"], [*rows, rows[0].replace("reader0", "last")]
    hit = data.draw(st.integers(0, len(rows) - 1))
    place = data.draw(st.integers(0, len(rows[hit]) - 1))
    before, _ = read(header + "".join(rows))
    rows[hit] = f'{rows[hit][:place]}"{rows[hit][place:]}'
    after, _ = read(header + "".join(rows))
    sources = {one.address: one.consent_source for one in after}
    expected = {one.address: one.consent_source for one in before}
    for number, address in enumerate(addresses):
        if number != hit:
            assert sources.get(address) == expected[address]
    assert sources.keys() <= expected.keys() | {addresses[hit]}
